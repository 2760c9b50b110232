"""`kuberry bundle` on a machine of its own: made, shown, damaged, carried away and taken in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.unit.bundles.samples import VERSION

from kuberry.cli.bundle import app
from kuberry.errors import BundleError
from kuberry.settings import Settings

NAME = f"kubeadm-{VERSION}"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give each test an empty cache."""
    monkeypatch.setenv("KUBERRY_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


def kuberry_bundle(*words: object) -> None:
    """Run `kuberry bundle` with *words*."""
    app(args=[str(word) for word in words], standalone_mode=False)


@pytest.fixture
def made(release: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Make a bundle."""
    kuberry_bundle("create", "--distribution", "kubeadm", "--from", release)
    capsys.readouterr()


def read_json(capsys: pytest.CaptureFixture[str]) -> Any:
    """Return what was written to standard output."""
    return json.loads(capsys.readouterr().out)


def test_create_prints_the_line_of_list(release: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What was made is what is there, for people and for programs."""
    kuberry_bundle("create", "--distribution", "kubeadm", "--from", release, "-o", "json")
    created = read_json(capsys)
    kuberry_bundle("list", "--output", "json")

    assert read_json(capsys) == [created]
    assert (created["name"], created["architectures"]) == (NAME, ["amd64"])
    assert created["artifacts"] == 10


@pytest.mark.usefixtures("made")
def test_show_prints_the_manifest(cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As JSON it is the manifest itself; as a table every piece has a line."""
    kuberry_bundle("show", NAME, "--output", "json")
    manifest = cache / "bundles/named" / NAME / "manifest.json"
    assert read_json(capsys) == json.loads(manifest.read_text())

    kuberry_bundle("show", NAME)

    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if line.startswith("binary")][1].split()[:4] == [
        "binary",
        "kubectl",
        VERSION,
        "amd64",
    ]


@pytest.mark.usefixtures("made")
def test_verify_finds_a_changed_byte(cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit and words tell the same, and JSON comes before the error."""
    kuberry_bundle("verify", NAME)
    assert "every byte is as its digest says" in capsys.readouterr().out
    blob = min((cache / "bundles/blobs/sha256").iterdir(), key=lambda path: path.stat().st_size)
    blob.chmod(0o600)
    blob.write_bytes(b"x" + blob.read_bytes()[1:])

    with pytest.raises(BundleError, match="is damaged"):
        kuberry_bundle("verify", NAME, "--output", "json")

    (fault,) = read_json(capsys)["faults"]
    assert fault.endswith("its bytes are not those announced")


@pytest.mark.usefixtures("made")
def test_a_bundle_goes_to_another_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is taken in there is what was written here, digest and all."""
    kuberry_bundle("export", NAME, tmp_path / "carried.tar", "--output", "json")
    exported = read_json(capsys)
    monkeypatch.setenv("KUBERRY_CACHE_DIR", str(tmp_path / "other"))

    kuberry_bundle("import", tmp_path / "carried.tar", "--output", "json")

    assert read_json(capsys) == exported
    assert Settings().bundles_dir == tmp_path / "other" / "bundles"


def test_an_empty_cache_says_how_to_fill_it(capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody is left with an empty table."""
    kuberry_bundle("list")

    assert "kuberry lab bundle" in capsys.readouterr().out


@pytest.mark.usefixtures("made")
def test_a_removed_bundle_is_gone(cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its bytes are, too; asking for it again says what is there."""
    kuberry_bundle("remove", NAME, "--output", "json")
    assert read_json(capsys)["name"] == NAME

    assert list((cache / "bundles/blobs/sha256").iterdir()) == []
    with pytest.raises(BundleError, match="there is none yet"):
        kuberry_bundle("remove", NAME)
