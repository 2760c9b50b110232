"""What host expressions mean, and how the wrong ones are refused."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kuberry.errors import HostExpressionError
from kuberry.hostlist import MAX_HOSTS, expand, split_name

MEANINGS = [
    ("red,red[01-02]", "red red01 red02"),
    ("red,red[01-red02]", "red red01 red02"),
    ("pi@red[01-red02]:22", "pi@red01:22 pi@red02:22"),
    ("10.0.0.[1-3]", "10.0.0.1 10.0.0.2 10.0.0.3"),
    ("10.0.[0-1].[1-2]", "10.0.0.1 10.0.0.2 10.0.1.1 10.0.1.2"),
    ("pi@red,blue:2222", "pi@red blue:2222"),
    ("fd00::[1-2]", "fd00::1 fd00::2"),
    ("[fd00::1]:22,fd00::1", "[fd00::1]:22 fd00::1"),
    ("pi@[fd00::1]:22", "pi@[fd00::1]:22"),
    ("fe80::1%eth0", "fe80::1%eth0"),
    ("red01,red", "red01 red"),
    ("red[03,01]", "red03 red01"),
    ("red[2,1]c[1-2]", "red2c1 red2c2 red1c1 red1c2"),
    ("red,red", "red"),
    ("red[01-02],red01", "red01 red02"),
    ("red[8-11]", "red8 red9 red10 red11"),
    ("red[08-11]", "red08 red09 red10 red11"),
    ("red[01-2]", "red01 red02"),
    ("red[9-010]", "red9 red10"),
    ("red[1-2].local", "red1.local red2.local"),
    ("  red ,  blue  ", "red blue"),
    ("red[01 , 02] ,blue", "red01 red02 blue"),
    ("Red,red,RED", "Red"),
    ("fd00::1,FD00:0::1", "fd00::1"),
]


@pytest.mark.parametrize(("expression", "names"), MEANINGS)
def test_meaning(expression: str, names: str) -> None:
    """An expression stands for its names in the user's order, each once."""
    assert expand(expression) == tuple(names.split())


REFUSALS = [
    ("", "", "red,red[01-02]"),
    ("red,,blue", "red,,blue", "red,blue"),
    ("red,", "red,", "red"),
    ("-oProxyCommand=x", "-oProxyCommand=x", "oProxyCommand"),
    ("blue,red;reboot", "red;reboot", "blue,red"),
    ("red $(id)", "red $(id)", "red"),
    ("red|cat", "red|cat", "red"),
    ("red`id`", "red`id`", "red"),
    ("red\nblue", "red\nblue", "red,blue"),
    ("red blue", "red blue", "red,blue"),
    ("red[3-1]", "red[3-1]", "red[1-3]"),
    ("red,red[01-blue02]", "red[01-blue02]", "red,red[01-02]"),
    ("red[1-999999]", "red[1-999999]", f"red[1-{MAX_HOSTS}]"),
    ("red[08-100]", "red[08-100]", "red[008-100]"),
    ("red[]", "red[]", "red"),
    ("red[1-", "red[1-", "red"),
    ("red[1-3", "red[1-3", "red[1-3]"),
    ("10.0.0.[254-257]", "10.0.0.[254-257]", "10.0.0.[254-255]"),
    ("red.", "red.", "red"),
    ("pi@red:99999", "pi@red:99999", "pi@red"),
    ("pi@-red", "pi@-red", "pi@red"),
    ("red[1-2][3-4]", "red[1-2][3-4]", "red[1-2]-[3-4]"),
    ("red[1-99999999999999999999],blue", "red[1-99999999999999999999]", "blue"),
    ("red01-02]", "red01-02]", "red01-02"),
    ("red[1-3,]", "red[1-3,]", "red,red[01-02]"),
    ("red[-1]", "red[-1]", "red"),
    ("red[1-10/2]", "red[1-10/2]", "red[1-10]"),
    ("red*,blue", "red*", "red,blue"),
    ("red!red01", "red!red01", "red"),
    ("red_1", "red_1", "red-1"),
    ("10.0.0.256,red", "10.0.0.256", "red"),
    ("red:99999,blue", "red:99999", "red,blue"),
    ("red[٣]", "red[٣]", "red"),
    ("x[1-3000]y[1-3000],red", "x[1-3000]y[1-3000]", "red"),
    ("red[0-999999999]", "red[0-999999999]", f"red[0-{MAX_HOSTS - 1}]"),
    ("10.0.0.[0-999999999]", "10.0.0.[0-999999999]", "10.0.0.0"),
    ("red[1-2]5[3-4],blue[0-99999]", "red[1-2]5[3-4]", f"blue[0-{MAX_HOSTS - 1}]"),
]


