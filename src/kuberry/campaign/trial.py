"""One case: the line is struck, the cause is taken away, the same line heals, the end is proven."""

from __future__ import annotations

import asyncio
import json
import os
import time
from datetime import UTC, datetime
from pathlib import Path

from kuberry.campaign.aim import Aim, aim
from kuberry.campaign.case import CLUSTER, HOSTS, Case
from kuberry.campaign.faults import Blow, Lift, nothing, spoil, strike
from kuberry.campaign.line import Line, start, type_line
from kuberry.campaign.place import Place
from kuberry.campaign.record import CaseRecord, End, LineRun, Strike
from kuberry.errors import KuberryError, VerifyFailed
from kuberry.lab.program import run
from kuberry.model.plan import Plan

_BUSY = 7
_FREE_WITHIN_S = 90.0
_PROVEN_WITHIN_S = 420.0
"""A kubelet takes no pods for five minutes more once its disk has room again
(kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1, evictionPressureTransitionPeriod).
"""
_PLAN_S = 180.0
_PAUSE_S = 5.0
_LEFT = """sudo sh -c 'for one in /etc/kubernetes /var/lib/kubelet /var/lib/etcd /var/lib/kuberry \
/etc/kuberry /usr/local/bin/kubelet /etc/systemd/system/kubelet.service; do
[ ! -e $one ] || echo "$one is left"; done
for one in kubelet containerd etcd kube-apiserver; do pgrep -x $one || true; done'"""
"""What is looked at from outside, by OpenSSH, when a reset says that nothing is left."""


class Trial:
    """One case under way.

    Args:
        logs: Directory for all that its lines write.
    """

    def __init__(self, place: Place, case: Case, logs: Path) -> None:
        self._place = place
        self._case = case
        self._logs = logs
        self._typed = 0
        self._strike = Strike(host="", step="", steps=0, victim="")
        self._first: LineRun | None = None
        self._following: list[LineRun] = []
        self._checks: list[LineRun] = []

    async def run(self, versions: dict[str, str]) -> CaseRecord:
        """Try the case and return how it went; what goes wrong with it is its reason."""
        started, zero, load = datetime.now(UTC), time.monotonic(), round(os.getloadavg()[0], 2)
        reason = ""
        try:
            await self._struck()
            await self._healed()
            await self._proven()
        except KuberryError as error:
            reason = f"{error.host or 'here'}: {error.message}"
        return CaseRecord(
            case=self._case,
            started=started,
            seconds=round(time.monotonic() - zero, 1),
            strike=self._strike,
            first=self._first,
            following=tuple(self._following),
            checks=tuple(self._checks),
            end=self._end(reason),
            reason=reason,
            versions=versions,
            load=load,
        )

    async def _struck(self) -> None:
        """Run the line, strike it, and take the cause away when it has ended."""
        goal = aim(self._case, *await self._plans())
        if goal is None:
            return
        victim = goal.victim if goal.victim in HOSTS else goal.host
        blow = Blow(self._place, self._case, victim, goal.digest)
        self._strike = Strike(host=goal.host, step=goal.step, steps=goal.steps, victim=goal.victim)
        replace = spoil(blow)
        try:
            lift = await self._break(blow, goal)
        finally:
            await replace()
        await lift()

    async def _break(self, blow: Blow, goal: Aim) -> Lift:
        line = await start(self._place, self._case.line, self._log())
        async with asyncio.TaskGroup() as group:
            striking = group.create_task(self._when_due(blow, line, goal))
            self._first = await line.end()
            if self._strike.after_s is None:
                striking.cancel()
        return nothing if striking.cancelled() else striking.result()

    async def _when_due(self, blow: Blow, line: Line, goal: Aim) -> Lift:
        """Wait for the moment and strike; what cannot be done is noted and fails no case."""
        await line.step(goal.host, goal.step)
        await asyncio.sleep(goal.delay_s)
        if line.is_over:
            return nothing
        under_way = tuple(sorted(line.under_way))
        update = {"after_s": goal.delay_s, "under_way": under_way}
        self._strike = self._strike.model_copy(update=update)
        try:
            return await strike(blow, line)
        except KuberryError as error:
            note = {"after_s": None, "note": f"{error.host or 'here'}: {error.message}"}
            self._strike = self._strike.model_copy(update=note)
            return nothing

    async def _healed(self) -> None:
        """Type the same line until it ends with 0; only a lock that is still held is waited for.

        Raises:
            VerifyFailed: It ended otherwise.
        """
        zero = time.monotonic()
        while True:
            done = await type_line(self._place, self._case.line, self._log())
            self._following.append(done)
            if done.status == 0:
                return
            if done.status != _BUSY or time.monotonic() - zero > _FREE_WITHIN_S:
                said = "; ".join(done.said)
                raise VerifyFailed(f"the same line ended with {done.status}: {said}")
            await asyncio.sleep(_PAUSE_S)

    async def _proven(self) -> None:
        """Have the cluster prove itself, or look at hosts that are to be as they were.

        Raises:
            VerifyFailed: It is not as it has to be.
        """
        if self._case.after == "clean":
            left = [f"{one}: {await self._place.on(one, _LEFT)}" for one in HOSTS]
            found = [one for one in left if one.partition(": ")[2].strip()]
            if found:
                raise VerifyFailed("; ".join(found))
            return
        zero = time.monotonic()
        while True:
            words = ("verify", "--cluster", CLUSTER)
            self._checks.append(await type_line(self._place, words, self._log()))
            last = self._checks[-1]
            if last.status == 0:
                return
            if time.monotonic() - zero > _PROVEN_WITHIN_S:
                raise VerifyFailed(f"verify ended with {last.status}: {'; '.join(last.said)}")
            await asyncio.sleep(_PAUSE_S)

    async def _plans(self) -> tuple[Plan, ...]:
        """Return what the line is about to do: make hosts fit, and what is asked for."""
        words = self._place.kuberry(*self._case.preview, "--output", "json")
        answer = json.loads(await run(*words, deadline_s=_PLAN_S))
        found = (answer.get("prepare"), answer["plan"])
        return tuple(Plan.model_validate(one) for one in found if one)

    def _log(self) -> Path:
        self._typed += 1
        return self._logs / f"{self._typed}"

    def _end(self, reason: str) -> End:
        if reason:
            return "failed"
        if self._strike.after_s is None:
            return "not struck"
        return "withstood" if self._first and self._first.status == 0 else "healed"
