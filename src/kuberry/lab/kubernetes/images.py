"""The images that kubeadm asks for, made of our own binaries and of Debian's packages."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from kuberry.bundles.complete import repository_word
from kuberry.bundles.imagewrite import Layer, Recipe, write_image
from kuberry.lab.kubernetes import inputs

_BIN = "usr/local/bin"
# What update-alternatives would link when the package is configured.
_IPTABLES = tuple(
    f"{family}{word}" for family in ("iptables", "ip6tables") for word in ("", "-save", "-restore")
)


@dataclasses.dataclass(frozen=True, slots=True)
class Sources:
    """What the images are made of.

    Attributes:
        references: Full name of each image by the last word of its repository.
        programs: The directory of the compiled programs.
        debs: The directory of Debian packages.
        architecture: Debian's word.
    """

    references: Mapping[str, str]
    programs: Path
    debs: Path
    architecture: str


def write_images(into: Path, sources: Sources) -> None:
    """Write one archive for each image into a directory."""
    for name in ("kube-apiserver", "kube-controller-manager", "kube-scheduler"):
        with _image(into, sources, name, command=(name,)) as layer:
            layer.add_file(f"{_BIN}/{name}", sources.programs / name)
    with _image(into, sources, "kube-proxy", command=("kube-proxy",)) as layer:
        _add_debs(layer, sources, inputs.PROXY_PACKAGES)
        for name in _IPTABLES:
            layer.add_link(f"usr/sbin/{name}", _nft_twin(name))
        layer.add_file(f"{_BIN}/kube-proxy", sources.programs / "kube-proxy")
    with _image(into, sources, "etcd", command=("etcd",)) as layer:
        _add_debs(layer, sources, inputs.ETCD_PACKAGES)
    with _image(into, sources, "pause", entrypoint=("/usr/bin/catatonit", "-P")) as layer:
        _add_debs(layer, sources, inputs.PAUSE_PACKAGES)


def references_of(listing: str) -> dict[str, str]:
    """Return the names in the output of ``kubeadm config images list`` by their last word."""
    return {repository_word(line): line for line in listing.split()}


def deb_of(package: str, debs: Path) -> Path:
    """Return the file of *package* in the directory *debs*."""
    return next(iter(sorted(debs.glob(f"{package}_*.deb"))))


def _nft_twin(name: str) -> str:
    family, dash, word = name.partition("-")
    return f"{family}-nft{dash}{word}"


@contextlib.contextmanager
def _image(
    into: Path,
    sources: Sources,
    name: str,
    command: tuple[str, ...] = (),
    entrypoint: tuple[str, ...] = (),
) -> Iterator[Layer]:
    """Give the only layer of the image *name*, and write the image when it is filled."""
    recipe = Recipe(sources.references[name], sources.architecture, command, entrypoint)
    layer_path = into / "layer"
    with contextlib.closing(Layer(layer_path)) as layer:
        yield layer
    write_image(into / f"{name}.tar", recipe, (layer_path,))
    layer_path.unlink()


def _add_debs(layer: Layer, sources: Sources, packages: Iterable[str]) -> None:
    for package in packages:
        layer.add_deb(deb_of(package, sources.debs))
