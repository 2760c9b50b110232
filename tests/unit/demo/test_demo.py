"""The course of the demo, with a stand-in for kuberry that writes down what it is told."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import made_up as make
from kuberry.clusters import Clusters
from kuberry.demo import course, lines
from kuberry.demo.__main__ import main
from kuberry.settings import Settings

# $1 $2 are the words. A file of their name, dashes between, says what is to happen there.
STAND_IN = """#!/bin/sh
echo "$*" >>calls
echo "$KUBERRY_STATE_DIR" >>states
mkdir -p "${KUBERRY_STATE_DIR:-/nowhere}" 2>/dev/null
[ -e "$1-$2" ] || exit 0
trap 'echo INT >>told; exit 130' INT
trap 'echo TERM >>told; exit 143' TERM
. "./$1-$2"
"""
WAIT = "while :; do sleep 0.01; done"
UP = "lab up --hosts red,red[01-02]"
DEPLOY = "deploy --hosts red,red[01-02]"
LOOK = "kubectl get nodes -o wide"
ALL = [UP, "lab bundle", f"{DEPLOY} --verify never", "verify", LOOK]
FILES = ["lab-up", "lab-bundle", "deploy---hosts", "verify-", "kubectl-get"]
K3S = "v1.36.3+k3s1"
DOWNLOAD = f"bundle create --distribution k3s --version {K3S} --architecture "


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give the directory of the stand-in; upstream is silent, and signals are put back."""
    program = tmp_path / "kuberry"
    program.write_text(STAND_IN, "utf-8")
    program.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(lines, "KUBERRY", (str(program),))
    monkeypatch.setattr(lines, "_POLL_S", 0.05)
    monkeypatch.setattr(course, "newest", lambda *_: None)
    monkeypatch.setenv("KUBERRY_STATE_DIR", str(tmp_path / "users"))
    monkeypatch.setenv("KUBERRY_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "kubeconfig"))
    before = {one: signal.getsignal(one) for one in lines._SIGNALS}
    yield tmp_path
    for number, handler in before.items():
        signal.signal(number, handler)


def _read(place: Path, name: str) -> list[str]:
    file = place / name
    return file.read_text("utf-8").splitlines() if file.exists() else []


def _document(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_from_nothing_to_a_summary(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """All stages in order, each with its time, three lines to type; then all is gone."""
    assert main([]) == 0

    said = capsys.readouterr()
    assert _read(place, "calls") == [*ALL, "lab down"]
    assert said.out == ""
    assert '$ kuberry lab up --hosts "red,red[01-02]"' in said.err
    assert "Debian's sources (about a quarter of an hour, once)" in said.err
    summary = said.err.partition("Three real nodes, proven, in ")[2].splitlines()
    assert [line.split()[0] for line in summary[1:5]] == ["hosts", "bundle", "deploy", "verify"]
    assert len(summary[summary.index("All is taken down again. Next:") + 1 :]) == 3
    assert list((place / "cache").iterdir()) == []


def test_a_program_gets_one_document(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """On standard output, whatever the lines themselves print."""
    (place / "lab-up").write_text("echo noise", "utf-8")

    assert main(["--output", "json"]) == 0
    told = _document(capsys)
    assert (told["exit_code"], told["kept"], len(told["next"])) == (0, False, 3)
    assert told["hosts"] == ["red", "red01", "red02"]
    names = ["hosts", "bundle", "deploy", "verify", "look", "clean up"]
    assert [one["name"] for one in told["stages"]] == names
    assert {one["exit_code"] for one in told["stages"]} == {0}


def test_nothing_of_the_users_is_touched(place: Path) -> None:
    """The lab, the cluster and the kubeconfig are in a directory of their own."""
    main([])

    (state,) = set(_read(place, "states"))
    assert Path(state).is_relative_to(place / "cache")
    assert not (place / "users").exists()


def test_upstreams_k3s_is_taken_where_it_can_be_had(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the version it names now, and by the name its bundle then has."""
    monkeypatch.setattr(course, "newest", lambda *_: K3S)

    assert main([]) == 0
    _, download, deploy, *_ = _read(place, "calls")
    assert download.startswith(DOWNLOAD)
    assert deploy == f"{DEPLOY} --bundle k3s-v1.36.3-k3s1 --verify never"


@pytest.mark.parametrize(
    ("words", "ends", "code"),
    [((), 4, 0), ((), 5, 5), (("--distribution", "k3s"), 4, 4)],
    ids=["it-breaks-off", "other-bytes", "it-was-named"],
)
def test_a_download_that_fails(
    words: tuple[str, ...], ends: int, code: int, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where upstream is lost on the way, Debian's sources are left; what is wrong there is said."""
    monkeypatch.setattr(course, "newest", lambda *_: K3S)
    (place / "bundle-create").write_text(f"exit {ends}", "utf-8")

    assert main([*words]) == code
    calls = _read(place, "calls")
    assert ("lab bundle" in calls) == (code == 0)
    assert calls[-1] == "lab down"


def test_a_distribution_that_is_named_comes_from_upstream_or_not_at_all(place: Path) -> None:
    """Nothing else is deployed in its stead."""
    assert main(["--distribution", "kubeadm"]) == 4
    assert _read(place, "calls") == [UP, "lab down"]


@pytest.mark.parametrize("number", range(len(FILES)))
def test_ctrl_c_at_any_stage(number: int, place: Path) -> None:
    """The line that runs is told once, no other begins, and all is taken down."""
    (place / FILES[number]).write_text(f"kill -INT $PPID\n{WAIT}", "utf-8")

    assert main([]) == 130
    assert _read(place, "calls") == [*ALL[: number + 1], "lab down"]
    assert _read(place, "told") == ["INT"]
    assert list((place / "cache").iterdir()) == []


@pytest.mark.parametrize(("name", "code"), [("TERM", 143), ("HUP", 129)])
def test_a_terminal_that_is_closed(name: str, code: int, place: Path) -> None:
    """And a SIGTERM: the line is ended by SIGTERM, which kuberry knows."""
    (place / "deploy---hosts").write_text(f"kill -{name} $PPID\n{WAIT}", "utf-8")

    assert main([]) == code
    assert _read(place, "told") == ["TERM"]
    assert _read(place, "calls")[-1] == "lab down"


def test_a_signal_between_two_lines(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While upstream is asked, say."""

    def ask(_distribution: str, _version: str, running: lines.Lines) -> None:
        signal.raise_signal(signal.SIGINT)
        running.check()

    monkeypatch.setattr(course, "newest", ask)

    assert main([]) == 130
    assert _read(place, "calls") == [UP, "lab down"]


def test_cleaning_up_cannot_be_interrupted(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever presses Ctrl-C again is told that it takes a moment."""
    (place / "lab-down").write_text("kill -INT $PPID; kill -TERM $PPID; echo >ended", "utf-8")

    assert main([]) == 0
    assert (place / "ended").exists()
    assert _read(place, "told") == []
    assert "a moment" in capsys.readouterr().err


def test_a_line_that_does_not_end_is_killed(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After its time; the lab is taken down all the same."""
    monkeypatch.setattr(lines, "END_S", 0.01)
    (place / "verify-").write_text(f"trap '' INT\nkill -INT $PPID\n{WAIT}", "utf-8")

    assert main([]) == 130
    assert _read(place, "calls")[-1] == "lab down"


def test_a_failure_cleans_up_and_has_its_exit_code(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A program sees at which stage it was."""
    (place / "verify-").write_text("exit 6", "utf-8")

    assert main(["--keep", "--output", "json"]) == 6
    told = _document(capsys)
    assert (told["exit_code"], told["kept"], told["next"]) == (6, False, [])
    assert [one["exit_code"] for one in told["stages"]] == [0, 0, 0, 6, 0]


def test_a_lab_that_stays_is_no_success(place: Path) -> None:
    """Its directory is kept: what is mounted there must not be deleted."""
    (place / "lab-down").write_text("exit 5", "utf-8")

    assert main([]) == 5
    assert len(list((place / "cache").iterdir())) == 1


def test_what_is_kept_is_the_users(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It stays up, where the lines to type will find it."""
    assert main(["--keep", "--root", "sudo -E"]) == 0

    assert _read(place, "calls") == ALL
    assert set(_read(place, "states")) == {str(place / "users")}
    assert "    sudo -E .venv/bin/kuberry kubectl get pods -A" in capsys.readouterr().err


def test_what_was_to_be_kept_and_failed_is_forgotten(place: Path) -> None:
    """No later command finds a cluster that is gone."""
    clusters = Clusters(Settings().clusters_dir)
    saved = make.cluster("red", "red01", "red02").model_copy(update={"name": "red-red-01-02"})
    clusters.save(saved)
    file = Settings().clusters_dir / "red-red-01-02.yaml"
    file.rename(place / "wish.yaml")
    copy = f"mkdir -p {file.parent}; cp wish.yaml {file}; exit 5"
    (place / "deploy---hosts").write_text(copy, "utf-8")

    assert main(["--keep"]) == 5
    assert clusters.find("red-red-01-02") is None


def test_what_the_user_has_is_left_alone(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A cluster that is remembered under that name: nothing is begun."""
    clusters = Clusters(Settings().clusters_dir)
    clusters.save(make.cluster("red").model_copy(update={"name": "red-red-01-02"}))

    assert main(["--keep"]) == 2
    assert _read(place, "calls") == []
    assert "kuberry reset --cluster red-red-01-02" in capsys.readouterr().err
