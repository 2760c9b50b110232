"""Hosts dressed as Raspberry Pis are made fit: their cards are edited, and the kernel proves it."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kuberry.actions.look import look_at_all
from kuberry.api.lab import lab_down, lab_power, lab_shell, lab_status, lab_up
from kuberry.distributions.seen import Seen
from kuberry.engine.execute import execute
from kuberry.engine.lock import Locks
from kuberry.engine.means import Means
from kuberry.model.connection import ConnectOptions
from kuberry.model.event import Emit, Event, StepStarted, ignore
from kuberry.model.host import Host
from kuberry.model.lab import UNDER_DRESS, LabDress, LabShape
from kuberry.model.operator import Operator
from kuberry.model.plan import HostPlan, Plan, Reboot, Restore
from kuberry.model.preparation import Preparation, Prepared
from kuberry.model.report import HostReport
from kuberry.platforms import prepare
from kuberry.platforms.command_line import ENABLE
from kuberry.settings import Settings
from kuberry.transports.pool import Connections, connect_all
from one_cluster import own_settings

pytestmark = [pytest.mark.integration, pytest.mark.timeout(960)]

DRESSES: dict[str, LabDress] = {
    "pi12": "raspberry-pi-os-12",
    "pi13": "raspberry-pi-os-13",
    "ab": "ubuntu-26.04",
}
CARD = "/boot/firmware"
_KEEP = "sudo sh -c 'rm -rf /root/card; cp -a /boot /root/card; cp -a /etc/cloud /root/card/cloud'"
_PUT_BACK = """sudo sh -c '
rm -rf /boot/* /var/lib/kuberry /etc/cloud /usr/local/lib/kuberry-lab/firmware/stubborn
cp -a /root/card/. /boot/
mv /boot/cloud /etc/cloud
'"""

Shell = Callable[[Host, str], str]
Board = Callable[[str], Host]


@pytest.fixture(scope="module")
def boards(lab_machine: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Give a lab of three boards that the tests of this file share."""
    settings = own_settings(tmp_path_factory.mktemp("boards"))
    try:
        for name, dress in DRESSES.items():
            shape = LabShape(os=UNDER_DRESS[dress], dress=dress)
            asyncio.run(lab_up(name, shape=shape, settings=settings))
            _run(settings, name, f"sudo mkdir -p /etc/cloud; {_KEEP}")
        yield settings
    finally:
        asyncio.run(lab_down(settings=settings))


@pytest.fixture
def board(boards: Settings) -> Iterator[Board]:
    """Give a function that returns a board by name; its card is put back after the test."""
    used: list[str] = []

    def give(name: str) -> Host:
        used.append(name)
        return asyncio.run(lab_up(name, settings=boards)).lab.login(name)

    yield give
    for name in used:
        asyncio.run(lab_up(name, settings=boards))
        _run(boards, name, _PUT_BACK)
        asyncio.run(lab_power(name, "reboot", settings=boards))


@pytest.fixture
def shell(boards: Settings) -> Shell:
    """Give a function that runs shell text on a board by OpenSSH and returns what it printed."""
    return lambda host, text: _run(boards, host.name, text)


def _run(settings: Settings, name: str, text: str) -> str:
    words = (*lab_shell(name, settings=settings), "--", text)
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=True)
    return done.stdout


async def _seen(connections: Connections) -> dict[str, Seen]:
    locks = Locks(Operator(who="me", command="test", run="1"), ignore)
    transports = {one.host.name: one for one in connections.transports}
    sight = await look_at_all(transports, locks)
    assert sight.failures == {}
    return sight.seen


def look(*hosts: Host) -> dict[str, Seen]:
    """Return what is seen of *hosts*."""

    async def look_() -> dict[str, Seen]:
        async with connect_all(hosts, ConnectOptions()) as connections:
            return await _seen(connections)

    return asyncio.run(look_())


def planned(*hosts: Host, wish: Preparation | None = None) -> Prepared:
    """Return what prepares *hosts* as they are now."""
    return prepare(look(*hosts), wish or Preparation())


def do(plan: Plan, *hosts: Host, emit: Emit = ignore) -> tuple[HostReport, ...]:
    """Execute *plan* as a deploy does."""

    async def do_() -> tuple[HostReport, ...]:
        async with connect_all(hosts, ConnectOptions()) as connections:
            means = Means(
                transports={one.host.name: one for one in connections.transports},
                reconnect={
                    host.name: lambda host=host: connections.reconnect(host)  # type: ignore[misc]
                    for host in hosts
                },
                fetch=lambda _artifact: Path("/nowhere"),
                emit=emit,
            )
            return await execute(plan, means)

    return asyncio.run(do_())


def prepared(*hosts: Host, wish: Preparation | None = None) -> None:
    """Prepare *hosts* and say what went wrong, if anything did."""
    reports = do(planned(*hosts, wish=wish).plan, *hosts)
    assert [(one.host, one.message) for one in reports if not one.ok] == []


def has_memory(host: Host) -> bool:
    """Return whether the memory controller of *host* is on, as a deploy sees it."""
    cgroups = look(host)[host.name].facts.cgroups
    assert cgroups is not None
    return cgroups.memory


def test_memory_comes_on_and_the_card_can_be_put_back(board: Board, shell: Shell) -> None:
    """One edit and one boot; a second time nothing is to do; decoys stay; bytes come back."""
    host = board("pi12")
    card = (
        f"sudo sh -c 'cd /boot && stat -c \"%a %n\" *.txt {CARD}/*.txt && cat *.txt {CARD}/*.txt'"
    )
    before, decoys = shell(host, card), shell(host, "cat /boot/*.txt")
    assert not has_memory(host)

    prepared(host)

    assert has_memory(host)
    assert shell(host, "cat /proc/cmdline").split()[-1] == ENABLE
    assert shell(host, "cat /boot/*.txt") == decoys
    again = planned(host)
    assert again.plan.is_empty
    assert again.obstacles == ()

    restore = Restore(id="files", title="put the files back", what="files")
    do(Plan(title="back", hosts=(HostPlan(host=host.name, steps=(restore,)),)), host)
    assert shell(host, card) == before


def test_of_two_slots_the_live_one_is_edited_and_survives_a_trial(
    board: Board, shell: Shell
) -> None:
    """New boot files wait: the boot is double, and the promoted copy asks for memory, too."""
    host = board("ab")
    stage = f"cd {CARD}; cp -a current new; echo unknown >new/state"
    shell(host, f"sudo sh -c '{stage}'")
    left_over = shell(host, f"cat {CARD}/cmdline.txt")
    assert not has_memory(host)

    prepared(host)

    assert has_memory(host)
    assert shell(host, f"cat {CARD}/cmdline.txt") == left_over
    assert shell(host, f"cat {CARD}/current/state; ls {CARD}") == (
        "good\ncmdline.txt\nconfig.txt\ncurrent\nmeta-data\nnetwork-config\nold\nuser-data\n"
    )
    assert planned(host).plan.is_empty


@pytest.mark.campaign
def test_two_lines_become_one(board: Board, shell: Shell) -> None:
    """Somebody put the word on a line of its own; what was never read does not come into force."""
    host = board("pi13")
    more = f"echo {ENABLE} root=/dev/sda2 >>{CARD}/cmdline.txt"
    shell(host, f"sudo sh -c '{more}'")
    assert not has_memory(host)

    prepared(host)

    (line,) = shell(host, f"cat {CARD}/cmdline.txt").splitlines()
    assert line.split()[-1] == ENABLE
    assert "root=/dev/sda2" not in line
    assert has_memory(host)


def test_a_kernel_without_the_controller_is_reported_and_nothing_is_edited_twice(
    board: Board, shell: Shell, boards: Settings
) -> None:
    """The word is there, the kernel ignores it: no further word, no further boot."""
    host = board("pi12")
    edit = f"sed -i s/$/\\ {ENABLE}/ {CARD}/cmdline.txt"
    shell(host, f"sudo sh -c '{edit}; touch /usr/local/lib/kuberry-lab/firmware/stubborn'")
    asyncio.run(lab_power(host.name, "reboot", settings=boards))
    before = shell(host, f"cat {CARD}/cmdline.txt")

    found = planned(host)

    assert found.plan.is_empty
    assert [(name, code) for name, code, _ in found.obstacles] == [("pi12", "KB205")]
    assert shell(host, f"cat {CARD}/cmdline.txt") == before


@pytest.mark.campaign
def test_a_kernel_that_ignores_the_word_fails_its_proof(board: Board, shell: Shell) -> None:
    """That is not known before the boot; the step that fails says what to do."""
    host = board("pi12")
    shell(host, "sudo touch /usr/local/lib/kuberry-lab/firmware/stubborn")

    (report,) = do(planned(host).plan, host)

    assert (report.ending, report.failed_step) == ("failed", "prove the memory controller")
    assert "full-upgrade" in report.message


_KILLED = """
import sys
sys.path[:0] = sys.argv[2:]
import test_prepare_on_hosts as test
from kuberry.model.event import StepStarted
from kuberry.model.host import Host

host = Host.model_validate_json(sys.argv[1])

def emit(event):
    if isinstance(event, StepStarted) and event.step == "prepare-boot":
        print("boots", flush=True)

test.do(test.planned(host).plan, host, emit=emit)
"""
TESTS = Path(__file__).parents[2]


def boot_id(settings: Settings, host: Host) -> str | None:
    """Return the boot id of *host* from outside, as soon as it begins to boot."""
    status = asyncio.run(lab_status(settings=settings))
    assert status is not None
    return next(one.boot_id for one in status.hosts if one.host.name == host.name)


def test_a_controller_killed_during_the_boot_finds_all_done(
    board: Board, shell: Shell, boards: Settings
) -> None:
    """The boot goes on without it; the same line then writes nothing again."""
    host = board("pi13")
    before = boot_id(boards, host)
    places = (str(Path(__file__).parent), str(TESTS / "shared"))
    words = (sys.executable, "-c", _KILLED, host.model_dump_json(), *places)
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as controller:
        assert controller.stdout is not None
        assert controller.stdout.readline() == "boots\n"
        while boot_id(boards, host) in {before, None}:
            assert controller.poll() is None
        controller.kill()
    asyncio.run(lab_up(host.name, settings=boards))

    assert has_memory(host)
    assert planned(host).plan.is_empty


@pytest.mark.campaign
def test_a_run_that_ended_before_the_boot_only_boots(board: Board, shell: Shell) -> None:
    """The edit is there already: it is not made again, and the proof is."""
    host = board("pi13")
    (plan,) = planned(host).plan.hosts
    until = next(number for number, one in enumerate(plan.steps) if isinstance(one, Reboot))
    do(Plan(title="cut", hosts=(HostPlan(host=host.name, steps=plan.steps[:until]),)), host)
    edited = shell(host, f"stat -c '%i %y' {CARD}/cmdline.txt")

    found = planned(host)
    (again,) = found.plan.hosts
    reports = do(found.plan, host)

    assert [one.id for one in again.steps] == ["prepare-boot", "memory-proof"]
    assert [one.ok for one in reports] == [True]
    assert shell(host, f"stat -c '%i %y' {CARD}/cmdline.txt") == edited
    assert has_memory(host)


def test_cloud_init_and_clones_are_undone_in_the_same_boot(board: Board, shell: Shell) -> None:
    """The second of two equal cards gets an id of its own; both keep their names and files."""
    first, second = board("pi12"), board("pi13")
    own = shell(first, "cat /etc/machine-id").strip()
    shell(second, f"echo {own} | sudo tee /etc/machine-id")
    shell(second, f"sudo sed -i s/hostname:.*/hostname:\\ raspberrypi/ {CARD}/user-data")
    boots: list[str] = []

    def emit(event: Event) -> None:
        if isinstance(event, StepStarted) and event.step == "prepare-boot":
            boots.append(event.host)

    reports = do(
        planned(first, second, wish=Preparation(new_machine_ids=True)).plan,
        first,
        second,
        emit=emit,
    )

    assert [(one.host, one.ok) for one in reports] == [("pi12", True), ("pi13", True)]
    assert sorted(boots) == ["pi12", "pi13"]
    assert shell(first, "cat /etc/machine-id").strip() == own
    new = shell(second, "cat /etc/machine-id").strip()
    assert len(new) == 32
    assert new != own
    assert "preserve_hostname: true" in shell(second, "cat /etc/cloud/cloud.cfg.d/99-kuberry.cfg")
    assert "update_etc_hosts" not in shell(second, "cat /etc/cloud/cloud.cfg")
    assert planned(first, second, wish=Preparation(new_machine_ids=True)).plan.is_empty
