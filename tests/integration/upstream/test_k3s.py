"""Bundles of k3s from upstream: the right version, each byte once; what cannot be had is said."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tests.integration.upstream.conftest import Make

from kuberry.api.bundle import upstream_bundle
from kuberry.bundles.imagefile import read_contents
from kuberry.bundles.store import Store
from kuberry.errors import BundleError, UpstreamUnreachable, UsageError
from kuberry.model.bundle import PROBE_IMAGE, Binary, ImageArchive
from kuberry.model.event import AnyEvent, DownloadProgress, Phase
from kuberry.settings import Settings
from mirror import Mirror
from published import K3S, K3S_CHANNELS, channels, k3s_release, publish_k3s, sha256

pytestmark = pytest.mark.integration
PROGRAM = k3s_release(K3S, "k3s-arm64")


async def test_a_channel_becomes_an_exact_version_with_all_its_pieces(
    make: Make, mirror: Mirror, settings: Settings
) -> None:
    """Program, images and our probe are there for each architecture, under upstream's digests."""
    bundle = await make("stable", ("arm64", "armhf"))

    store = Store(settings.bundles_dir)
    assert (bundle.name, bundle.version) == ("k3s-v1.36.3-k3s1", K3S)
    assert store.faults(bundle) == ()
    for architecture, suffix in (("arm64", "-arm64"), ("armhf", "-armhf")):
        pieces = [one for one in bundle.artifacts if one.architecture == architecture]
        assert sorted((one.kind, one.name, one.version) for one in pieces) == [
            ("binary", "k3s", K3S),
            ("image-archive", "k3s-airgap-images", K3S),
            ("image-archive", "probe", "1"),
        ]
        program = next(one for one in pieces if isinstance(one, Binary))
        assert program.sha256 == sha256(mirror.files[k3s_release(K3S, f"k3s{suffix}")])
        assert program.place == "bin"
        archive = next(one for one in pieces if one.name == "k3s-airgap-images")
        assert isinstance(archive, ImageArchive)
        assert archive.packing == "tar.zst"
        assert archive.images == (
            "docker.io/rancher/klipper-lb:v1",
            "docker.io/rancher/mirrored-coredns-coredns:1.14.7",
        )
    assert bundle.architectures == ("arm64", "armhf")


async def test_the_probe_holds_the_busybox_of_its_architecture(
    make: Make, settings: Settings
) -> None:
    """It is pulled with a token as from Docker Hub, and written as our own image."""
    bundle = await make("stable", ("armhf",))

    probe = next(one for one in bundle.artifacts if one.name == "probe")
    contents = read_contents(Store(settings.bundles_dir).blob(probe))
    assert contents is not None
    assert (contents.images, contents.architectures) == ((PROBE_IMAGE,), ("armhf",))


@pytest.mark.parametrize(
    ("published", "taken"),
    [(("tar", "tar.gz", "tar.zst"), "tar.zst"), (("tar", "tar.gz"), "tar.gz"), (("tar",), "tar")],
)
async def test_the_smallest_archive_that_there_is_is_taken(
    make: Make, mirror: Mirror, published: tuple[str, ...], taken: str
) -> None:
    """Older releases have neither zstd nor gzip."""
    mirror.files.clear()
    publish_k3s(mirror, "v1.21.14+k3s1", ("arm64",), published)

    await make("v1.21.14+k3s1")

    assert [one.path.partition("arm64.")[2] for one in mirror.asked if ".tar" in one.path] == [
        taken,
        taken,
    ]


async def test_what_is_there_is_asked_for_nowhere(make: Make, mirror: Mirror) -> None:
    """An exact version that was made once needs no network; for less architectures neither."""
    first = await make(K3S, ("arm64", "amd64"))
    mirror.asked.clear()

    assert await make(K3S, ("arm64",)) == first
    assert mirror.asked == []


async def test_another_architecture_brings_only_what_is_new(make: Make, mirror: Mirror) -> None:
    """What the bundle holds stays in it, for clusters made of it, without a second download."""
    first = await make(K3S, ("arm64",))
    mirror.asked.clear()
    both = await make(K3S, ("amd64",))

    assert both.architectures == ("amd64", "arm64")
    assert set(first.artifacts) < set(both.artifacts)
    assert mirror.gets("k3s-arm64") == []
    assert len(mirror.gets("/k3s")) == 1


async def test_a_bundle_of_ones_own_is_not_written_over(
    make: Make, mirror: Mirror, settings: Settings
) -> None:
    """Of the same name and version, but made by hand: it stays, and the way round is said."""
    bundle = await make(K3S, ("arm64",))
    own = bundle.model_copy(update={"created_from": "my directory"})
    with Store(settings.bundles_dir).writing() as writer:
        writer.publish(own)

    assert await make(K3S, ("arm64",)) == own
    with pytest.raises(BundleError, match="made of my directory, and is not for amd64") as caught:
        await make(K3S, ("amd64",))

    assert "--name" in caught.value.remedy
    assert Store(settings.bundles_dir).load(own.name) == own


