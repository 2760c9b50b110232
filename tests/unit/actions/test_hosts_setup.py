"""`hosts setup` on this side: the key that is found, or made."""

from __future__ import annotations

from pathlib import Path

import pytest

from kuberry.actions.hosts_setup import setup_hosts
from kuberry.api.setup import hosts_that_need_a_password
from kuberry.errors import UsageError
from kuberry.model.connection import ConnectOptions
from kuberry.model.event import Event, Notice
from kuberry.model.setup import SetupWish

OPTIONS = ConnectOptions(config_files=())


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty home directory."""
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    return tmp_path


async def test_a_key_is_announced_before_it_is_made(home: Path) -> None:
    """Who has none reads where one will be; who has one reads nothing."""
    said: list[tuple[Event, bool]] = []

    def emit(event: Event) -> None:
        said.append((event, (home / ".ssh").exists()))

    report = await setup_hosts([], SetupWish(), OPTIONS, emit)
    private = home / ".ssh" / "id_ed25519"
    message = f"you have no SSH key: {private} is made, without a passphrase"
    assert said == [(Notice(message=message), False)]
    assert (report.is_key_new, private.is_file()) == (True, True)
    again = await setup_hosts([], SetupWish(), OPTIONS, emit)
    assert (again.is_key_new, len(said)) == (False, 1)


async def test_a_wrong_name_makes_no_key(home: Path) -> None:
    """--public-key with a file that is not there is a mistake, not a wish for a new key."""
    said: list[Event] = []
    with pytest.raises(UsageError, match="No such file"):
        await setup_hosts([], SetupWish(public_key=str(home / "nope")), OPTIONS, said.append)
    assert (said, list(home.iterdir())) == ([], [])


async def test_a_wrong_key_is_refused_before_any_host_is_asked(home: Path) -> None:
    """And so before the password is: nothing that was typed is in vain."""
    with pytest.raises(UsageError, match="No such file"):
        await hosts_that_need_a_password("no-such-host", public_key=str(home / "nope"))
