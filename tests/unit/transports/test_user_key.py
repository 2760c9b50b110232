"""The user's own key: the chosen one, the usual one, or a new one."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from kuberry.errors import UsageError
from kuberry.transports.user_key import find_key, make_key, new_key_file


def _keygen(*words: str) -> str:
    done = subprocess.run(["ssh-keygen", *words], capture_output=True, text=True, check=True)
    return done.stdout


def test_a_new_key_is_one_of_ssh_keygen_s(tmp_path: Path) -> None:
    """Made once, in modes that ssh trusts, readable by ssh-keygen; then found again."""
    directory = tmp_path / "dot-ssh"
    assert find_key(None, directory) is None
    assert not directory.exists(), "looking makes nothing"
    made = make_key(directory)
    assert (made.is_new, made.identity_file) == (True, new_key_file(directory))
    assert made.fingerprint == _keygen("-l", "-f", str(directory / "id_ed25519")).split()[1]
    derived = _keygen("-y", "-f", str(made.identity_file)).split()[:2]
    assert made.line.split()[:2] == derived
    modes = {path.name: oct(path.stat().st_mode)[-3:] for path in directory.iterdir()}
    assert modes == {"id_ed25519": "600", "id_ed25519.pub": "644"}
    assert oct(directory.stat().st_mode)[-3:] == "700"
    again = find_key(None, directory)
    assert again is not None
    assert (again.is_new, again.line) == (False, made.line)


def test_a_key_is_never_overwritten(tmp_path: Path) -> None:
    """A private key without its public half is kept, and the way to get that is shown."""
    (tmp_path / "id_ed25519").write_text("precious")
    with pytest.raises(UsageError, match="no public half") as raised:
        find_key(None, tmp_path)
    assert raised.value.remedy.startswith("ssh-keygen -y -f")
    with pytest.raises(FileExistsError):
        make_key(tmp_path)
    assert (tmp_path / "id_ed25519").read_text() == "precious"


def test_a_private_key_never_leaves(tmp_path: Path) -> None:
    """Naming the private file is a mistake that is caught, with the right name shown."""
    _keygen("-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "key"))
    with pytest.raises(UsageError, match="is a private key") as raised:
        find_key(tmp_path / "key")
    assert f"{tmp_path}/key.pub" in raised.value.remedy
    found = find_key(tmp_path / "key.pub")
    assert found is not None
    assert found.identity_file == tmp_path / "key"


@pytest.mark.parametrize("content", [b"", b"rubbish", b"ssh-ed25519 AAAA", b"\xff\xfe"])
def test_a_file_without_a_key_is_refused(tmp_path: Path, content: bytes) -> None:
    """Nothing that is no key gets into authorized_keys."""
    file = tmp_path / "key.pub"
    file.write_bytes(content)
    with pytest.raises(UsageError, match="public key") as raised:
        find_key(file, tmp_path)
    assert raised.value.remedy == "make a key: ssh-keygen -t ed25519"


def test_a_file_that_is_not_there_is_answered_with_those_that_are(tmp_path: Path) -> None:
    """A wrong name is a sentence, with the right names after it."""
    for name in ("id_rsa.pub", "work.pub", "work", "known_hosts"):
        (tmp_path / name).write_text("")
    with pytest.raises(UsageError) as raised:
        find_key(tmp_path / "nope", tmp_path)
    reason = f"the public key {tmp_path}/nope cannot be read: No such file or directory"
    assert raised.value.message == reason
    assert raised.value.remedy == (
        f"name one that exists: {tmp_path}/id_rsa.pub, {tmp_path}/work.pub"
    )
    with pytest.raises(UsageError) as raised:
        find_key(tmp_path / "nope", tmp_path / "no-directory")
    assert raised.value.remedy == "make a key: ssh-keygen -t ed25519"


def test_only_the_first_line_is_installed(tmp_path: Path) -> None:
    """A file with more than one line cannot smuggle a second key in."""
    _keygen("-q", "-t", "ed25519", "-N", "", "-C", "me", "-f", str(tmp_path / "key"))
    public = tmp_path / "key.pub"
    one = public.read_text().strip()
    public.write_text(f"{one}\nssh-ed25519 AAAA other\n")
    found = find_key(public)
    assert found is not None
    assert found.line == one
