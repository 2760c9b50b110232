"""The phases of the lab bundle, from Debian's source package to a bundle in the cache."""

from __future__ import annotations

import asyncio
import dataclasses
import inspect
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from kuberry.actions.bundle_create import Wanted, create_bundle
from kuberry.bundles import debfile, imagewrite
from kuberry.bundles.store import Store
from kuberry.lab.kubernetes import downloads, images, inputs
from kuberry.lab.kubernetes.confined import run_in_root
from kuberry.lab.kubernetes.phases import Job, Phase, discard
from kuberry.lab.program import run
from kuberry.model.event import Emit

NAME = "lab"
LAST = "pack"
_SYSTEM = "debian-12"
_CPUS_MEASURED = 2
_MEMORY_EACH_BYTES = 1 << 30
_GENERATE_DEADLINE_S = 3600.0
_COMPILE_DEADLINE_S = 14400.0


@dataclasses.dataclass(frozen=True, slots=True)
class Workshop:
    """Where the lab bundle is made.

    Attributes:
        directory: Holds what each phase made, and the log.
        architecture: This machine's, in Debian's word.
    """

    directory: Path
    store: Store
    architecture: str
    emit: Emit

    def phases(self) -> tuple[Phase, ...]:
        """Return what is done, in order; times are those of two cores."""
        slow = _CPUS_MEASURED / _workers()
        code = "".join(_code())
        architecture = self.architecture
        debs = repr((inputs.SUITE, architecture, inputs.HOST_PACKAGES, inputs.IMAGE_PACKAGES))
        # `generate` and `compile` work in the root itself, which nobody needs afterwards.
        worked = ("root", "generate")
        root_inputs = repr((inputs.SUITE, architecture, inputs.ROOT_PACKAGES))
        return (
            Phase("root", "a Debian 12 to build in", root_inputs, self._root, (), 55.0),
            Phase("download", "source and packages", debs, self._download, ("root",), 15.0),
            Phase(
                "generate",
                "generating code",
                inputs.GENERATE,
                self._generate,
                ("root", "download"),
                130.0 * slow,
            ),
            Phase(
                "compile",
                f"compiling Kubernetes {inputs.VERSION}",
                inputs.COMPILE,
                self._compile,
                ("root", "generate"),
                470.0 * slow,
                worked,
            ),
            Phase("images", "images", code, self._images, ("download", "compile"), 10.0),
            Phase(
                LAST,
                "the bundle",
                inputs.CRICTL + code,
                self._pack,
                ("download", "compile", "images"),
                10.0,
                ("images",),
            ),
        )

    async def _root(self, job: Job) -> None:
        await downloads.make_root(job, self._log)

    async def _download(self, job: Job) -> None:
        await downloads.download(job, self.directory / "root", self._log)

    async def _generate(self, job: Job) -> None:
        source = self._made("download") / downloads.SOURCE
        shutil.copytree(source, self._tree / "build/source", dirs_exist_ok=True)
        await run_in_root(
            self._tree,
            *("sh", "-c", inputs.GENERATE),
            log=self._log,
            tick=job.tick,
            deadline_s=_GENERATE_DEADLINE_S,
        )

    async def _compile(self, job: Job) -> None:
        await run_in_root(
            self._tree,
            *("sh", "-c", inputs.COMPILE, "sh", str(_workers())),
            log=self._log,
            tick=job.tick,
            deadline_s=_COMPILE_DEADLINE_S,
        )
        for name in inputs.PROGRAMS:
            (self._tree / "build/out" / name).rename(job.into / name)

    async def _images(self, job: Job) -> None:
        kubeadm = str(self._made("compile") / "kubeadm")
        version = ("--kubernetes-version", inputs.VERSION)
        listing = await run(kubeadm, "config", "images", "list", *version)
        sources = images.Sources(
            references=images.references_of(listing),
            programs=self._made("compile"),
            debs=self._made("download") / downloads.IMAGE_DEBS,
            architecture=self.architecture,
        )
        await asyncio.to_thread(images.write_images, job.into, sources)

    async def _pack(self, job: Job) -> None:
        wanted = Wanted(
            distribution="kubeadm",
            directory=job.into / "bundle",
            name=NAME,
            version=inputs.VERSION,
            created_from=f"Debian 12's source package kubernetes {inputs.SOURCE_VERSION}",
            inputs=job.key,
        )
        await asyncio.to_thread(self._assemble, wanted.directory)
        await asyncio.to_thread(create_bundle, self.store, wanted, self.emit)
        discard(wanted.directory)

    def _assemble(self, directory: Path) -> None:
        """Lay everything out as a user would for `kuberry bundle create`."""
        ours = directory / self.architecture
        for_system = ours / _SYSTEM
        for_system.mkdir(parents=True)
        debs = self._made("download")
        for path in (debs / downloads.HOST_DEBS).glob("*.deb"):
            (for_system / path.name).hardlink_to(path)
        for package in inputs.PROBE_PACKAGES:
            path = images.deb_of(package, debs / downloads.IMAGE_DEBS)
            (ours / path.name).hardlink_to(path)
        for path in self._made("images").glob("*.tar"):
            (ours / path.name).hardlink_to(path)
        for name in inputs.HOST_PROGRAMS:
            (ours / name).hardlink_to(self._made("compile") / name)
        (directory / "crictl").write_text(inputs.CRICTL, "utf-8")

    def _made(self, phase: str) -> Path:
        return self.directory / phase

    @property
    def _tree(self) -> Path:
        return self._made("root") / downloads.ROOT

    @property
    def _log(self) -> Path:
        return self.directory / "build.log"


def _workers() -> int:
    """Return how many packages Go compiles at once: one for each processor and GiB of memory."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return max(1, min(os.cpu_count() or 1, memory // _MEMORY_EACH_BYTES))


def _code() -> Iterator[str]:
    """Give the source of what decides the bytes of images: it is an input like any other."""
    for module in (images, imagewrite, debfile):
        yield inspect.getsource(module)
