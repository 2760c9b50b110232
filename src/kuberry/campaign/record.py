"""Raw data: one record a case, one line a record; every number of the page follows from them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Literal

from kuberry.campaign.case import Case
from kuberry.model.value import Value

RESULTS = "campaign/results"
CAUSES = "campaign/causes.json"
End = Literal["withstood", "healed", "not struck", "failed"]


class LineRun(Value):
    """One line as it ran.

    Attributes:
        words: After the program's name.
        status: Its exit code; minus the signal's number where a signal ended it.
        outcome: As in its report; empty when it gave none.
        said: Of what went wrong, host by host, or what it told people.
    """

    words: tuple[str, ...]
    status: int
    outcome: str = ""
    said: tuple[str, ...] = ()
    seconds: float


class Strike(Value):
    """The fault as it came.

    Attributes:
        host: Whose step was waited for.
        step: Its id.
        steps: How many steps the plan had on all hosts.
        victim: What was struck: a host, all of them, or the controller.
        after_s: Seconds after the step had begun; ``None`` when the fault never came.
        under_way: Steps that had begun and not ended then: ``gold:init``.
        note: What else there is to say of it.
    """

    host: str
    step: str
    steps: int
    victim: str
    after_s: float | None = None
    under_way: tuple[str, ...] = ()
    note: str = ""


class CaseRecord(Value):
    """One case as it was.

    Attributes:
        first: The line that was struck.
        following: The same line again, until it ended with 0; more than once where the lock of
            a dead run was still held, which is told with exit code 7.
        checks: What proved the end: `kuberry verify`, or a look at hosts that were reset.
        reason: Why it failed; else empty.
        versions: By program.
        load: Runnable processes on this machine before it began, mean over a minute.
    """

    schema_version: Literal[1] = 1
    case: Case
    started: datetime
    seconds: float
    strike: Strike
    first: LineRun | None
    following: tuple[LineRun, ...] = ()
    checks: tuple[LineRun, ...] = ()
    end: End
    reason: str = ""
    versions: dict[str, str]
    load: float

    @property
    def name(self) -> str:
        """Return what names the case: ``SEED/NUMBER``."""
        return f"{self.case.seed}/{self.case.number}"

    @property
    def again_s(self) -> float:
        """Return the seconds that the same line took once the cause was gone."""
        return sum(one.seconds for one in self.following)


def read(file: Path) -> tuple[CaseRecord, ...]:
    """Return the records of *file*; none where there is no such file."""
    if not file.exists():
        return ()
    lines = file.read_text("utf-8").splitlines()
    return tuple(CaseRecord.model_validate_json(line) for line in lines)


def read_all(root: Path) -> tuple[CaseRecord, ...]:
    """Return the records of all campaigns of the source tree *root*, by file and line."""
    files: Iterable[Path] = sorted((root / RESULTS).glob("*.jsonl"))
    return tuple(record for file in files for record in read(file))


def read_causes(root: Path) -> dict[str, str]:
    """Return what was found to be the cause of failed cases, by ``SEED/NUMBER``."""
    file = root / CAUSES
    return dict(json.loads(file.read_text("utf-8"))) if file.exists() else {}


def append(file: Path, record: CaseRecord) -> None:
    """Add *record* to *file*."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a", encoding="utf-8") as lines:
        lines.write(record.model_dump_json() + "\n")
