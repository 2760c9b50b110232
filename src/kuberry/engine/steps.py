"""One short function per step kind, chosen by match."""

from __future__ import annotations

from typing import assert_never

from kuberry.engine import artifacts, host_state, restore
from kuberry.engine.fanout.arrivals import Arrivals
from kuberry.engine.files import Content, write_files
from kuberry.engine.means import Means
from kuberry.engine.outcome import require
from kuberry.engine.redact import redact
from kuberry.engine.unit import run_as_unit
from kuberry.engine.values import Blocked, Values
from kuberry.errors import CommandFailed, CommandTimeout
from kuberry.model.event import Notice, StepProgress
from kuberry.model.plan import (
    Clear,
    Gate,
    InstallPackages,
    LoadImages,
    PowerOff,
    PutArtifact,
    Reboot,
    RecordState,
    Restore,
    Run,
    SetUnit,
    Step,
    WaitUntil,
    WriteFiles,
)
from kuberry.shell import script
from kuberry.transports.transport import Transport

_NOTICE = "notice: "


class Worker:
    """Does the steps of one host.

    Attributes:
        bytes_sent: Bytes of artifacts sent so far.
    """

    def __init__(
        self, host: str, means: Means, values: Values, arrivals: Arrivals | None = None
    ) -> None:
        self._host = host
        self._means = means
        self._values = values
        self._sources = artifacts.Sources(means.fetch, arrivals)
        self._step_id = ""
        self.bytes_sent = 0

    @property
    def _transport(self) -> Transport:
        return self._means.transports[self._host]

    async def do(self, step: Step) -> None:
        """Do one step.

        Raises:
            KuberryError: It could not be done.
            Blocked: It needs a value of a host that failed.
        """
        self._step_id = step.id
        match step:
            case WriteFiles():
                await self._write_files(step)
            case PutArtifact() | InstallPackages() | LoadImages():
                await artifacts.bring(self._transport, step, self._sources, self._progress)
                self._tell_done(step)
            case Run():
                await self._run(step)
            case Gate():
                await self._gate(step)
            case SetUnit() | WaitUntil() | Reboot() | PowerOff():
                await self._change_state(step)
            case RecordState() | Restore() | Clear():
                await restore.bring_back(self._transport, step)
            case _:
                assert_never(step)

    async def _change_state(self, step: SetUnit | WaitUntil | Reboot | PowerOff) -> None:
        match step:
            case SetUnit():
                await host_state.set_unit(self._transport, step)
            case WaitUntil():
                await self._wait_until(step)
            case Reboot():
                await self._reboot(step)
            case PowerOff():
                await self._power_off(step)
            case _:
                assert_never(step)

    async def _write_files(self, step: WriteFiles) -> None:
        contents = [
            Content(
                path=one.path,
                data=(await self._values.fill(one.content)).encode(),
                mode=one.mode,
                volatile=one.volatile,
            )
            for one in step.files
        ]
        await write_files(self._transport, tuple(contents))

    async def _run(self, step: Run) -> None:
        text = script(step.script, *step.arguments).text
        stdin = await self._values.fill(step.stdin)
        result = await run_as_unit(
            self._transport, step.id, text, stdin=stdin, deadline_s=step.deadline_s
        )
        require(result, f"{step.title} failed", host=self._host)
        self._tell(result.stderr.decode(errors="replace"))
        lines = result.text.splitlines()
        if len(lines) < len(step.captures):
            message = f"{step.title}: it printed {len(lines)} lines, {len(step.captures)} expected"
            raise CommandFailed(message, command=step.id, exit_status=0, stderr="", host=self._host)
        for name, line in zip(step.captures, lines, strict=False):
            self._values.set(name, line)

    def _tell_done(self, step: Step) -> None:
        """Let those go on who wait for images."""
        for name in step.captures if isinstance(step, LoadImages) else ():
            self._values.set(name, "yes")

    def _tell(self, stderr: str) -> None:
        for line in stderr.splitlines():
            if line.startswith(_NOTICE):
                message = redact(line.removeprefix(_NOTICE), self._values.known())
                self._means.emit(Notice(host=self._host, message=message))

    async def _wait_until(self, step: WaitUntil) -> None:
        try:
            await host_state.wait_until(self._transport, step)
        except CommandTimeout as error:
            message = f"{step.title}: not so after {step.deadline_s:.0f} s"
            raise CommandTimeout(message, host=self._host, remedy=error.remedy) from None

    async def _gate(self, step: Gate) -> None:
        try:
            await self._values.get(step.value)
        except Blocked:
            if not step.tolerant:
                raise

    async def _reboot(self, step: Reboot) -> None:
        reconnect = self._means.reconnect[self._host]
        locks = self._means.locks
        held = locks is not None and await locks.release(self._host)
        back = await host_state.reboot(self._transport, step, reconnect)
        self._means.transports[self._host] = back
        if locks is not None and held:
            await locks.take(back)

    async def _power_off(self, step: PowerOff) -> None:
        if self._means.locks is not None:
            await self._means.locks.release(self._host)
        await host_state.power_off(self._transport, step)
        for name in step.captures:
            self._values.set(name, "yes")

    def _progress(self, count: int) -> None:
        self.bytes_sent += count
        self._means.emit(StepProgress(host=self._host, step=self._step_id, bytes_sent=count))
