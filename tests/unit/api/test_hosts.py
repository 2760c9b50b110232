"""From what the user names to hosts."""

from __future__ import annotations

from pathlib import Path

import pytest

from kuberry.api.hosts import expand_hosts, fold_hosts, resolve
from kuberry.errors import UsageError
from kuberry.model.host import Host
from kuberry.settings import Settings

INVENTORY = """
hosts:
  red: {address: 192.0.2.5, user: pi, port: 2222, identity_file: /keys/pi}
groups:
  shelf: "red,red[01-02]"
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings whose directories are this test's own."""
    return Settings(config_dir=tmp_path, state_dir=tmp_path, cache_dir=tmp_path)


def test_the_inventory_fills_in(settings: Settings) -> None:
    """A named host gets what the inventory knows; the expression's own words win."""
    settings.inventory_file.write_text(INVENTORY)

    red = Host(
        name="red",
        address="192.0.2.5",
        user="pi",
        port=2222,
        identity_file=Path("/keys/pi"),
        source="inventory",
    )
    assert resolve("@shelf", settings) == (red, Host(name="red01"), Host(name="red02"))
    assert resolve("root@red:22", settings) == (
        red.model_copy(update={"user": "root", "port": 22}),
    )
    assert expand_hosts("@shelf", settings=settings) == ("red", "red01", "red02")


def test_several_expressions_are_one(settings: Settings) -> None:
    """The Python API takes a list of expressions too."""
    assert resolve(["red", "red[01-02]"], settings) == resolve("red,red[01-02]", settings)


def test_one_host_two_logins(settings: Settings) -> None:
    """A host named twice with different logins is refused."""
    with pytest.raises(UsageError, match="red is named twice"):
        resolve("red,pi@red", settings)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("hosts: [red]", "hosts: Input should be a valid dictionary"),
        ("host: {}", "host: Extra inputs are not permitted"),
        ("hosts: {red: {port: 0}}", "hosts.red.port"),
        ("{", "while parsing"),
        ("- red", "the file: Input should be a valid dictionary"),
    ],
)
def test_a_faulty_inventory_is_named(settings: Settings, text: str, reason: str) -> None:
    """A faulty inventory is refused with the file and the reason."""
    settings.inventory_file.write_text(text)

    with pytest.raises(UsageError) as caught:
        resolve("red", settings)

    assert reason in caught.value.message
    assert str(settings.inventory_file) in caught.value.message


def test_fold_refuses_what_is_no_name() -> None:
    """What is no host name is a usage error."""
    with pytest.raises(UsageError, match="no RFC 1123 name"):
        fold_hosts(["red;reboot"])
