"""`cms pi` in the real cloudmesh-cmd5, which makes exit code 0 of nearly everything."""

from __future__ import annotations

import csv
import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import pytest

import k3s_bundles
from cms_here import Cms, Installed
from kuberry.model.lab import LabState
from kuberry.settings import Settings

pytestmark = [pytest.mark.integration, pytest.mark.timeout(960)]

HOSTS = "red,red[01-red02]"
NOBODY = "127.0.0.1:1"


def test_the_line_plans_a_cluster_of_the_labs_hosts(
    lab: LabState, lab_cms: Cms, tmp_path: Path
) -> None:
    """One JSON document says what would be done; nothing is."""
    cache = Settings(cache_dir=Path(lab_cms.environment["KUBERRY_CACHE_DIR"]))
    bundle = k3s_bundles.stand_in_bundle(tmp_path / "from", "v1.32.3+k3s1", cache)
    line = ("pi", "cluster", "deploy", "kubernetes", "--hosts", HOSTS)
    done = lab_cms(*line, "--bundle", bundle.name, "--dry-run", "--output", "json")
    assert done.stdout, done.stderr
    plan = json.loads(done.stdout)

    assert done.returncode == 0, done.stderr
    assert plan["outcome"] == "done"
    assert plan["cluster"]["control_plane"] == "red"
    assert plan["cluster"]["hosts"] == ["red", "red01", "red02"]


def test_the_hosts_of_the_lab(lab: LabState, lab_cms: Cms) -> None:
    """Memory is told; a host that does not answer has no number, a reason, and exit code 8."""
    nobody = str(lab.unused_address)
    words = ("--connect-timeout", "1")
    done = lab_cms("pi", "free", f"red[01-red02],{nobody}", *words)
    lines = [line.split() for line in done.stdout.splitlines()]

    assert done.returncode == 8, done.stderr
    assert [line[0] for line in lines] == ["host", "red01", "red02", nobody]
    assert all(float(line[1]) > 0 and line[-1].endswith("%") for line in lines[1:3])
    assert lines[3][1:] == ["not", "reached"]
    assert f"error {nobody}: " in done.stderr


def test_words_and_the_exit_code_arrive_as_they_were(cms: Cms) -> None:
    """What the shell gave reaches kuberry as it was, though cms would expand and split it."""
    odd = "red$HOME & 'x"
    refused = cms("pi", "cluster", "hosts", "expand", odd, "-o", "json")

    assert refused.returncode == 2
    assert odd in json.loads(refused.stderr)["error"]["message"]


def test_the_interactive_shell_goes_on_after_an_error(cms: Cms) -> None:
    """Lines there are split as a shell would, and one that is refused ends nothing."""
    lines = ("pi nonsense", f'pi cluster hosts expand "{HOSTS}"', "pi 'open", "help pi", "quit")
    done = cms(stdin="\n".join(lines) + "\n")

    assert done.returncode == 0, done.stderr
    assert "does not know the word 'nonsense'" in done.stderr
    assert "No closing quotation".lower() in done.stderr
    assert "red01\nred02\n" in done.stdout
    assert "pi cluster deploy kubernetes --hosts=HOSTS" in done.stdout


def test_a_broken_kuberry_does_not_break_cms(cms: Cms, tmp_path: Path) -> None:
    """`cms help` lists all commands; only `cms pi` itself says what is wrong, and fails."""
    (tmp_path / "broken" / "kuberry").mkdir(parents=True)
    (tmp_path / "broken" / "kuberry" / "__init__.py").write_text("import no_such_module\n")
    everything = cms("help", path=tmp_path / "broken")
    ours = cms("pi", "temp", NOBODY, path=tmp_path / "broken")

    assert everything.returncode == 0, everything.stderr
    assert {"pi", "version", "quit"} <= set(everything.stdout.split())
    assert "Traceback" not in everything.stdout + everything.stderr
    assert (ours.returncode, "No module named 'no_such_module'" in ours.stderr) == (1, True)


def test_the_old_package_is_found_while_it_is_there_and_when_it_went(
    cms: Cms, installed: Installed, tmp_path: Path
) -> None:
    """It overwrites our file, and takes it along: what pip does with files, done here."""
    packages = tmp_path / "packages"
    shutil.copytree(installed.kuberry, packages)
    with zipfile.ZipFile(installed.old) as archive:
        archive.extractall(packages)
    there = _found(cms, packages)
    (record,) = packages.glob("cloudmesh_pi_cluster-*/RECORD")
    for path, *_ in list(csv.reader(record.read_text().splitlines())):
        (packages / path).unlink()
    shutil.rmtree(record.parent)
    went = _found(cms, packages)

    assert "cloudmesh-pi-cluster 4.3.14 is installed, too, and `cms pi` is its" in there["proof"]
    assert "taken away" in went["proof"]
    assert "--force-reinstall" in went["remedy"]


def _found(cms: Cms, packages: Path) -> dict[str, Any]:
    words = ("-m", "kuberry", "check", "--hosts", NOBODY, "-o", "json")
    done = cms.run(str(cms.installed.python), *words, path=packages)
    findings = json.loads(done.stdout)["findings"]
    (found,) = (one for one in findings if one["code"] == "KB709")
    return dict(found)
