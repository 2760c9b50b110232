"""Bundles of images for jobs: built where packages changed, added from files, or refused."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.unit.bundles.samples import deb, docker_archive

import made_up as make
from kuberry.actions.image_build import Wanted, add_images, build_image
from kuberry.actions.images import ask_images, with_images
from kuberry.actions.wish import make_wish
from kuberry.bundles import apt
from kuberry.bundles.store import Store
from kuberry.errors import BundleError, UsageError
from kuberry.model.bundle import Bundle, image_names
from kuberry.model.event import AnyEvent

BOTH = Wanted("science", ("python3-pandas",), ("amd64", "arm64"))


class Apt:
    """A stand-in for apt-get, which has one package."""

    def __init__(self, directory: Path) -> None:
        self.file = directory / "dash.deb"
        control = "Package: dash\nVersion: 1\nArchitecture: all\n"
        self.file.write_bytes(deb(control, {"./bin/dash": b"dash"}))
        self.version, self.fetched = "1", 0

    def choose(self, packages: Sequence[str], architecture: str, *_: Any, **__: Any) -> apt.Debs:
        """Choose as `kuberry.bundles.apt.choose_debs` does."""
        assert "python3-pandas" in packages
        return self._debs((f"dash_{self.version}_{architecture}.deb",))

    def _debs(self, files: tuple[str, ...]) -> apt.Debs:
        stand_in = self

        class Debs(apt.Debs):
            def fetch(self) -> tuple[Path, ...]:
                stand_in.fetched += 1
                return (stand_in.file,)

        return Debs(files, (), Path(), "", "")


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Apt:
    """Have apt-get be a stand-in."""
    one = Apt(tmp_path)
    monkeypatch.setattr(apt, "choose_debs", one.choose)
    return one


def test_it_is_built_for_each_processor_and_again_when_a_package_changed(
    store: Store, sources: Apt
) -> None:
    """The same packages cost no second download."""
    said: list[AnyEvent] = []
    first = build_image(store, BOTH, said.append)
    again = build_image(store, BOTH, said.append)
    was = sources.fetched
    sources.version = "2"
    newer = build_image(store, BOTH, said.append)

    assert first.architectures == ("amd64", "arm64")
    assert image_names(first.artifacts) == {"localhost/kuberry/science:1"}
    assert store.faults(first) == ()
    assert (again, was, sources.fetched) == (first, 2, 4)
    assert newer.inputs != first.inputs
    assert any("compiled by each task" in str(one) for one in said)


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (Wanted("science", (), ("riscv64",)), "riscv64"),
        (Wanted("none", ("python3-pandas",), ("amd64",)), "none"),
        (Wanted("No Name", ("python3-pandas",), ("amd64",)), "No Name"),
    ],
)
def test_what_cannot_be_built_is_refused(
    store: Store, sources: Apt, wanted: Wanted, words: str
) -> None:
    """Nothing of it is kept."""
    with pytest.raises((UsageError, BundleError), match=words):
        build_image(store, wanted)
    assert store.names() == ()
    assert sources.fetched <= 1


def test_archives_of_the_users_own_are_added(store: Store, tmp_path: Path) -> None:
    """One for each processor, by the name that is in them."""
    for one in ("amd64", "arm64"):
        (tmp_path / f"{one}.tar").write_bytes(docker_archive(["me/model:3"], one))
    made = add_images(store, "model", [tmp_path / "amd64.tar", tmp_path / "arm64.tar"])

    assert made.architectures == ("amd64", "arm64")
    assert image_names(made.artifacts) == {"docker.io/me/model:3"}


def test_files_that_are_no_images_are_refused(store: Store, tmp_path: Path) -> None:
    """Missing, or of two processors for one place; the name of a Kubernetes is not taken over."""
    archive = tmp_path / "a.tar"
    archive.write_bytes(docker_archive(["me/model:3"], "amd64"))
    store_kubernetes(store)
    for files, name, error in (
        ([tmp_path / "none.tar"], "model", BundleError),
        ([archive, archive], "model", UsageError),
        ([archive], "release", UsageError),
    ):
        with pytest.raises(error):
            add_images(store, name, files)
    assert store.names() == ("release",)


def store_kubernetes(store: Store) -> Bundle:
    """Put a bundle of a Kubernetes into *store*."""
    bundle = make.bundle().model_copy(update={"name": "release", "artifacts": ()})
    with store.writing() as writer:
        writer.publish(bundle)
    return bundle


def test_a_cluster_gets_the_images_it_asked_for(store: Store, tmp_path: Path) -> None:
    """Beside those of Kubernetes; a bundle of a Kubernetes is none of images."""
    kubernetes = store_kubernetes(store)
    archive = tmp_path / "a.tar"
    archive.write_bytes(docker_archive(["me/model:3"], "amd64"))
    add_images(store, "model", [archive])

    both = with_images(make.bundle(), ("model",), store)
    assert image_names(both.artifacts) - image_names(make.bundle().artifacts) == {
        "docker.io/me/model:3"
    }
    with pytest.raises(UsageError, match="no bundle of images"):
        with_images(kubernetes, ("release",), store)
    with pytest.raises(BundleError, match="no bundle of images is called 'nothing'") as caught:
        with_images(kubernetes, ("nothing",), store)
    assert "kuberry image build nothing" in str(caught.value.remedy)


def test_images_are_remembered_until_said_otherwise() -> None:
    """Nothing said leaves them; none said takes them away."""
    wish = ask_images(make_wish(["red"], make.bundle()), ("a", "b", "a"), None)
    plain = make_wish(["red"], make.bundle())

    assert wish.images == ("a", "b")
    assert ask_images(plain, None, wish).images == ("a", "b")
    assert ask_images(plain, (), wish).images == ()
    assert ask_images(plain, ("none",), wish).images == ()
