"""Downloads as people see them: one line that moves, one that stays for each file."""

from __future__ import annotations

import io

from rich.console import Console

from kuberry.cli.render.board import Board
from kuberry.cli.render.progress import Lines
from kuberry.model.event import DownloadProgress, Phase

MIB = 1 << 20


def coming(done: int, total: int | None, file: str = "arm64/k3s") -> DownloadProgress:
    """Make the news of bytes."""
    return DownloadProgress(file=file, bytes_done=done, bytes_total=total, rate_bytes_s=3 * MIB)


def drawn(board: Board) -> str:
    """Return what a terminal shows."""
    paper = Console(file=io.StringIO(), record=True, width=100, force_terminal=True)
    paper.print(board)
    return paper.export_text()


def test_the_picture_says_what_comes_how_far_and_how_fast() -> None:
    """File, bytes of all bytes, rate; without a size the bytes alone."""
    board = Board(lambda: 0.0)
    board.take(Phase(name="download", message="k3s: downloading 4 files"))
    board.take(coming(12 * MIB, 60 * MIB))

    assert "downloading arm64/k3s: 12/60 MiB, 3.0 MiB/s" in drawn(board)

    board.take(coming(13 * MIB, None))

    assert "downloading arm64/k3s: 13 MiB, 3.0 MiB/s" in drawn(board)


def test_lines_are_for_files_that_are_whole() -> None:
    """Half a file is no line, nor is a small part of an image."""
    paper = io.StringIO()
    lines = Lines(Console(file=paper, width=100), lambda: 0.0)
    for event in (
        coming(12 * MIB, 60 * MIB),
        coming(60 * MIB, 60 * MIB),
        coming(1000, 1000, "pause:3.10"),
    ):
        lines.take(event)

    assert paper.getvalue().split("  ", 2)[-1].strip() == "arm64/k3s is here (60.0 MiB)"
