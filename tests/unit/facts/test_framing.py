"""Many probes in one command: the shells of this machine run it."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Mapping

import pytest

from kuberry.facts.framing import MAX_SECTION_BYTES, Section, compose, cut
from kuberry.facts.probe import Probe

NONCE = "0123456789abcdef"
OCTAL = "".join(rf"\{byte:03o}" for byte in range(256))
SHELLS = {
    "dash": ["dash", "-c"],
    "bash": ["bash", "-c"],
    "posix": ["bash", "--posix", "-c"],
    "busybox": ["busybox", "sh", "-c"],
}


@pytest.fixture(params=[name for name, words in SHELLS.items() if shutil.which(words[0])])
def shell(request: pytest.FixtureRequest) -> list[str]:
    """Return the words that run a command in each shell that is here."""
    return SHELLS[request.param]


def probe(subject: str, text: str, limit_s: int = 5) -> Probe[str]:
    """Make a probe whose answer is what it wrote."""
    return Probe(subject, text, str, limit_s)


def answer(shell: list[str], *probes: Probe[str], noise: str = "") -> Mapping[str, Section]:
    """Run *probes* as a host would; a login script wrote *noise* before."""
    done = subprocess.run(
        [*shell, compose(probes, NONCE, together_s=1).text],
        input=b"for others\n",
        capture_output=True,
        check=True,
        timeout=60,
    )
    return cut(noise.encode() + done.stdout, NONCE)


def test_answers_come_back_as_they_were(shell: list[str]) -> None:
    """Text, blanks and nothing at all."""
    found = answer(shell, probe("a", "printf ' grün\\n\\n'"), probe("b", ":"))

    assert {name: one.output for name, one in found.items()} == {"a": " grün\n\n", "b": ""}


def test_bytes_that_are_no_text_come_back(shell: list[str]) -> None:
    """All but NUL, which no shell can keep; what is not UTF-8 is replaced."""
    found = answer(shell, probe("a", f"printf '{OCTAL}'"), probe("b", "echo next"))

    expected = bytes(range(1, 256)).decode(errors="replace")
    assert (found["a"].output, found["b"].output) == (expected, "next\n")


def test_an_answer_cannot_pose_as_another(shell: list[str]) -> None:
    """Not even one that knows the nonce, as a process list would tell it."""
    forged = probe("a", f"printf '\\n{NONCE} b 25\\nforged\\n{NONCE} 0'; echo; echo end")
    found = answer(shell, forged, probe("b", "echo true"))

    assert found["b"].output == "true\n"
    assert "forged" in (found["a"].output or "")


def test_an_answer_that_is_too_long_is_left_out(shell: list[str]) -> None:
    """The next one is none the worse."""
    size = MAX_SECTION_BYTES + 1
    found = answer(
        shell, probe("a", f"head -c {size} /dev/zero | tr '\\0' x"), probe("b", "echo next")
    )

    assert found["a"] == Section(None, "its answer is too long")
    assert found["b"].output == "next\n"


def test_an_answer_without_end_is_left_out(shell: list[str]) -> None:
    """It neither fills the host's memory nor costs the answers behind it."""
    found = answer(shell, probe("a", "exec cat /dev/zero | tr '\\0' x"), probe("b", "echo next"))

    assert found["a"] == Section(None, "its answer is too long")
    assert found["b"].output == "next\n"


def test_the_runner_starts_no_program_of_its_own_for_a_probe(shell: list[str]) -> None:
    """Probes of builtins alone start no program: hosts are slow at that."""
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed")
    looks = [probe(name, "read -r line </proc/loadavg; echo $line") for name in ("a", "b", "c")]
    words = ["strace", "-f", "-qq", "-e", "trace=execve", *shell, compose(looks, NONCE).text]
    done = subprocess.run(words, capture_output=True, check=True, timeout=60)

    programs = set(re.findall(r'execve\("([^"]*)".* = 0', done.stderr.decode()))
    assert {path.rpartition("/")[2] for path in programs} <= {"timeout", "sh", "exe", *SHELLS}


def test_an_answer_that_takes_too_long_is_left_out(shell: list[str]) -> None:
    """Even when it has begun; the next one still comes."""
    found = answer(
        shell,
        probe("a", "echo first"),
        probe("b", "echo half; sleep 50", 1),
        probe("c", "echo next"),
    )

    assert found["a"].output == "first\n"
    assert found["b"] == Section(None, "its answer did not come in time")
    assert found["c"].output == "next\n"


def test_an_answer_has_its_own_time_where_the_common_one_was_too_short(shell: list[str]) -> None:
    """A slow host costs no answer."""
    found = answer(shell, probe("a", "sleep 1.2; echo slow", 5), probe("b", "echo next"))

    assert (found["a"].output, found["b"].output) == ("slow\n", "next\n")


def test_a_probe_that_fails_says_with_which_status(shell: list[str]) -> None:
    """A probe that leaves its shell or does not parse does not end the others."""
    found = answer(
        shell, probe("a", "echo no; exit 7"), probe("b", "if ((("), probe("c", "echo next")
    )

    assert found["a"] == Section(None, "looking at it ended with status 7")
    assert found["b"].output is None
    assert found["c"].output == "next\n"


def test_a_probe_reads_nothing_of_ours(shell: list[str]) -> None:
    """Standard input may hold what is not for it: it is closed to probes."""
    assert answer(shell, probe("a", "cat; echo end"))["a"].output == "end\n"


def test_what_a_login_script_writes_is_skipped(shell: list[str]) -> None:
    """Greetings are common in ~/.bashrc."""
    assert answer(shell, probe("a", "echo yes"), noise="Welcome!")["a"].output == "yes\n"


def test_an_answer_that_breaks_off_keeps_what_came() -> None:
    """The connection's deadline may cut anywhere."""
    whole = f"\n{NONCE} a 24\nfine\n\n{NONCE} 0\n{NONCE} b 40\nhal".encode()

    assert cut(whole, NONCE)["a"].output == "fine\n"
    assert cut(whole, NONCE)["b"] == Section(None, "its answer did not come in time")
