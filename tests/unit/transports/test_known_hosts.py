"""known_hosts files: read as ssh-keygen reads them, written so that it can read them."""

from __future__ import annotations

import fcntl
import multiprocessing
import subprocess
import sys
from pathlib import Path

import asyncssh
import pytest

from kuberry.transports.file_lock import locked_for_append
from kuberry.transports.known_hosts import entry_name, known_keys, remember

KEYS = [asyncssh.generate_private_key("ssh-ed25519").convert_to_public() for _ in range(3)]
LINES = [key.export_public_key().decode().strip() for key in KEYS]


def _found(file: Path, entry: str) -> list[tuple[str, int]]:
    return [(known.marker, known.line) for known in known_keys([file], entry)]


@pytest.mark.parametrize(
    ("names", "entry", "is_match"),
    [
        ("red", "red", True),
        ("blue,red", "red", True),
        ("RED", "red", True),
        ("red", "red01", False),
        ("*.lab", "red.lab", True),
        ("*.lab,!red.lab", "red.lab", False),
        ("r?d", "red", True),
        ("[red]:2200", "[red]:2200", True),
        ("[red]:2200", "red", False),
        ("red", "[red]:2200", False),
        ("10.0.0.*", "10.0.0.7", True),
        ("10.0.0.0/24", "10.0.0.7", False),
        ("fe80::1", "fe80::1", True),
    ],
)
def test_a_name_matches_as_in_ssh(
    tmp_path: Path, names: str, entry: str, *, is_match: bool
) -> None:
    """Patterns, negations and ports; a network is no pattern."""
    file = tmp_path / "known_hosts"
    file.write_text(f"{names} {LINES[0]}\n")
    assert bool(_found(file, entry)) == is_match


def test_broken_lines_hide_no_others(tmp_path: Path) -> None:
    """Comments, rubbish, keys of unknown types and bytes that are no text are passed over."""
    file = tmp_path / "known_hosts"
    file.write_bytes(
        b"# comment\n\n|1|broken\nred\nred ssh-dss AAAA\n@odd red "
        + LINES[0].encode()
        + b"\n\xff\xfe \xff\n|1|a|b "
        + LINES[0].encode()
        + f"\nred {LINES[1]}\n@revoked red {LINES[2]}\n@cert-authority * {LINES[0]}".encode()
    )
    assert _found(file, "red") == [("", 9), ("@revoked", 10), ("@cert-authority", 11)]


def test_a_file_that_is_missing_is_empty_and_one_that_is_locked_is_not(tmp_path: Path) -> None:
    """What cannot be read must not count as unknown: that would let a changed key in."""
    assert known_keys([tmp_path / "none", tmp_path / "none" / "deeper"], "red") == []
    with pytest.raises(OSError, match="directory"):
        known_keys([tmp_path], "red")


@pytest.mark.parametrize("is_hashed", [False, True])
@pytest.mark.parametrize("port", [22, 2200])
def test_ssh_keygen_finds_and_forgets_what_we_wrote(
    tmp_path: Path, port: int, *, is_hashed: bool
) -> None:
    """A line of ours is one of OpenSSH's own, hashed or not."""
    file = tmp_path / "dot-ssh" / "known_hosts"
    entry = entry_name("Red", port)
    remember(file, entry, KEYS[0], is_hashed=is_hashed)
    assert ("red" in file.read_text()) is not is_hashed
    found = subprocess.run(
        ["ssh-keygen", "-l", "-F", entry, "-f", str(file)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert KEYS[0].get_fingerprint() in found.stdout
    assert _found(file, entry) == [("", 1)]
    subprocess.run(["ssh-keygen", "-R", entry, "-f", str(file)], check=True, capture_output=True)
    assert _found(file, entry) == []


def test_what_stands_in_the_file_stays(tmp_path: Path) -> None:
    """A last line without an end is not glued to ours, and a mode that was chosen is kept."""
    file = tmp_path / "known_hosts"
    file.write_text(f"blue {LINES[0]}")
    file.chmod(0o640)
    remember(file, "red", KEYS[1], is_hashed=False)
    assert file.read_text() == f"blue {LINES[0]}\nred {LINES[1]}\n"
    assert oct(file.stat().st_mode)[-3:] == "640"


def test_who_comes_second_gets_what_the_first_wrote(tmp_path: Path) -> None:
    """A key of the same name that is there already is not doubled, and not overruled."""
    file = tmp_path / "known_hosts"
    remember(file, "red", KEYS[0], is_hashed=True)
    for key in KEYS[:2]:
        now = remember(file, "red", key, is_hashed=True)
        assert [(known.key, known.line) for known in now] == [(KEYS[0], 1)]


def _write_many(file: Path, name: str) -> None:
    for number in range(20):
        remember(file, f"{name}{number}", KEYS[0], is_hashed=False)


_WITHOUT_FCNTL = """
import sys
sys.modules["fcntl"] = None
from pathlib import Path
from kuberry.transports.file_lock import locked_for_append
import os
for number in range(20):
    with locked_for_append(Path(sys.argv[1])) as descriptor:
        size = os.fstat(descriptor).st_size
        os.write(descriptor, sys.argv[2].encode())
        assert os.fstat(descriptor).st_size == size + 1
"""


def test_processes_side_by_side_lose_nothing(tmp_path: Path) -> None:
    """Several processes that meet their hosts at once write every line, whole."""
    file = tmp_path / "known_hosts"
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=_write_many, args=(file, name)) for name in "abcd"]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    names = sorted(line.split()[0] for line in file.read_text().splitlines())
    assert names == sorted(f"{name}{number}" for name in "abcd" for number in range(20))


def test_a_lock_needs_no_fcntl(tmp_path: Path) -> None:
    """Where there is no flock (Windows) writers wait for each other all the same."""
    file = tmp_path / "file"
    words = (sys.executable, "-c", _WITHOUT_FCNTL, str(file))
    processes = [subprocess.Popen((*words, letter)) for letter in "ab"]
    assert [process.wait() for process in processes] == [0, 0]
    assert sorted(file.read_text()) == ["a"] * 20 + ["b"] * 20
    assert list(tmp_path.iterdir()) == [file]


def test_a_replaced_file_is_written_in_its_new_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`ssh-keygen -R` puts a new file there: a line written to the old one would be lost."""
    file = tmp_path / "known_hosts"
    file.write_text("old\n")
    calls: list[int] = []

    def replace_once(_descriptor: int, _operation: int) -> None:
        if not calls:
            (tmp_path / "new").write_text("new\n")
            (tmp_path / "new").replace(file)
        calls.append(1)

    monkeypatch.setattr(fcntl, "flock", replace_once)
    remember(file, "red", KEYS[0], is_hashed=False)
    assert file.read_text() == f"new\nred {LINES[0]}\n"
    assert len(calls) == 2


def test_a_writer_that_never_ends_is_not_waited_for_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wait for another writer has an end."""

    def held(_descriptor: int, _operation: int) -> None:
        raise BlockingIOError

    monkeypatch.setattr(fcntl, "flock", held)
    with (
        pytest.raises(TimeoutError, match="another process"),
        locked_for_append(tmp_path / "file", deadline_s=0.05),
    ):
        pass