async def test_sizes_are_known_before_and_progress_is_told(
    make: Make, mirror: Mirror, events: list[AnyEvent]
) -> None:
    """The sum is said first; of every file the last word is that it is whole."""
    await make(K3S)

    phase = next(one for one in events if isinstance(one, Phase))
    wanted = ("k3s-arm64", "k3s-airgap-images-arm64.tar.zst")
    size = sum(len(mirror.files[k3s_release(K3S, name)]) for name in wanted)
    assert "downloading 4 files" in phase.message
    assert f"{size / (1 << 20):.1f} MiB" in phase.message
    last = {one.file: one for one in events if isinstance(one, DownloadProgress)}
    assert last["arm64/k3s"].bytes_done == last["arm64/k3s"].bytes_total
    assert last["arm64/k3s"].bytes_total == len(mirror.files[PROGRAM])


async def test_a_version_that_is_not_there_names_those_nearest(make: Make) -> None:
    """The channels tell what there is: the neighbours of the minor version, and the stable one."""
    with pytest.raises(UsageError, match=r"no k3s v1\.31\.99") as caught:
        await make("v1.31.99+k3s1")

    assert "stable (v1.36.3+k3s1)" in caught.value.remedy
    assert "v1.30 (v1.30.9+k3s1)" in caught.value.remedy


async def test_a_channel_that_is_not_there_names_those_nearest(make: Make) -> None:
    """A minor version without a channel has no release."""
    with pytest.raises(UsageError, match=r"no channel v1\.99") as caught:
        await make("v1.99")

    assert "v1.36 (v1.36.3+k3s1)" in caught.value.remedy


@pytest.mark.parametrize("word", ["1.36", "v1.36.3", "../../etc", "v1.36.3+k3s1/../x", ""])
async def test_words_that_are_no_version_ask_nobody(make: Make, mirror: Mirror, word: str) -> None:
    """What is no version never becomes part of an address."""
    with pytest.raises(UsageError, match="is no version of k3s"):
        await make(word)

    assert mirror.asked == []


async def test_a_channel_server_cannot_name_paths(make: Make, mirror: Mirror) -> None:
    """A version that is none is as good as no channel."""
    mirror.files[K3S_CHANNELS] = channels(stable="v1.36.3+k3s1/../../../x", latest=K3S)

    with pytest.raises(UsageError, match="no channel stable"):
        await make("stable")


@pytest.mark.parametrize("said", [b"", b"[]", b'{"data": 5}', b'{"data": [1]}', b"<html>"])
async def test_an_unreadable_channel_list_says_so(make: Make, mirror: Mirror, said: bytes) -> None:
    """A proxy's page in its place is no bug of ours."""
    mirror.files[K3S_CHANNELS] = said

    with pytest.raises(BundleError, match="nothing that can be read"):
        await make("stable")


async def test_a_limit_of_the_server_says_when_to_come_back(make: Make, mirror: Mirror) -> None:
    """403 and 429 are refusals, not absence; what has come stays for the next time."""
    archive = k3s_release(K3S, "k3s-airgap-images-arm64.tar.zst")
    mirror.faults[archive] = ["status:403"] * 5
    with pytest.raises(BundleError, match="refused") as caught:
        await make(K3S)
    assert "repeat the command" in caught.value.remedy
    mirror.faults.clear()

    await make(K3S)

    assert len(mirror.gets("k3s-arm64")) == 1


async def test_a_broken_server_is_asked_again(make: Make, mirror: Mirror) -> None:
    """5xx is the server's trouble, and it may pass."""
    mirror.faults[PROGRAM] = ["status:503", "status:500"]

    await make(K3S)

    assert len(mirror.gets("k3s-arm64")) == 3


async def test_offline_says_how_to_go_on(tmp_path: Path) -> None:
    """Nothing answers: the server is named, and the ways round."""
    nobody = Settings(cache_dir=tmp_path, upstream_mirror="http://127.0.0.1:1")

    with pytest.raises(UpstreamUnreachable, match=r"update\.k3s\.io") as caught:
        await upstream_bundle("k3s", "stable", ("arm64",), settings=nobody)

    for word in ("kuberry bundle import", "KUBERRY_UPSTREAM_MIRROR", "HTTPS_PROXY"):
        assert word in caught.value.remedy


async def test_a_program_for_another_machine_is_refused(make: Make, mirror: Mirror) -> None:
    """The bytes themselves tell what they run on, whatever the address says."""
    mirror.files[PROGRAM] = mirror.files[k3s_release(K3S, "k3s")]
    listed = mirror.files[k3s_release(K3S, "sha256sum-arm64.txt")].splitlines()[1:]
    line = f"{sha256(mirror.files[PROGRAM])}  k3s-arm64".encode()
    mirror.files[k3s_release(K3S, "sha256sum-arm64.txt")] = b"\n".join([line, *listed])

    with pytest.raises(BundleError, match="for amd64, not for arm64"):
        await make(K3S)


async def test_a_full_disk_is_said_before_anything_comes(
    make: Make, mirror: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twice the size must be free: once as it comes, once in the bundle."""
    monkeypatch.setattr("shutil.disk_usage", lambda _: shutil._ntuple_diskusage(10, 10, 0))

    with pytest.raises(BundleError, match="has room for 0 MiB"):
        await make(K3S)

    assert mirror.gets("k3s-arm64") == []