@pytest.mark.parametrize(("expression", "part", "line"), REFUSALS)
def test_refusal(expression: str, part: str, line: str) -> None:
    """A wrong expression is refused with the faulty part and a line that is right."""
    with pytest.raises(HostExpressionError) as caught:
        expand(expression)

    assert (caught.value.part, caught.value.remedy.split('"')[1]) == (part, line)
    assert expand(line)


@given(st.text(max_size=40) | st.text(alphabet="red01-3[],.:@; %", max_size=30))
def test_any_text_is_names_or_a_refusal(text: str) -> None:
    """Whatever is typed, each result is a host name, or the remedy shows a line that is right."""
    try:
        names = expand(text)
    except HostExpressionError as error:
        names = expand(error.remedy.split('"')[1])

    assert names
    assert [str(split_name(name)) for name in names] == list(names)


def test_limit() -> None:
    """The limit holds for the whole expression, and is not one too low."""
    assert len(expand(f"red[1-{MAX_HOSTS}]")) == MAX_HOSTS
    with pytest.raises(HostExpressionError, match="more than 10000 hosts"):
        expand(f"red[1-{MAX_HOSTS}],blue")


def _largest(numbers: range) -> str:
    return ",".join(f"rack{number}-[0-999999999]" for number in numbers)


@pytest.mark.parametrize("expression", ["red[0-999999999]", _largest(range(100))], ids=("1", "100"))
def test_too_many_are_refused_by_arithmetic(
    expression: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No name of what is refused, nor of the line that is shown instead, is ever made."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError

    monkeypatch.setattr(sys.modules["kuberry.hostlist.expand"], "NodeSet", refuse)
    with pytest.raises(HostExpressionError, match="1000000000 hosts, at most 10000"):
        expand(expression)


def test_groups() -> None:
    """A group stands for its expression, in its place, and may hold groups."""
    groups = {"lab": "red,@workers", "workers": "red[01-02]"}

    assert expand("blue,@lab", groups=groups) == ("blue", "red", "red01", "red02")


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        ({}, "no group 'lab' in the inventory (known: none)"),
        ({"lab": "red,@lab"}, "group 'lab' contains itself"),
        ({"lab": "@b", "b": "@lab"}, "group 'lab' contains itself"),
        ({"lab": "red;reboot"}, "';' has no place in a host name"),
    ],
)
def test_groups_refused(groups: dict[str, str], message: str) -> None:
    """An unknown, endless or faulty group is refused."""
    with pytest.raises(HostExpressionError) as caught:
        expand("@lab", groups=groups)

    assert message in caught.value.message


_GROUPS_CONF = """
[Main]
default: evil
confdir: {directory}
[evil]
map: touch {directory}/ran; echo victim
all: touch {directory}/ran; echo victim
list: touch {directory}/ran; echo all
"""


@pytest.mark.parametrize("expression", ["@all", "@evil:all", "@*", "red,@workers"])
def test_clustershell_never_runs_its_group_commands(tmp_path: Path, expression: str) -> None:
    """Group sources of ClusterShell's own configuration, shell commands among them, stay unused."""
    (tmp_path / "groups.conf").write_text(_GROUPS_CONF.format(directory=tmp_path))
    code = (
        "from kuberry.hostlist import expand\n"
        "expand('red[1-3],blue[01-02]')\n"
        f"try: print(expand({expression!r}))\n"
        "except Exception as error: print(type(error).__name__)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "CLUSTERSHELL_CFGDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )

    assert done.stdout == "HostExpressionError\n"
    assert not (tmp_path / "ran").exists()
