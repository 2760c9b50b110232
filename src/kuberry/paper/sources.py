"""The raw data of the source tree that the report is made of."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from kuberry.bench.figures import BenchRun
from kuberry.bench.study_figures import Study
from kuberry.campaign.record import RESULTS, CaseRecord, read_all, read_causes

_BENCH = "bench/results"


@dataclasses.dataclass(frozen=True, slots=True)
class Sources:
    """All that was measured; ``None`` and empty stand for what was not.

    Attributes:
        bench: The newest full run of the benchmarks.
        earlier: Full runs before that one, by file.
        study: The newest run of the study of base methods.
        records: Every case of the campaign.
        causes: What was found out about cases that failed, by their names.
        files: The files all this comes from, relative to the source tree.
    """

    bench: BenchRun | None = None
    earlier: dict[str, BenchRun] = dataclasses.field(default_factory=dict)
    study: Study | None = None
    records: tuple[CaseRecord, ...] = ()
    causes: dict[str, str] = dataclasses.field(default_factory=dict)
    files: tuple[str, ...] = ()


def sources_of(root: Path) -> Sources:
    """Read the raw data of the source tree *root*.

    Raises:
        ValueError: A file does not hold what it should.
    """
    runs = sorted((root / _BENCH).glob("*-full.json"))
    read = {one.name: BenchRun.model_validate_json(one.read_bytes()) for one in runs}
    study = max((root / _BENCH).glob("*-study.json"), default=None)
    files = [*runs, *((study,) if study else ())]
    files += sorted((root / RESULTS).glob("*.jsonl"))
    return Sources(
        bench=read.pop(runs[-1].name) if runs else None,
        earlier=read,
        study=Study.model_validate_json(study.read_bytes()) if study else None,
        records=read_all(root),
        causes=read_causes(root),
        files=tuple(one.relative_to(root).as_posix() for one in files),
    )
