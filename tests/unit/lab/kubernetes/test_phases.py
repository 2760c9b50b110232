"""A build goes on where it stopped, and does again only what has changed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from kuberry.lab.kubernetes.phases import Build, Job, Phase
from kuberry.model.event import Event, Notice

NAMES = ("root", "compile", "images", "pack")
NEEDS = {"root": (), "compile": ("root",), "images": ("compile",), "pack": ("compile", "images")}
USES_UP = {"compile": ("root",), "pack": ("images",)}


class Workshop:
    """Four phases that write a file each, and note that they did.

    Attributes:
        done: Names of the phases that were started, in order.
        breaks: The phase that fails in the middle.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.done: list[str] = []
        self.breaks = ""
        self.events: list[Event] = []

    def build(self, inputs: Mapping[str, str] | None = None) -> Build:
        """Return a build; *inputs* says what has changed."""
        phases = [
            Phase(
                name,
                f"doing {name}",
                (inputs or {}).get(name, "first"),
                self._work(name),
                NEEDS[name],
                60.0,
                USES_UP.get(name, ()),
            )
            for name in NAMES
        ]
        return Build(self.directory, phases, self.events.append)

    def _work(self, name: str):  # type: ignore[no-untyped-def]  # noqa: ANN202
        async def work(job: Job) -> None:
            self.done.append(name)
            assert list(job.into.iterdir()) == []
            for other in NEEDS[name]:
                assert (self.directory / other / "made").read_text() == other
            (job.into / "made").write_text(name)
            job.tick()
            if name == self.breaks:
                raise OSError("killed")

        return work

    def said(self) -> list[str]:
        """Return what users were told."""
        return [one.message for one in self.events if isinstance(one, Notice)]


@pytest.fixture
def shop(tmp_path: Path) -> Workshop:
    """Give an empty workshop."""
    return Workshop(tmp_path / "build")


async def test_a_second_run_does_nothing(shop: Workshop) -> None:
    """What is there and made of the same is not made again."""
    await shop.build().run()
    assert shop.done == list(NAMES)

    await shop.build().run()

    assert shop.done == list(NAMES)
    assert shop.build().missing() == ()


@pytest.mark.parametrize("broken", NAMES)
async def test_a_broken_build_goes_on_where_it_stopped(shop: Workshop, broken: str) -> None:
    """Phases that were done are kept; the one that was not starts from nothing."""
    shop.breaks = broken
    with pytest.raises(OSError, match="killed"):
        await shop.build().run()
    before = NAMES.index(broken)
    assert shop.done == list(NAMES[: before + 1])

    shop.breaks, shop.done = "", []
    await shop.build().run()

    assert shop.done == list(NAMES[before:])


async def test_a_change_does_its_followers_again(shop: Workshop) -> None:
    """Only what rests on the changed inputs is done again, with what that needs."""
    await shop.build().run()
    shop.done = []

    await shop.build({"pack": "second"}).run()
    assert shop.done == ["images", "pack"]

    shop.done = []
    await shop.build({"compile": "second", "pack": "second"}).run()
    assert shop.done == ["root", "compile", "images", "pack"]


async def test_what_is_used_up_is_gone(shop: Workshop) -> None:
    """Large results that nobody needs again take no room."""
    await shop.build().run()

    made = {path.name for path in shop.directory.iterdir() if path.is_dir()}
    assert made == {"compile", "pack"}


async def test_the_key_tells_what_was_built(shop: Workshop) -> None:
    """Any input changes the key of the whole; nothing else does."""
    key = shop.build().key
    assert key == Workshop(shop.directory / "elsewhere").build().key

    others = {shop.build({name: "second"}).key for name in NAMES}

    assert len(others | {key}) == len(NAMES) + 1


async def test_progress_counts_what_is_to_do(shop: Workshop) -> None:
    """The first run tells the shipped estimate, the next what this machine took."""
    await shop.build().run()
    first = shop.said()
    assert first[0] == "lab bundle, 1 of 4: doing root; about 4 min left in all"
    shop.events.clear()

    await shop.build({"root": "second"}).run()

    assert shop.said()[0] == "lab bundle, 1 of 4: doing root; about 0 s left in all"


async def test_a_phase_that_takes_longer_says_so(shop: Workshop) -> None:
    """No time is promised that has run out already."""
    shop.directory.mkdir()
    (shop.directory / "seconds.json").write_text('{"root": 0}')

    await shop.build().run()

    late = next(text for text in shop.said() if "longer than" in text)
    assert late.endswith("longer than the 0 s expected; about 3 min for the rest")


async def test_spoilt_memory_of_times_is_forgotten(shop: Workshop) -> None:
    """A file of times that cannot be read costs nothing but the better estimate."""
    shop.directory.mkdir()
    (shop.directory / "seconds.json").write_text("[")

    await shop.build().run()

    assert shop.done == list(NAMES)
