"""A host is looked at in two commands, and what fails costs no more than itself."""

from __future__ import annotations

import asyncio
import dataclasses
import re
import shlex
from collections.abc import Callable, Mapping

import pytest

from kuberry.errors import CommandTimeout, ConnectionLost, KuberryError, SudoFailed
from kuberry.facts.framing import Section
from kuberry.facts.gather import AS_ROOT, AS_USER, Answer, assemble, gather
from kuberry.model.host import Host
from kuberry.shell import Command
from kuberry.transports.transport import CommandResult

ROOT_PORTS = {"ports": 'port:LISTEN 0 128 127.0.0.1:53 0.0.0.0:* users:(("dns",pid=1,fd=3))\n'}
USER_PORTS = {"ports": "port:LISTEN 0 128 127.0.0.1:53 0.0.0.0:*\n"}


def written(nonce: str, sections: Mapping[str, str]) -> bytes:
    """Write *sections* as the script would."""
    bodies = {name: f"{text}\n{nonce} 0" for name, text in sections.items()}
    frames = (f"\n{nonce} {name} {len(body)}\n{body}" for name, body in bodies.items())
    return "".join(frames).encode()


@dataclasses.dataclass
class Answers:
    """A transport that answers as told and counts how often it was asked."""

    user: Mapping[str, str] | KuberryError = dataclasses.field(default_factory=dict)
    root: Mapping[str, str] | KuberryError = dataclasses.field(default_factory=dict)
    asked: list[Command] = dataclasses.field(default_factory=list)
    before_timeout: Mapping[str, str] = dataclasses.field(default_factory=dict)
    host: Host = dataclasses.field(default_factory=lambda: Host(name="red"))

    async def run(
        self,
        command: Command,
        *,
        on_output: Callable[[bytes], None] | None = None,
        **_: object,
    ) -> CommandResult:
        """Answer, or fail as told."""
        self.asked.append(command)
        nonce = re.findall(r"[0-9a-f]{32}", command.text)[0]
        said = self.root if command.root else self.user
        if isinstance(said, CommandTimeout) and on_output:
            on_output(written(nonce, self.before_timeout))
        if isinstance(said, KuberryError):
            raise said
        await asyncio.sleep(0)
        return CommandResult(0, written(nonce, said), b"")


async def facts_of(answers: Answers) -> object:
    """Gather from *answers*."""
    return await gather(answers)  # type: ignore[arg-type]


async def test_two_commands_are_enough() -> None:
    """One as the user and one as root; no subject is looked at twice."""
    answers = Answers()
    await facts_of(answers)
    user, root = sorted(answers.asked, key=lambda command: command.root)

    assert (user.root, root.root, len(answers.asked)) == (False, True, 2)
    for probe in AS_USER:
        word = shlex.quote(probe.text)
        assert (word in user.text, word in root.text) == (probe not in AS_ROOT, probe in AS_ROOT)


async def test_a_silent_host_has_no_facts_and_a_reason_for_each() -> None:
    """Not one fact is made up."""
    facts = await gather(Answers())  # type: ignore[arg-type]
    known = facts.model_dump(exclude={"unknown", "privileges"}, exclude_none=True)

    assert known == {}
    assert {one.subject for one in facts.unknown} >= {probe.subject for probe in AS_USER}
    assert all(one.reason for one in facts.unknown)


def test_subjects_are_unique_and_root_sees_no_other_ones() -> None:
    """A section is found by its subject."""
    subjects = [probe.subject for probe in AS_USER]

    assert len(subjects) == len(set(subjects))
    assert {probe.subject for probe in AS_ROOT} <= set(subjects)


def test_root_sees_more() -> None:
    """What root saw replaces what the user saw."""
    facts = assemble(answer(USER_PORTS), answer(ROOT_PORTS))

    assert facts.ports
    assert facts.ports[0].process == "dns"


def test_what_root_could_not_read_is_taken_from_the_user() -> None:
    """A broken answer as root costs the owner of the port, not the port."""
    facts = assemble(answer(USER_PORTS), answer({"ports": "port:LISTEN nonsense\n"}))

    assert facts.ports
    assert facts.ports[0].process is None
    assert "ports" not in {one.subject for one in facts.unknown}


async def test_without_sudo_all_else_is_seen_and_the_facts_say_so() -> None:
    """Root is a fact, too; what root was to look at, the user looks at then."""
    refused = SudoFailed("sudo wants a password", host="red")
    answers = Answers(user=USER_PORTS, root=refused)
    facts = await gather(answers)  # type: ignore[arg-type]

    assert [command.root for command in answers.asked] == [False, True, False]

    assert facts.ports
    assert (facts.privileges.root, facts.privileges.reason) == (False, "sudo wants a password")


async def test_what_came_before_the_deadline_counts() -> None:
    """A command that hangs at its last section has brought the others."""
    slow = Answers(user=CommandTimeout("too slow", host="red"), before_timeout=USER_PORTS)
    facts = await gather(slow, deadline_s=7.0)  # type: ignore[arg-type]
    reasons = {one.subject: one.reason for one in facts.unknown}

    assert facts.ports
    assert reasons["memory"] == "it did not come within 7 s"


async def test_a_host_that_dies_in_the_middle_is_one_plain_error() -> None:
    """Both commands fail at once; the caller hears of it as of one."""
    lost = ConnectionLost("gone", host="red")

    with pytest.raises(ConnectionLost):
        await facts_of(Answers(user=lost, root=lost))


def test_one_riddle_costs_one_fact() -> None:
    """The reason is kept."""
    facts = assemble(answer({**USER_PORTS, "memory": "MemTotal:much\n"}), answer({}))
    reasons = {one.subject: one.reason for one in facts.unknown}

    assert facts.memory is None
    assert "'much' is no number" in reasons["memory"]
    assert facts.ports


def test_the_clock_is_bounded_by_the_round_trip() -> None:
    """Read somewhere within two seconds: the true offset is one second off the middle at most."""
    facts = assemble(
        Answer(
            {"clock": Section("1050.000000000\n"), "time-sync": Section("no\n")},
            asked_at_s=1000.0,
            clock_at_s=1002.0,
        ),
        Answer({}),
    )

    assert facts.clock
    assert (facts.clock.offset_s, facts.clock.uncertainty_s) == (49.0, 1.0)
    assert facts.clock.synchronised is False


def test_a_clock_whose_synchronisation_is_unknown_is_still_a_clock() -> None:
    """Without timedatectl nobody knows."""
    facts = assemble(Answer({"clock": Section("1050.000000000\n")}), Answer({}))

    assert facts.clock
    assert facts.clock.synchronised is None
    assert "time-sync" in {one.subject for one in facts.unknown}


def answer(texts: Mapping[str, str]) -> Answer:
    """Make the answer that holds *texts*."""
    return Answer({name: Section(text) for name, text in texts.items()})
