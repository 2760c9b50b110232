"""Case after case on the same hosts; after a failed one its evidence is kept, and hosts are new."""

from __future__ import annotations

import platform
import shutil
from collections.abc import AsyncGenerator, Iterable
from pathlib import Path

from kuberry.bench.machine import commit
from kuberry.bundles.store import Store
from kuberry.campaign.case import HOSTS, Case, State, line_to
from kuberry.campaign.line import type_line
from kuberry.campaign.place import Place
from kuberry.campaign.record import CaseRecord
from kuberry.campaign.trial import Trial
from kuberry.errors import CommandFailed, KuberryError
from kuberry.lab import locks
from kuberry.settings import Settings

_JOURNAL = "sudo journalctl --no-pager --output=short-precise --lines=20000"


class Tour:
    """A campaign under way.

    Args:
        directory: For the hosts and all that is gone afterwards.
        root: The source tree.
    """

    def __init__(self, directory: Path, root: Path) -> None:
        self._place = Place(directory)
        self._root = root
        self._lock = directory.with_name(f"{directory.name}.lock")
        self._evidence = Settings().state_dir / "campaign"
        self._state: State | None = None

    async def go(self, cases: Iterable[Case]) -> AsyncGenerator[CaseRecord, None]:
        """Yield what became of each of *cases*.

        Raises:
            KuberryError: Cases cannot be tried here, or an undisturbed line failed.
        """
        async with locks.hold(self._lock, deadline_s=1.0):
            try:
                await self._place.set_up()
                versions = self._versions()
                for case in cases:
                    yield await self._try(case, versions)
            finally:
                await self._place.clear()

    async def _try(self, case: Case, versions: dict[str, str]) -> CaseRecord:
        logs = self._evidence / f"{case.seed}-{case.number}"
        shutil.rmtree(logs, ignore_errors=True)
        logs.mkdir(parents=True)
        if self._state != case.before:
            await self._bring_to(case.before, logs)
        record = await Trial(self._place, case, logs).run(versions)
        self._state = None if record.end == "failed" else case.after
        if record.end == "failed":
            await self._keep(record, logs)
        else:
            shutil.rmtree(logs)
        return record

    async def _bring_to(self, state: State, logs: Path) -> None:
        """Have fresh hosts in *state*.

        Raises:
            CommandFailed: The undisturbed line to it failed.
        """
        self._state = None
        await self._place.fresh()
        if state == "clean":
            return
        words = line_to(state)
        done = await type_line(self._place, words, logs / "before")
        if done.status:
            message = f"{' '.join(words)} failed undisturbed: {'; '.join(done.said)}"
            status = done.status
            raise CommandFailed(message, command="kuberry", exit_status=status, stderr="")

    async def _keep(self, record: CaseRecord, logs: Path) -> None:
        """Keep what tells why the case failed."""
        (logs / "record.json").write_text(record.model_dump_json(indent=1) + "\n", "utf-8")
        journal = self._place.settings.journal_file
        if journal.exists():
            shutil.copy(journal, logs)
        for host in HOSTS:
            try:
                said = await self._place.on(host, _JOURNAL)
            except KuberryError as error:
                said = str(error)
            (logs / f"{host}.log").write_text(said, "utf-8")

    def _versions(self) -> dict[str, str]:
        bundle = Store(self._place.settings.bundles_dir).load("lab")
        return {
            "kuberry": commit(self._root),
            "Kubernetes": bundle.version,
            "Python": platform.python_version(),
            "Linux": platform.release().partition("-")[0],
        }
