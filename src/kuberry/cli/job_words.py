"""Options of `kuberry job submit`, and the wish they make."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kuberry.errors import UsageError

if TYPE_CHECKING:
    from kuberry.model.job import JobWish

IMAGE = "localhost/kuberry/probe:1"
"""What is on every node: busybox."""
_PYTHON_IMAGE = "localhost/kuberry/science:1"
"""Of `kuberry image build`: what a script in Python gets where nothing is said."""
_LARGEST_BYTES = 900_000
_HELP = "kuberry job submit --help"


class Priority(StrEnum):
    """Who is given room first."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"


NameOption = Annotated[
    str | None, typer.Option("--name", help="Default: the command's, and a few letters.")
]
ImageOption = Annotated[
    str | None,
    typer.Option("--image", help="Default: busybox; for a .py script that of kuberry image build."),
]
ArrayOption = Annotated[
    str | None,
    typer.Option("--array", metavar="FIRST-LAST", help="A task for each; it is $KUBERRY_INDEX."),
]
CpusOption = Annotated[str, typer.Option("--cpus", help="That each task reserves: 2, 500m.")]
MemoryOption = Annotated[str, typer.Option("--memory", help="That each task may use: 512Mi.")]
RetriesOption = Annotated[int, typer.Option("--retries", min=0, help="Of a task that failed.")]
TimeLimitOption = Annotated[
    int | None,
    typer.Option("--time-limit", metavar="SECONDS", min=1, help="For an attempt, once it runs."),
]
PriorityOption = Annotated[Priority, typer.Option("--priority", help="Who is given room first.")]
EnvOption = Annotated[
    list[str] | None, typer.Option("--env", metavar="NAME=VALUE", help="May be repeated.")
]


def stem(words: Sequence[str]) -> str:
    """Return the beginning of a name for a job of *words*."""
    name = re.sub(r"[^a-z0-9]+", "-", Path(words[0]).stem.lower()).strip("-")
    return name[:30].strip("-") or "job"


def wish(
    words: Sequence[str],
    *,
    image: str | None,
    array: str | None,
    env: Sequence[str],
    **rest: Any,
) -> JobWish:
    """Return what the words and options of a line ask for; a file that is named first travels.

    Raises:
        UsageError: One of them makes no sense.
    """
    from pydantic import ValidationError

    from kuberry.model.job import JobWish

    script = _script(Path(words[0]))
    command = words[1:] if script else words
    is_python = script is not None and script["name"].endswith(".py")
    pairs = [one.partition("=") for one in env]
    try:
        return JobWish.model_validate(
            {
                **rest,
                "image": image or (_PYTHON_IMAGE if is_python else IMAGE),
                "command": tuple(command),
                "script": script,
                "array": _array(array) if array else None,
                "env": {name: value for name, _, value in pairs},
            }
        )
    except ValidationError as error:
        first = error.errors()[0]
        option = str(first["loc"][0]).removesuffix("_s").replace("_", "-")
        raise UsageError(f"--{option}: {first['msg']}", remedy=_HELP) from None


def _array(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d{1,5})-(\d{1,5})", text)
    if not found or int(found[1]) > int(found[2]):
        raise UsageError(f"--array {text} is no range", remedy="write --array 1-100")
    return int(found[1]), int(found[2])


def _script(path: Path) -> dict[str, str] | None:
    """Return the script at *path*; ``None`` where there is no file of that name here."""
    if not path.is_file():
        return None
    content = path.read_bytes()
    if len(content) > _LARGEST_BYTES:
        raise UsageError(
            f"{path} has more than {_LARGEST_BYTES} bytes", remedy="put it into an image (--image)"
        )
    try:
        return {"name": path.name, "text": content.decode()}
    except UnicodeDecodeError:
        raise UsageError(
            f"{path} is no text, and only scripts travel with a job",
            remedy="name a program of the image by its whole path, or put it into an image",
        ) from None
