"""Packages on a real host: dpkg interrupted, dpkg busy, digests wrong, and what is recorded."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from kuberry.engine.execute import execute
from kuberry.engine.means import Means
from kuberry.model.bundle import Artifact, Deb
from kuberry.model.connection import ConnectOptions
from kuberry.model.event import ignore
from kuberry.model.host import Host
from kuberry.model.plan import HostPlan, InstallPackages, Plan
from kuberry.model.report import HostReport
from kuberry.transports.pool import connect_all

pytestmark = pytest.mark.integration

RunOn = Callable[..., "subprocess.CompletedProcess[str]"]
Fetch = Callable[[Artifact], Path]


@pytest.fixture
def host(fresh_host: Callable[..., Host]) -> Host:
    """Give a host that is this test's own."""
    return fresh_host()


def _deb(directory: Path, name: str, depends: str = "") -> Deb:
    """Make a package that holds one file."""
    root = directory / name
    (root / "DEBIAN").mkdir(parents=True)
    (root / "opt").mkdir()
    (root / "opt" / name).write_text(name)
    lines = [f"Package: {name}", "Version: 1", "Architecture: all", "Maintainer: t <t@t>"]
    lines += [f"Depends: {depends}"] if depends else []
    (root / "DEBIAN/control").write_text("\n".join([*lines, "Description: test", ""]))
    path = directory / f"{name}.deb"
    subprocess.run(
        ["dpkg-deb", "--build", root, path], check=True, timeout=30, stdout=subprocess.DEVNULL
    )
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    size = path.stat().st_size
    return Deb(name=name, version="1", architecture="any", sha256=digest, size_bytes=size)


@pytest.fixture
def debs(tmp_path: Path) -> tuple[Deb, ...]:
    """Give two packages, the first of which needs the second."""
    return _deb(tmp_path, "kb-one", depends="kb-two"), _deb(tmp_path, "kb-two")


async def _install(host: Host, debs: tuple[Deb, ...], directory: Path) -> HostReport:
    step = InstallPackages(id="packages", title="install", packages=debs)
    plan = Plan(title="test", hosts=(HostPlan(host=host.name, steps=(step,)),))
    async with connect_all([host], ConnectOptions(), ignore) as connections:
        means = Means(
            transports={host.name: connections.transports[0]},
            reconnect={},
            fetch=lambda artifact: directory / f"{artifact.name}.deb",
            emit=ignore,
        )
        return (await execute(plan, means))[0]


INSTALLED = "dpkg-query -W -f '${Package} ${db:Status-Status}\\n' 'kb-*'"


async def test_packages_are_installed_and_recorded(
    host: Host, debs: tuple[Deb, ...], tmp_path: Path, run_on: RunOn
) -> None:
    """Both are installed in whatever order they need; only they are recorded; nothing is left."""
    report = await _install(host, debs, tmp_path)

    assert (report.ending, report.message) == ("done", "")
    assert run_on(host, INSTALLED).stdout == "kb-one installed\nkb-two installed\n"
    assert run_on(host, "sudo cat /var/lib/kuberry/packages").stdout == "kb-one\nkb-two\n"
    assert run_on(host, "sudo ls /var/lib/kuberry/staging").stdout == ""


async def test_what_was_there_is_not_recorded_as_ours(
    host: Host, debs: tuple[Deb, ...], tmp_path: Path, run_on: RunOn
) -> None:
    """A package that the user had before is not ours to remove."""
    await _install(host, debs[1:], tmp_path)
    run_on(host, "sudo rm -r /var/lib/kuberry")
    await _install(host, debs, tmp_path)

    assert run_on(host, "sudo cat /var/lib/kuberry/packages").stdout == "kb-one\n"


async def test_an_interrupted_dpkg_is_put_right(
    host: Host, debs: tuple[Deb, ...], tmp_path: Path, run_on: RunOn
) -> None:
    """A package that was unpacked but not configured is no obstacle, whatever was still to come."""
    await _install(host, debs, tmp_path)
    half = "/^Package: {}$/,/^$/s/^Status: .*/Status: install ok unpacked/"
    for left, gone, again in (("kb-two", "kb-one", debs[:1]), ("kb-one", "kb-two", debs)):
        run_on(host, f"sudo dpkg --purge --force-depends {gone}")
        run_on(host, f"sudo sed -i '{half.format(left)}' /var/lib/dpkg/status")
        there = run_on(host, INSTALLED).stdout.splitlines()
        assert (f"{left} unpacked" in there, f"{gone} installed" in there) == (True, False)

        report = await _install(host, again, tmp_path)

        assert (report.ending, report.message) == ("done", ""), left
        assert run_on(host, INSTALLED).stdout == "kb-one installed\nkb-two installed\n"


HOLD = """sudo setsid python3 -c '
import fcntl, time
file = open("/var/lib/dpkg/lock-frontend", "w")
fcntl.lockf(file, fcntl.LOCK_EX)
open("/run/held", "w").close()
time.sleep(5)
' >/dev/null 2>&1 </dev/null &
until [ -e /run/held ]; do sleep 0.1; done"""


async def test_another_dpkg_at_work_is_waited_for(
    host: Host, debs: tuple[Deb, ...], tmp_path: Path, run_on: RunOn
) -> None:
    """Unattended upgrades at work delay the installation and do not fail it."""
    assert run_on(host, HOLD).returncode == 0
    report = await _install(host, debs, tmp_path)

    assert (report.ending, report.message) == ("done", "")
    assert run_on(host, INSTALLED).stdout == "kb-one installed\nkb-two installed\n"


async def test_a_wrong_digest_stops_before_dpkg(
    host: Host, debs: tuple[Deb, ...], tmp_path: Path, run_on: RunOn
) -> None:
    """When one of them is not what the bundle says, none is installed."""
    path = tmp_path / "kb-two.deb"
    path.write_bytes(path.read_bytes()[:-1] + b"\0\0")
    report = await _install(host, debs, tmp_path)

    assert (report.ending, report.code) == ("failed", "command-failed")
    assert run_on(host, INSTALLED).stdout == ""


async def test_a_missing_dependency_is_named(
    host: Host, debs: tuple[Deb, ...], tmp_path: Path, run_on: RunOn
) -> None:
    """Dpkg's own words say what is missing."""
    report = await _install(host, debs[:1], tmp_path)

    assert report.ending == "failed"
    assert "kb-two" in report.output
