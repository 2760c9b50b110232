"""What the words after `cms pi` mean; cms itself is in tests/integration/cms."""

from __future__ import annotations

import json
import signal
from datetime import UTC, datetime
from typing import Any

import pytest

from kuberry.cli.cms import plugin
from kuberry.cli.cms.old import remedy
from kuberry.cli.cms.words import kuberry_words
from kuberry.errors import UsageError
from kuberry.model.facts import Health, Led, Memory
from kuberry.model.pulse import HostPulse, Pulse, WatchReport
from kuberry.model.status import Problem

GIB = 2**30
HOSTS = "red,red[01-red02]"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (("deploy", "kubernetes", "--hosts", HOSTS), ("deploy", "--hosts", HOSTS)),
        (("deploy", "--hosts", "kubernetes"), ("deploy", "--hosts", "kubernetes")),
        (("deploy", "k3s", "--hosts", "a"), ("deploy", "--distribution", "k3s", "--hosts", "a")),
        (("verify",), ("verify",)),
        (("status", "--hosts", HOSTS), ("status", "--hosts", HOSTS)),
        (("destroy", "--yes"), ("reset", "--yes")),
        (("node", "remove", "destroy"), ("node", "remove", "destroy")),
        (("kubectl", "get", "pods", "-o", "json"), ("kubectl", "get", "pods", "-o", "json")),
    ],
)
def test_words_of_clusters_are_words_of_kuberry(
    typed: tuple[str, ...], meant: tuple[str, ...]
) -> None:
    """Only the verb is renamed, and only the word after `deploy` is left out."""
    assert kuberry_words(("cluster", *typed)) == meant


@pytest.mark.parametrize("words", [(), ("cluster",), ("nonsense", "red"), ("--hosts", "red")])
def test_what_means_nothing_is_refused(words: tuple[str, ...]) -> None:
    """With the line that lists the words there are."""
    with pytest.raises(UsageError) as refused:
        kuberry_words(words)
    assert refused.value.remedy == "cms help pi"


@pytest.mark.parametrize(
    ("line", "now"),
    [
        ("k3 install cluster red,red[01-02]", "deploy kubernetes --hosts 'red,red[01-02]'"),
        ("k3 install server red", "deploy kubernetes --hosts red"),
        ("k3 install agent red01 red", "node add red01"),
        ("k3 uninstall agent red01", "cms pi cluster destroy"),
        ("k3 kill red", "cms pi cluster destroy"),
        ("k3 stop cluster red,red01", "cms pi cluster stop"),
        ("k3 start server red", "deploy kubernetes --hosts red;"),
        ("k3 remove node red01 red", "cms pi cluster node remove red01"),
        ("k3 cluster info red", "cms pi cluster status --hosts red"),
        ("k3 enable containers red", "deploy kubernetes --hosts red"),
        ("k3 dashboard create red", "nothing takes its place"),
        ("microk8s install snapd red", "deploy kubernetes --hosts red"),
        ("microk8s install", "deploy kubernetes --hosts HOSTS"),
        ("microk8s join red01 red", "node add red01"),
        ("microk8s get node red", "status --hosts red"),
        ("nfs share --paths=/x --hostnames=red", "nothing takes its place"),
        ("script list", "nothing takes its place"),
        ("wifi ssid", "Raspberry Pi Imager"),
        ("led list red", "cms pi led red"),
        ("led reset", "cms pi led HOSTS"),
        ("led red 1 red01", "cms pi led red01"),
        ("led blink green red01", "cms pi led red01"),
        ("temp red --rate=3", "status --hosts red --watch"),
        ("load --user=pi red", "pi@red"),
    ],
)
def test_old_lines_point_to_the_new_ones(line: str, now: str) -> None:
    """With the hosts of the old line where the new one wants them, quoted for a shell."""
    assert now in (remedy(line.split()) or "")


@pytest.mark.parametrize(
    "line", ["led red", "led red,green", "temp red", "cluster deploy k3s --hosts k3", "k3x install"]
)
def test_lines_of_today_are_no_old_ones(line: str) -> None:
    """A host may be called red or green."""
    assert remedy(line.split()) is None


@pytest.mark.parametrize("words", [["nonsense", "-o", "json"], ["temp", "-o", "json"]])
def test_programs_are_told_in_json(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Whether we refuse a line or typer does."""
    assert plugin.run(words) == 2
    error = json.loads(capsys.readouterr().err)["error"]
    assert (error["code"], error["remedy"]) == ("usage", "cms help pi")


def test_the_interactive_shell_keeps_its_signals(monkeypatch: pytest.MonkeyPatch) -> None:
    """A command that was interrupted leaves Ctrl-C as it was."""

    def end(*_: object) -> int:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        return 130

    before = signal.getsignal(signal.SIGINT)
    monkeypatch.setattr(plugin, "main", end)

    assert plugin.run("cluster verify") == 130
    assert signal.getsignal(signal.SIGINT) is before


def _pulse(**changes: Any) -> Pulse:
    known: dict[str, Any] = {
        "health": Health(
            temperature_c=48.3, throttling=None, cpu_frequency_mhz=None, load_1min=0.42
        ),
        "memory": Memory(total_bytes=8 * GIB, available_bytes=6 * GIB, limit_bytes=None),
        "link": None,
        "cards": None,
        "leds": (Led(name="ACT", brightness=255, trigger="mmc0"),),
    }
    return Pulse(**(known | changes))


def _show(
    subject: str, pulse: Pulse, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> tuple[int, list[list[str]], str]:
    """Return exit code, lines and errors of a look at a host that answers and one that is lost."""
    problem = Problem(code="unreachable", message="nothing \x1b[2J answered", remedy="plug it in")
    rows = (
        HostPulse(host="red", state="reachable", pulse=pulse),
        HostPulse(host="red01", state="lost", problem=problem),
    )

    async def look(_hosts: str, show: Any, **_: object) -> None:
        show(WatchReport(seq=1, taken_at=datetime(2026, 1, 2, tzinfo=UTC), hosts=rows))

    monkeypatch.setattr("kuberry.api.watch.watch", look)
    code = plugin.run([subject, "red,red01"])
    said = capsys.readouterr()
    return code, [line.split() for line in said.out.splitlines()], said.err


@pytest.mark.parametrize(
    ("subject", "told"),
    [
        ("temp", "48.3 °C -"),
        ("free", "6.00 GiB 8.00 GiB 75%"),
        ("load", "0.42"),
        ("led", "on, by mmc0 none"),
    ],
)
def test_one_thing_of_each_host(
    subject: str,
    told: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """One that is lost has no figure, but a reason and a remedy; exit code 8."""
    code, lines, errors = _show(subject, _pulse(), monkeypatch, capsys)

    assert code == 8
    assert lines[1:] == [["red", *told.split()], ["red01", "not", "reached"]]
    assert "answered" in errors
    assert "plug it in" in errors
    assert "\x1b[2J" not in errors


@pytest.mark.parametrize(
    ("subject", "told"),
    [("temp", "no sensor -"), ("free", "? ? ?"), ("load", "?"), ("led", "none none")],
)
def test_what_is_not_told_is_never_zero(
    subject: str,
    told: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A host without sensors shows no figure at all."""
    nothing = _pulse(health=None, memory=None, leds=None)
    _, lines, _ = _show(subject, nothing, monkeypatch, capsys)

    assert lines[1] == ["red", *told.split()]
