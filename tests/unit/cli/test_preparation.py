"""What `deploy` may change on hosts, `check` judges by and `node add` does: the same words."""

from __future__ import annotations

from typing import Any

import pytest

from kuberry.cli.main import main
from kuberry.errors import UsageError
from kuberry.model.preparation import Preparation

SAID = ("--page-size", "4k", "--new-machine-ids", "--open-firewall")
ALL = Preparation(page_size="4k", new_machine_ids=True, open_firewall=True)


@pytest.mark.parametrize(
    ("words", "function"),
    [
        (("deploy", "--hosts", "red"), "kuberry.api.deploy.deploy"),
        (("check", "--hosts", "red"), "kuberry.api.check.check"),
        (("node", "add", "red"), "kuberry.api.node.node_add"),
    ],
    ids=["deploy", "check", "node-add"],
)
def test_the_words_arrive(
    words: tuple[str, ...], function: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Said or not said: nothing is changed that was not asked for."""
    wanted: list[Preparation] = []

    async def act(*_: object, **named: Any) -> None:
        wanted.append(named["wanted"].preparation)
        raise UsageError("enough was seen")

    monkeypatch.setattr(function, act)

    assert [main([*words, *SAID]), main([*words])] == [2, 2]
    assert wanted == [ALL, Preparation()]


def test_a_key_that_is_not_there_is_refused_before_the_password_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing that was typed is in vain, and no host is asked: unit tests open no connection."""

    def ask(_: str) -> str:
        raise AssertionError("a password was asked for")

    monkeypatch.setattr("kuberry.cli.hosts_setup.ask", ask)

    assert main(["hosts", "setup", "red", "--public-key", "/nowhere/key.pub"]) == 2
    assert "/nowhere/key.pub" in capsys.readouterr().err
