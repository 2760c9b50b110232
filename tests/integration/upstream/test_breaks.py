"""Every break on the way of a download: gone on with, begun anew, or refused."""

from __future__ import annotations

import os
import time

import pytest
from tests.integration.upstream.conftest import Make

from kuberry.bundles.store import Store
from kuberry.errors import BundleError, UpstreamUnreachable
from kuberry.settings import Settings
from mirror import Mirror, serving
from published import K3S, k3s_release, sha256

pytestmark = pytest.mark.integration
PROGRAM = k3s_release(K3S, "k3s-arm64")


async def test_a_cut_connection_is_gone_on_with(make: Make, mirror: Mirror) -> None:
    """Each try asks for the rest only, as often as anything comes."""
    mirror.faults[PROGRAM] = ["cut"] * 5

    await make(K3S)

    size = len(mirror.files[PROGRAM])
    firsts = [int((one.range or "bytes=0-")[6:-1]) for one in mirror.gets("k3s-arm64")]
    assert firsts[:3] == [0, size // 2, size // 2 + (size - size // 2) // 2]
    assert firsts == sorted(firsts)
    assert len(firsts) == 6


async def test_a_server_without_range_starts_again(
    make: Make, mirror: Mirror, settings: Settings
) -> None:
    """What came before is thrown away, not doubled."""
    mirror.faults[PROGRAM] = ["cut", "no-range"]

    bundle = await make(K3S)

    assert Store(settings.bundles_dir).faults(bundle) == ()
    assert [one.range is None for one in mirror.gets("k3s-arm64")] == [True, False]


async def test_a_server_that_always_breaks_off_is_given_up(make: Make, mirror: Mirror) -> None:
    """Without Range the same half comes again and again: that is no progress."""
    mirror.faults[PROGRAM] = ["cut", *["cut-no-range"] * 20]

    with pytest.raises(UpstreamUnreachable):
        await make(K3S)

    assert len(mirror.gets("k3s-arm64")) == 5


@pytest.mark.parametrize("fault", ["other", "shorter"])
async def test_other_bytes_than_announced_are_refused(
    make: Make, mirror: Mirror, settings: Settings, fault: str
) -> None:
    """Another digest or length: the file is named, and nothing of it is kept anywhere."""
    mirror.faults[PROGRAM] = [fault] * 20

    with pytest.raises((BundleError, UpstreamUnreachable), match="k3s-arm64"):
        await make(K3S)

    digest = sha256(mirror.files[PROGRAM])
    assert Store(settings.bundles_dir).names() == ()
    assert not list(settings.cache_dir.rglob(f"{digest}*"))


async def test_the_digest_decides_where_a_length_is_wrong(make: Make, mirror: Mirror) -> None:
    """A server that announces more than it has is broken; its bytes are right all the same."""
    mirror.faults[PROGRAM] = ["longer"] * 20

    bundle = await make(K3S)

    program = next(one for one in bundle.artifacts if one.kind == "binary")
    assert program.size_bytes == len(mirror.files[PROGRAM])


async def test_a_part_that_went_bad_on_disk_is_fetched_anew(
    make: Make, mirror: Mirror, settings: Settings
) -> None:
    """Bytes of an earlier run count only if the whole has the right digest."""
    digest = sha256(mirror.files[PROGRAM])
    settings.downloads_dir.mkdir(parents=True)
    (settings.downloads_dir / f"{digest}.part").write_bytes(b"\xff" * 1000)

    bundle = await make(K3S)

    assert Store(settings.bundles_dir).faults(bundle) == ()
    assert [one.range for one in mirror.gets("k3s-arm64")] == ["bytes=1000-", None]


async def test_a_part_longer_than_the_file_is_fetched_anew(
    make: Make, mirror: Mirror, settings: Settings
) -> None:
    """The server has no such range; the file is asked for from its start."""
    content = mirror.files[PROGRAM]
    settings.downloads_dir.mkdir(parents=True)
    (settings.downloads_dir / f"{sha256(content)}.part").write_bytes(content + b"more")

    bundle = await make(K3S)

    assert Store(settings.bundles_dir).faults(bundle) == ()
    assert [one.range is None for one in mirror.gets("k3s-arm64")] == [False, True]


async def test_parts_that_nobody_wants_any_more_go(make: Make, settings: Settings) -> None:
    """A part of last week may be gone on with; one that is a month old may not."""
    settings.downloads_dir.mkdir(parents=True)
    for name, days in (("a" * 64, 7), ("b" * 64, 31)):
        part = settings.downloads_dir / f"{name}.part"
        part.write_bytes(b"x")
        then = time.time() - days * 86400
        os.utime(part, (then, then))

    await make(K3S)

    assert [one.name for one in settings.downloads_dir.glob("*.part")] == [f"{'a' * 64}.part"]


async def test_downloads_leave_nothing_behind(make: Make, settings: Settings) -> None:
    """Once the bundle has the bytes, the directory of downloads holds its lock alone."""
    await make(K3S)

    assert [one.name for one in settings.downloads_dir.iterdir()] == ["lock"]


async def test_redirects_lead_to_other_hosts(make: Make, mirror: Mirror) -> None:
    """As GitHub does: the release's address leads to another server, with the range kept."""
    with serving(Mirror()) as other:
        other.files["asset"] = mirror.files[PROGRAM]
        mirror.faults[PROGRAM] = [f"redirect:{other.url}/asset"] * 3
        other.faults["asset"] = ["cut"]

        await make(K3S)

    assert len(other.gets("asset")) == 2
    assert other.gets("asset")[1].range is not None


@pytest.mark.parametrize(
    "target", ["http://192.0.2.1/x", "ftp://127.0.0.1/x", "file:///etc/passwd"]
)
async def test_redirects_into_the_open_are_not_followed(
    make: Make, mirror: Mirror, target: str
) -> None:
    """Nothing is fetched in the clear from another machine, nor by any other way."""
    mirror.faults[PROGRAM] = [f"redirect:{target}"] * 20

    with pytest.raises(BundleError, match="not safe to follow"):
        await make(K3S)


async def test_a_circle_of_redirects_ends(make: Make, mirror: Mirror) -> None:
    """The server is named that sends us round."""
    mirror.faults[PROGRAM] = [f"redirect:{mirror.url}/{PROGRAM}".replace("+", "%2B")] * 20

    with pytest.raises(BundleError, match="without end"):
        await make(K3S)
