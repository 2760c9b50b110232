"""The kernel's command line stays one line, and nobody else's word is lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kuberry.platforms.command_line import ENABLE, memory_is_asked_for, with_memory, words

OTHERS = st.sampled_from(
    ["console=tty1", "root=PARTUUID=1-02", "quiet", 'dyndbg="file a.c +p"', "cgroup_enable=cpuset"]
)
ABOUT_MEMORY = st.sampled_from(
    [ENABLE, "cgroup_disable=memory", "cgroup_disable=cpuset,memory", "cgroup_memory=1"]
)
BLANKS = st.sampled_from([" ", "  ", "\t"])
LINES = st.builds(
    lambda found, blank: blank.join(found), st.lists(OTHERS | ABOUT_MEMORY, max_size=8), BLANKS
)
ANY_TEXT = st.text(max_size=80)


@given(ANY_TEXT)
def test_whatever_is_read_one_line_is_written(text: str) -> None:
    """No line's end of any kind is in what is written, and the last word asks for memory."""
    line = with_memory(text)

    assert len(line.splitlines()) == 1
    assert ENABLE in words(line)


@given(ANY_TEXT)
def test_twice_is_once(text: str) -> None:
    """What was repaired needs no repair."""
    line = with_memory(text)

    assert with_memory(line) == line


@given(LINES)
def test_no_other_word_is_lost_or_moved(line: str) -> None:
    """All words that are not about memory stay, in their order."""

    def others(text: str) -> list[str]:
        return [word for word in words(text) if "memory" not in word]

    kept = [word for word in others(with_memory(line)) if word != "cgroup_disable=cpuset"]

    assert kept == others(line)
    assert memory_is_asked_for(words(with_memory(line))) is True


@given(LINES, st.lists(OTHERS | ABOUT_MEMORY, max_size=4))
def test_lines_behind_the_first_have_no_effect(line: str, more: list[str]) -> None:
    """The firmware has never read them, so nothing of them may come into force."""
    assert with_memory(f"{line}\n{' '.join(more)}\n") == with_memory(line)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("quiet", f"quiet {ENABLE}"),
        (f"quiet {ENABLE} splash", f"quiet {ENABLE} splash"),
        (f"{ENABLE} cgroup_disable=memory", f"{ENABLE}"),
        ("cgroup_disable=cpuset,memory quiet", f"cgroup_disable=cpuset quiet {ENABLE}"),
        ("quiet -- single", f"quiet {ENABLE} -- single"),
        ("cgroup_enable=cpuset,memory", "cgroup_enable=cpuset,memory"),
        ('dyndbg="file a.c  +p" quiet', f'dyndbg="file a.c  +p" quiet {ENABLE}'),
    ],
)
def test_each_case_is_repaired_as_it_must(before: str, after: str) -> None:
    """A later word beats an earlier one; what is for init stays behind the two dashes."""
    assert with_memory(before) == after


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        ("cgroup_disable=memory quiet cgroup_enable=memory", True),
        ("cgroup_enable=memory cgroup_disable=memory", False),
        ("cgroup_memory=1 quiet", None),
        ("cgroup_enable=memoryless", None),
    ],
)
def test_the_last_word_about_memory_counts(line: str, *, asked: bool | None) -> None:
    """The device tree says no first; cmdline.txt is read after it."""
    assert memory_is_asked_for(words(line)) is asked
