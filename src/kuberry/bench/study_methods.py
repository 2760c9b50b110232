"""The methods of the study, each with the settings that its documents call fast."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from kuberry.bench.place import Place
from kuberry.bench.unmeasured import output_of

Words = Callable[[Place, Sequence[str]], tuple[str, ...]]
_INSTALL_S = 1200.0
_OURS = Path(__file__).with_name("study_recipe.py")


@dataclasses.dataclass(frozen=True, slots=True)
class Method:
    """One way to prepare hosts.

    Attributes:
        package: What pip installs, with its version; empty for ours.
        recipe: The file whose lines are counted, below bench/peers.
        words: What runs it.
    """

    name: str
    package: str
    recipe: str
    words: Words

    def lines(self, place: Place) -> int:
        """Return the lines of the recipe, without blank ones and remarks."""
        path = place.peers / self.recipe if self.recipe else _OURS
        lines = (line.strip() for line in path.read_text("utf-8").splitlines())
        return sum(bool(line) and not line.startswith("#") for line in lines)

    def install(self, place: Place) -> None:
        """Install it into an environment of its own, kept from run to run.

        Raises:
            CommandFailed: The package index cannot be reached.
        """
        home = _home(place, self.package)
        if not self.package or (home / "installed").exists():
            return
        output_of((sys.executable, "-m", "venv", "--clear", str(home)), deadline_s=_INSTALL_S)
        pip = (str(home / "bin/python"), "-m", "pip", "--disable-pip-version-check")
        output_of((*pip, "install", "--quiet", self.package), deadline_s=_INSTALL_S)
        (home / "installed").touch()


def write_inventories(place: Place, hosts: Sequence[str]) -> None:
    """Write which hosts there are, in the words of those who read that from a file.

    pyinfra knows no HostKeyAlias: it finds the hosts' keys by their addresses.

    Raises:
        KuberryError: There is no lab.
    """
    (place.directory / "hosts").write_text("".join(f"{name}\n" for name in hosts), "utf-8")
    lab = place.lab()
    if lab is None:
        return
    address = {one.name: str(one.address) for one in lab.hosts}
    shared = {
        "ssh_user": "kuberry",
        "ssh_key": str(lab.identity_file),
        "ssh_known_hosts_file": str(lab.known_hosts_file),
        "ssh_strict_host_key_checking": "yes",
        "ssh_allow_agent": False,
        "ssh_look_for_keys": False,
        "site": str(place.site),
    }
    rows = [(name, shared | {"ssh_hostname": address[name]}) for name in hosts]
    text = f"hosts = {rows!r}\n"
    (place.directory / "inventory.py").write_text(text, "utf-8")


def _home(place: Place, package: str) -> Path:
    return place.tools / package.replace("==", "-")


def _kuberry(place: Place, hosts: Sequence[str]) -> tuple[str, ...]:
    words = ("-m", "kuberry.bench.study_recipe", str(place.site), ",".join(hosts))
    return place.kuberry(*words, program=sys.executable)


def _ansible(place: Place, hosts: Sequence[str]) -> tuple[str, ...]:
    home = place.directory / "ansible"
    home.mkdir(exist_ok=True)
    login = f"-F {place.ssh_config} -o ControlMaster=auto -o ControlPersist=60s"
    return (
        "env",
        f"ANSIBLE_CONFIG={place.peers / 'ansible/ansible.cfg'}",
        f"ANSIBLE_HOME={home}",
        f"ANSIBLE_SSH_ARGS={login}",
        f"ANSIBLE_SSH_CONTROL_PATH_DIR={home}",
        f"{_home(place, ANSIBLE)}/bin/ansible-playbook",
        f"--forks={len(hosts)}",
        f"--inventory={place.directory / 'hosts'}",
        f"--extra-vars={json.dumps({'site': str(place.site)})}",
        str(place.peers / "ansible/study.yml"),
    )


def _pyinfra(place: Place, hosts: Sequence[str]) -> tuple[str, ...]:
    program = f"{_home(place, PYINFRA)}/bin/pyinfra"
    how = ("-y", "--sudo", "--no-wait", "--parallel", str(len(hosts)))
    return (program, *how, str(place.directory / "inventory.py"), str(place.peers / _PYINFRA_FILE))


def _clustershell(place: Place, hosts: Sequence[str]) -> tuple[str, ...]:
    clush = f"{_home(place, CLUSTERSHELL)}/bin/clush"
    recipe = str(place.peers / "clustershell/prepare.sh")
    return (recipe, clush, str(place.ssh_config), str(place.site), *hosts)


def _cloudmesh(place: Place, hosts: Sequence[str]) -> tuple[str, ...]:
    python = f"{_home(place, CLOUDMESH)}/bin/python"
    recipe = str(place.peers / "cloudmesh/prepare.py")
    return (
        "env",
        f"HOME={place.directory}",
        python,
        recipe,
        str(place.ssh_config),
        str(place.site),
        *hosts,
    )


ANSIBLE = "ansible-core==2.19.14"
PYINFRA = "pyinfra==3.10.0"
CLUSTERSHELL = "ClusterShell==1.10.1"
CLOUDMESH = "cloudmesh-common==5.0.64"
_PYINFRA_FILE = "pyinfra/prepare.py"
METHODS = (
    Method("kuberry", "", "", _kuberry),
    Method("Ansible", ANSIBLE, "ansible/study.yml", _ansible),
    Method("pyinfra", PYINFRA, _PYINFRA_FILE, _pyinfra),
    Method("ClusterShell", CLUSTERSHELL, "clustershell/prepare.sh", _clustershell),
    Method("cloudmesh-common", CLOUDMESH, "cloudmesh/prepare.py", _cloudmesh),
)
