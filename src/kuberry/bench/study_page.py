"""The study's table on the page of base methods: made of the newest raw data, never typed."""

from __future__ import annotations

from pathlib import Path

from kuberry.bench.study_figures import Study, table

_PAGE = "docs/base-methods.md"
_BEGIN, _END = "<!-- study: begin -->\n", "<!-- study: end -->\n"


def newest(root: Path) -> Path | None:
    """Return the newest raw data of a whole study; ``None`` where there are none."""
    return max((root / "bench/results").glob("*-study.json"), default=None)


def load(path: Path) -> Study:
    """Return the study in the file *path*."""
    return Study.model_validate_json(path.read_bytes())


def page(text: str, study: Study, source: str) -> str:
    """Return the page *text* with the table of *study*, whose raw data are in *source*."""
    before, _, rest = text.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    told = f"Begun {study.started:%Y-%m-%d}, commit {study.commit}; raw data: `{source}`.\n\n"
    return f"{before}{_BEGIN}\n{told}{table(study)}\n{_END}{after}"


def write(root: Path) -> None:
    """Write the table of the newest study to the page, where there is one."""
    source, place = newest(root), root / _PAGE
    if source:
        text = page(place.read_text("utf-8"), load(source), f"bench/results/{source.name}")
        place.write_text(text, "utf-8")
