"""What comes from Debian: the build's root, the source package, packages for hosts and images.

Which servers that means is decided by mmdebstrap and this machine's own configuration alone.
"""

from __future__ import annotations

from pathlib import Path

from kuberry.errors import LabUnavailable
from kuberry.lab.kubernetes import inputs
from kuberry.lab.kubernetes.confined import run_logged
from kuberry.lab.kubernetes.phases import Job

ROOT = "root"
SOURCE = "source"
HOST_DEBS = "host-debs"
IMAGE_DEBS = "image-debs"
_STATUS = "essential.status"
_DEADLINE_S = 900.0


async def make_root(job: Job, log: Path) -> None:
    """Make the Debian 12 in which Kubernetes is compiled, with the list of essential packages.

    Raises:
        CommandFailed: mmdebstrap failed.
        CommandTimeout: It did not end in time.
    """
    await run_logged(
        *("mmdebstrap", "--mode=root", "--variant=minbase"),
        f"--include={','.join(inputs.ROOT_PACKAGES)}",
        f'--essential-hook=cp "$1/var/lib/dpkg/status" "$1/../{_STATUS}"',
        *(inputs.SUITE, str(job.into / ROOT)),
        log=log,
        tick=job.tick,
        deadline_s=_DEADLINE_S,
    )


async def download(job: Job, made: Path, log: Path) -> None:
    """Fetch source and packages with this machine's apt and the sources of the made root.

    Args:
        made: What `make_root` made.

    Raises:
        CommandFailed: apt-get failed.
        CommandTimeout: It did not end in time.
        LabUnavailable: Debian's source package has become another version.
    """
    config = _configure(job.into / "apt", made)
    steps = (
        (".", ("update",)),
        (SOURCE, ("source", "--download-only", "kubernetes")),
        (HOST_DEBS, ("install", "--download-only", "--yes", *inputs.HOST_PACKAGES)),
        (IMAGE_DEBS, ("download", *inputs.IMAGE_PACKAGES)),
    )
    for folder, words in steps:
        (job.into / folder).mkdir(exist_ok=True)
        await run_logged(
            *("env", f"APT_CONFIG={config}", "LC_ALL=C.UTF-8", "apt-get", "--quiet=2", *words),
            log=log,
            tick=job.tick,
            deadline_s=_DEADLINE_S,
            cwd=job.into / folder,
        )
    for deb in (job.into / "apt" / "archives").glob("*.deb"):
        deb.rename(job.into / HOST_DEBS / deb.name)
    if not list((job.into / SOURCE).glob(f"*{inputs.SOURCE_VERSION}*.dsc")):
        raise LabUnavailable(f"Debian's source package is no longer {inputs.SOURCE_VERSION}")


def _configure(home: Path, made: Path) -> Path:
    """Write a configuration that keeps apt away from the machine's own state (apt.conf(5))."""
    for folder in ("lists/partial", "archives/partial", "sources", "empty"):
        (home / folder).mkdir(parents=True)
    etc = made / ROOT / "etc/apt"
    for file in (etc / "sources.list", *sorted((etc / "sources.list.d").iterdir())):
        if file.is_file():
            (home / "sources" / file.name).write_text(_with_source(file), "utf-8")
    settings = {
        "Dir::Etc::SourceList": "/dev/null",
        "Dir::Etc::SourceParts": home / "sources",
        "Dir::Etc::Trusted": etc / "trusted.gpg",
        "Dir::Etc::TrustedParts": etc / "trusted.gpg.d",
        "Dir::Etc::Preferences": "/dev/null",
        "Dir::Etc::PreferencesParts": home / "empty",
        "Dir::State::Lists": home / "lists",
        "Dir::State::Status": made / _STATUS,
        "Dir::Cache": home,
        "Dir::Cache::Archives": home / "archives",
        "APT::Install-Recommends": "false",
        "APT::Sandbox::User": "root",
        "Acquire::Languages": "none",
        "Debug::NoLocking": "true",
    }
    config = home / "apt.conf"
    config.write_text("".join(f'{key} "{value}";\n' for key, value in settings.items()), "utf-8")
    return config


def _with_source(file: Path) -> str:
    """Return the sources in *file*, each with its twin for source packages (sources.list(5))."""
    lines = file.read_text("utf-8").splitlines()
    if file.suffix == ".sources":
        return "\n".join("Types: deb deb-src" if one == "Types: deb" else one for one in lines)
    twins = [one.replace("deb", "deb-src", 1) for one in lines if one.startswith("deb ")]
    return "\n".join((*lines, *twins, ""))
