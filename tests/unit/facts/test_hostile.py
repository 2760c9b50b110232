"""Whatever a host answers: a fact, or one way to say that it is none."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic_core import to_json

from kuberry.facts.framing import cut
from kuberry.facts.gather import AS_USER
from kuberry.facts.probe import Probe, Unparsable

WORDS = (
    "0",
    "-1",
    "max",
    "1 2 3 4",
    "[",
    "{}",
    "[[]]",
    '[{"ifname":1}]',
    "::",
    "1e999",
    "nan",
    "=",
)
NONCE = "0123456789abcdef"


def answers(probe: Probe[Any]) -> st.SearchStrategy[str]:
    """Draw garbage, and lines with the labels that *probe* knows and garbage behind them."""
    labels = sorted(set(re.findall(r"([A-Za-z][\w.-]*):", probe.text)) | {"x"})
    rest = st.one_of(st.text(max_size=60), st.sampled_from(WORDS), st.integers().map(str))
    lines = st.lists(st.tuples(st.sampled_from(labels), rest).map(":".join), max_size=12)
    return st.one_of(st.text(), lines.map("\n".join))


@pytest.mark.parametrize("probe", AS_USER, ids=lambda probe: probe.subject)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_garbage_never_escapes(probe: Probe[Any], data: st.DataObject) -> None:
    """A parser raises nothing but Unparsable, and what it returns is valid JSON."""
    answer = data.draw(answers(probe))
    try:
        found = probe.read(answer)
    except Unparsable:
        return

    json.loads(to_json(found), parse_constant=pytest.fail)


@pytest.mark.parametrize("probe", AS_USER, ids=lambda probe: probe.subject)
@pytest.mark.parametrize(
    "answer",
    ["x" * 200_000, "addr:" + "[" * 100_000, "count:" + "9" * 100_000, "\n" * 100_000],
    ids=["long", "deep", "digits", "lines"],
)
def test_size_does_not_matter(probe: Probe[Any], answer: str) -> None:
    """Long lines, deep nesting and huge numbers are as harmless as short ones."""
    reason = ""
    try:
        probe.read(answer)
    except Unparsable as error:
        reason = str(error)

    assert len(reason) < 300


@given(st.binary())
def test_any_bytes_can_be_cut(answer: bytes) -> None:
    """What is no section is no section."""
    assert dict(cut(answer, NONCE)) == {}


@given(st.lists(st.binary(max_size=30), max_size=4).map(f"\n{NONCE} a 5\n".encode().join))
def test_broken_frames_can_be_cut(answer: bytes) -> None:
    """Sections that break off, overlap or lie about their length do no harm."""
    assert set(cut(b"\n" + answer, NONCE)) <= {"a"}
