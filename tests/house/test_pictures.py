"""The pictures of the README are there, and are what they say."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PICTURES = re.findall(r"!\[[^]]*\]\(([^)]+)\)", (ROOT / "README.md").read_text("utf-8"))
LARGEST_BYTES = 150_000


def _words(picture: str) -> str:
    text = (ROOT / picture).read_text("utf-8")
    return html.unescape(re.sub(r"<[^>]+>", " ", text)).replace("\xa0", " ")


def test_the_readme_shows_a_deploy_that_proves_itself() -> None:
    """From the line that is typed to the cluster that came of it."""
    assert "docs/pictures/deploy.svg" in PICTURES
    shown = _words("docs/pictures/deploy.svg")
    for word in (
        'kuberry deploy --hosts "red,red[01-02]"',
        "connecting to red,red[01-02]",
        "asking the cluster to prove itself",
        "is a cluster",
    ):
        assert word in shown


@pytest.mark.parametrize("picture", PICTURES)
def test_a_picture_is_small_and_its_own(picture: str) -> None:
    """It asks nobody for a font, and names no directory of the machine it was made on."""
    text = (ROOT / picture).read_text("utf-8")

    assert len(text.encode()) < LARGEST_BYTES
    assert not re.search(r"@font-face|url\([\"']?https?:|href=[\"']https?:|<image", text)
    assert not re.search(r"/(tmp|work|root|home)/", _words(picture))
