"""Ansible, made as quick as it can be, on hosts that were made ready for it."""

from __future__ import annotations

import json
import re
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from kuberry.bench.figures import Sample
from kuberry.bench.place import Place
from kuberry.bench.stopwatch import measure
from kuberry.bench.unmeasured import output_of
from kuberry.bundles.apt import fetch_deb
from kuberry.bundles.store import Store
from kuberry.errors import CommandFailed
from kuberry.model.bundle import ImageArchive

_DEADLINE_S = 1200.0
_VERSION = "2.19"
_INTERPRETER = re.compile(r"Python (3\.\d+)\.")
_CHANGED = re.compile(r"\bchanged=(\d+)")


class Ansible:
    """A playbook that prepares the hosts of a place with what lies in its site."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._home = place.directory / "ansible"
        self._venv = place.tools / f"ansible-{_VERSION}"

    def set_up(self, hosts: Sequence[str]) -> None:
        """Install Ansible where it is missing, give the hosts what it needs, and run it once.

        Raises:
            KuberryError: One of that cannot be done.
        """
        self._install()
        self._home.mkdir(exist_ok=True)
        (self._home / "inventory").write_text("".join(f"{name}\n" for name in hosts), "utf-8")
        self._write_variables(hosts)
        bring_python(self._place, hosts)
        first = self.measure()
        if first.fault:
            raise CommandFailed(first.fault, command="ansible-playbook", exit_status=1, stderr="")

    def measure(self) -> Sample:
        """Measure a run; one that changed anything does not count."""
        done = measure(self._words(), deadline_s=_DEADLINE_S)
        fault = done.sample.fault or fault_of(done.stdout)
        return done.sample.model_copy(update={"fault": fault})

    def version(self) -> str:
        """Return the version that is installed; empty before it is."""
        program = self._venv / "bin/ansible"
        return output_of((str(program), "--version")).splitlines()[0] if program.exists() else ""

    def _words(self) -> tuple[str, ...]:
        book = self._place.peers / "ansible"
        login = f"-F {self._place.ssh_config} -o ControlMaster=auto -o ControlPersist=60s"
        return (
            "env",
            f"ANSIBLE_CONFIG={book / 'ansible.cfg'}",
            f"ANSIBLE_HOME={self._home}",
            f"ANSIBLE_SSH_ARGS={login}",
            f"ANSIBLE_SSH_CONTROL_PATH_DIR={self._home}",
            str(self._venv / "bin/ansible-playbook"),
            f"--inventory={self._home / 'inventory'}",
            f"--extra-vars=@{self._home / 'variables.json'}",
            str(book / "prepare.yml"),
        )

    def _install(self) -> None:
        if (self._venv / "bin/ansible-playbook").exists():
            return
        output_of((sys.executable, "-m", "venv", str(self._venv)))
        pip = (str(self._venv / "bin/python"), "-m", "pip", "--disable-pip-version-check")
        words = (*pip, "install", "--quiet", f"ansible-core~={_VERSION}.0")
        output_of(words, deadline_s=_DEADLINE_S)

    def _write_variables(self, hosts: Sequence[str]) -> None:
        site = self._place.site
        bundle = Store(self._place.settings.bundles_dir).load("lab")
        archives = [one for one in bundle.artifacts if isinstance(one, ImageArchive)]
        images = {
            host: {
                one.name: one.images
                for one in archives
                if (site / host / "images" / f"{one.name}.tar").exists()
            }
            for host in hosts
        }
        text = json.dumps({"site": str(site), "images": images})
        (self._home / "variables.json").write_text(text, "utf-8")


def bring_python(place: Place, hosts: Sequence[str]) -> None:
    """Give the hosts Python's whole library: they have python3-minimal, Ansible wants more.

    Raises:
        KuberryError: That cannot be done.
    """
    version = _INTERPRETER.match(place.on(hosts[0], "python3 --version"))
    architecture = place.on(hosts[0], "dpkg --print-architecture").strip()
    if version is None:
        raise CommandFailed("no Python", command="python3", exit_status=1, stderr="")
    with tempfile.TemporaryDirectory(dir=place.directory) as directory:
        package = f"libpython{version[1]}-stdlib"
        deb = fetch_deb(package, architecture, Path(directory)).read_bytes()
    for host in hosts:
        place.on(host, "cat >/tmp/it.deb && sudo dpkg-deb -x /tmp/it.deb /", stdin=deb)


def fault_of(output: str) -> str:
    """Return why a re-run that wrote *output* does not count; empty when it does."""
    changed = [int(number) for number in _CHANGED.findall(output)]
    if not changed:
        return "Ansible told of no host"
    return f"Ansible changed {sum(changed)} things" if any(changed) else ""
