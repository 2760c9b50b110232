"""Two lab hosts of the campaign's own, on a disk that can be full, with a cache that can be bad."""

from __future__ import annotations

import dataclasses
import os
import shutil
import sys
from pathlib import Path

from kuberry.api.bundle import lab_bundle
from kuberry.api.lab import lab_down, lab_shell, lab_up
from kuberry.campaign.case import HOSTS
from kuberry.errors import UsageError
from kuberry.lab.inventory import read_state
from kuberry.lab.program import run
from kuberry.model.lab import LabState
from kuberry.settings import Settings

_DISK_BYTES = 16 << 30
_SSH_S = 60.0


@dataclasses.dataclass(frozen=True, slots=True)
class Place:
    """A directory for all that a campaign keeps while it runs.

    Attributes:
        directory: On a real file system; what a killed campaign left there is taken away first.
    """

    directory: Path

    @property
    def settings(self) -> Settings:
        """Return the settings that the program is given."""
        return Settings(
            state_dir=self.directory / "state",
            config_dir=self.directory / "config",
            cache_dir=self.directory / "cache",
            kubeconfig=self.directory / "kubeconfig",
        )

    @property
    def disk(self) -> Path:
        """Return where the file system of all hosts' disks is mounted."""
        return self.settings.lab_dir

    @property
    def lab(self) -> LabState:
        """Return the lab.

        Raises:
            UsageError: There is none.
        """
        found = read_state(self.settings.lab_dir)
        if found is None:
            raise UsageError("the campaign has no lab", remedy="begin it anew")
        return found

    def kuberry(self, *words: str) -> tuple[str, ...]:
        """Return the words that run the program as a user would, in this place."""
        names = ("state_dir", "config_dir", "cache_dir", "kubeconfig")
        where = (f"KUBERRY_{name.upper()}={getattr(self.settings, name)}" for name in names)
        return ("env", *where, sys.executable, "-m", "kuberry", *words)

    async def on(self, host: str, text: str) -> str:
        """Run shell *text* on a host by OpenSSH; return what it wrote.

        Raises:
            CommandFailed: It failed.
            CommandTimeout: It did not end in time.
        """
        words = (*lab_shell(host, settings=self.settings), "--", text)
        return await run(*words, deadline_s=_SSH_S)

    async def set_up(self) -> None:
        """Make the place, and the bundle where it is missing; the hosts come with `fresh`.

        Raises:
            KuberryError: It cannot be had on this machine.
        """
        await self.clear()
        await lab_bundle(settings=Settings())
        self._share(Settings().cache_dir)
        self.disk.mkdir(parents=True)
        image = self.directory / "disk.ext4"
        with image.open("wb") as file:
            os.truncate(file.fileno(), _DISK_BYTES)
        await run("mkfs.ext4", "-q", "-m", "0", str(image))  # root, too, finds it full
        await run("mount", "-o", "loop", str(image), str(self.disk))

    def _share(self, cache: Path) -> None:
        """Give the place a cache whose files can be replaced without harm to the user's *cache*."""
        own = self.settings.cache_dir
        own.mkdir(parents=True)
        (own / "lab").symlink_to(cache / "lab")
        try:
            shutil.copytree(cache / "bundles", own / "bundles", copy_function=os.link)
        except (OSError, shutil.Error):  # another file system
            shutil.rmtree(own / "bundles")
            shutil.copytree(cache / "bundles", own / "bundles")

    async def fresh(self) -> None:
        """Have hosts that nobody has touched, and no memory of others.

        Raises:
            KuberryError: They do not come up.
        """
        await self._no_lab()
        await lab_up(",".join(HOSTS), settings=self.settings)

    async def _no_lab(self) -> None:
        await lab_down(settings=self.settings)
        shutil.rmtree(self.settings.clusters_dir, ignore_errors=True)
        self.settings.kubeconfig.unlink(missing_ok=True)

    async def clear(self) -> None:
        """Take everything away, hosts first."""
        if self.directory.exists():
            await self._no_lab()
        while self.disk.is_mount():
            await run("umount", str(self.disk))
        shutil.rmtree(self.directory, ignore_errors=True)
