"""What a lab keeps on disk: keys, and for each host a layer over the base root."""

from __future__ import annotations

import os
import shutil
import uuid
from pathlib import Path

from kuberry.lab import base
from kuberry.lab.dress import files, links
from kuberry.lab.inventory import state_file
from kuberry.lab.program import run
from kuberry.model.lab import USER, LabDress, LabHost, LabState

_HOST_KEY = "etc/ssh/ssh_host_ed25519_key"


def disk(lab: LabState, name: str) -> Path:
    """Return the directory of host *name*."""
    return lab.lab_dir / "hosts" / name


def make_lab_dir(lab_dir: Path) -> None:
    """Make *lab_dir* and what is missing above it, for the owner of what is there already.

    The lab is made by root; a user in whose directory it lies shall read it and use its key.
    """
    missing = [path for path in (lab_dir, *lab_dir.parents) if not path.exists()]
    for path in reversed(missing):
        path.mkdir()
        _give(path)
    (lab_dir / "hosts").mkdir(mode=0o700, exist_ok=True)


def _give(path: Path) -> None:
    """Make the owner of the directory of *path* the owner of *path*."""
    owner = path.parent.stat()
    os.chown(path, owner.st_uid, owner.st_gid)


def write_owned(file: Path, text: str, *, mode: int = 0o644) -> None:
    """Write *text* to *file*, whole or not at all, for the owner of its directory."""
    fresh = file.with_name(f"{file.name}.new")
    fresh.write_text(text)
    fresh.chmod(mode)
    _give(fresh)
    fresh.rename(file)


def write_state(lab: LabState) -> None:
    """Remember *lab* in its directory."""
    write_owned(state_file(lab.lab_dir), lab.model_dump_json(indent=2) + "\n")


async def make_login_key(lab: LabState) -> None:
    """Make the key pair that every host of *lab* lets in, where there is none."""
    if not lab.identity_file.exists():
        await _keygen(lab.identity_file, "kuberry lab")
        _give(lab.identity_file)
        _give(lab.identity_file.with_suffix(".pub"))


async def _keygen(file: Path, comment: str) -> None:
    file.unlink(missing_ok=True)
    await run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", str(file))


def write_known_hosts(lab: LabState) -> None:
    """Write the host keys of all hosts of *lab* that have a disk."""
    lines = []
    for host in lab.hosts:
        key = disk(lab, host.name) / "upper" / f"{_HOST_KEY}.pub"
        if key.exists():
            lines.append(f"{host.name},{host.address} {' '.join(key.read_text().split()[:2])}\n")
    write_owned(lab.known_hosts_file, "".join(lines))


async def make_disk(lab: LabState, host: LabHost, root: Path) -> None:
    """Make the disk of *host* over the base *root*, whole or not at all; an existing one stays."""
    finished = disk(lab, host.name)
    if finished.exists():
        return
    unfinished = finished.with_name(f".{host.name}")
    if unfinished.exists():
        shutil.rmtree(unfinished)
    for name in ("upper", "work", "root", "containerd"):
        (unfinished / name).mkdir(parents=True)
    (unfinished / "base").symlink_to(root)
    await _personalize(unfinished / "upper", lab, host)
    if host.shape.dress:
        _dress(unfinished / "upper", host, host.shape.dress)
    unfinished.rename(finished)


async def _personalize(upper: Path, lab: LabState, host: LabHost) -> None:
    """Write what tells *host* from every other."""
    key = upper / _HOST_KEY
    key.parent.mkdir(parents=True)
    (upper / "etc/hostname").write_text(f"{host.name}\n")
    (upper / "etc/machine-id").write_text(f"{uuid.uuid4().hex}\n")
    await _keygen(key, host.name)
    ssh = upper / "home" / USER / ".ssh"
    ssh.mkdir(parents=True)
    authorized = ssh / "authorized_keys"
    authorized.write_text(lab.identity_file.with_suffix(".pub").read_text())
    for path, mode in ((ssh.parent, 0o755), (ssh, 0o700), (authorized, 0o600)):
        path.chmod(mode)
        os.chown(path, base.USER_ID, base.USER_ID)


def _dress(upper: Path, host: LabHost, dress: LabDress) -> None:
    """Write what makes *host* pass itself off as a Raspberry Pi."""
    for name, (mode, text) in files(dress, host.name, host.number).items():
        path = upper / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)
    for name, target in links(dress).items():
        (upper / name).parent.mkdir(parents=True, exist_ok=True)
        (upper / name).symlink_to(target)


def machine_id(lab: LabState, host: LabHost) -> str:
    """Return the machine id of *host*."""
    return (disk(lab, host.name) / "upper/etc/machine-id").read_text().strip()


def hosts_file(lab: LabState, host: LabHost, current: str = "") -> str:
    """Return the text of /etc/hosts of *host*.

    Args:
        current: What stands there; the file is the host's own, so only missing lines are added.
    """
    local = ["127.0.0.1 localhost", "::1 localhost", f"{host.address} {host.name}"]
    others = [f"{one.address} {one.name}" for one in lab.hosts if one.name != host.name]
    lines = current.splitlines()
    return "\n".join([*lines, *(one for one in (*local, *others) if one not in lines), ""])


def remove_disk(lab: LabState, name: str) -> None:
    """Remove the disk of host *name*."""
    for path in (disk(lab, name), disk(lab, f".{name}")):
        if path.exists():
            shutil.rmtree(path)


def remove_lab_files(lab_dir: Path) -> None:
    """Remove everything a lab keeps in *lab_dir*; the memory of the lab goes last."""
    if (lab_dir / "hosts").exists():
        shutil.rmtree(lab_dir / "hosts")
    for name in ("id_ed25519", "id_ed25519.pub", "known_hosts", "known_hosts.old"):
        (lab_dir / name).unlink(missing_ok=True)
    state_file(lab_dir).unlink(missing_ok=True)
    if lab_dir.exists() and not any(lab_dir.iterdir()):
        lab_dir.rmdir()
