"""The sources of packages are those of the made root, with their twins for source packages."""

from __future__ import annotations

from pathlib import Path

import pytest

from kuberry.lab.kubernetes import downloads, images, inputs
from kuberry.lab.kubernetes.phases import Job


def made_root(directory: Path, name: str, text: str) -> Path:
    """Return what looks like a made root with one file of sources."""
    etc = directory / downloads.ROOT / "etc/apt"
    (etc / "sources.list.d").mkdir(parents=True)
    (etc / "sources.list").touch()
    (etc / name).write_text(text)
    return directory


@pytest.mark.parametrize(
    ("name", "text", "wanted"),
    [
        (
            "sources.list",
            "# ours\ndeb [signed-by=/k] http://mirror.example/d bookworm main\n",
            "deb-src [signed-by=/k] http://mirror.example/d bookworm main",
        ),
        (
            "sources.list.d/d.sources",
            "Types: deb\nURIs: http://mirror.example/d\nSuites: bookworm\nComponents: main\n",
            "Types: deb deb-src",
        ),
    ],
)
def test_sources_get_their_twin(tmp_path: Path, name: str, text: str, wanted: str) -> None:
    """Both styles of sources.list(5) are understood; the packages' own line stays."""
    made = made_root(tmp_path / "made", name, text)

    downloads._configure(tmp_path / "apt", made)

    written = (tmp_path / "apt/sources" / Path(name).name).read_text()
    assert wanted in written.splitlines()
    assert "deb " in written


def test_apt_stays_away_from_the_machine(tmp_path: Path) -> None:
    """Lists, state, archives and keys are private; the machine's own are not read or changed."""
    made = made_root(tmp_path / "made", "sources.list", "")

    config = downloads._configure(tmp_path / "apt", made).read_text()

    settings = dict(line.rstrip(";").split(" ", 1) for line in config.splitlines())
    ours = f'"{tmp_path}/'
    for key in ("SourceParts", "Trusted", "TrustedParts", "PreferencesParts"):
        assert settings[f"Dir::Etc::{key}"].startswith(ours)
    for key in ("Dir::State::Lists", "Dir::State::Status", "Dir::Cache", "Dir::Cache::Archives"):
        assert settings[key].startswith(ours)
    assert settings["Dir::Etc::SourceList"] == '"/dev/null"'


def test_images_take_the_names_that_kubeadm_prints() -> None:
    """Tags differ from image to image, and so may registries."""
    listing = "k8s.gcr.io/kube-proxy:v1.20.2\nk8s.gcr.io/coredns/coredns:v1.8.0\n"

    assert images.references_of(listing) == {
        "kube-proxy": "k8s.gcr.io/kube-proxy:v1.20.2",
        "coredns": "k8s.gcr.io/coredns/coredns:v1.8.0",
    }


def test_every_image_package_is_downloaded() -> None:
    """An image cannot ask for a package that nobody fetched."""
    wanted = {*inputs.PROXY_PACKAGES, *inputs.ETCD_PACKAGES, *inputs.PAUSE_PACKAGES}
    assert wanted <= set(inputs.IMAGE_PACKAGES)


async def test_everything_is_built_inside_debian_12(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever this machine is: its Go and its sources are not the build's."""
    asked: list[tuple[str, ...]] = []

    async def run_logged(*words: str, **_: object) -> None:
        asked.append(words)

    monkeypatch.setattr(downloads, "run_logged", run_logged)
    await downloads.make_root(Job(tmp_path, "key", lambda: None), tmp_path / "log")
    ((program, *_, suite, root),) = asked

    assert (program, suite, root) == ("mmdebstrap", "bookworm", str(tmp_path / downloads.ROOT))
    assert "golang-go" in next(one for one in asked[0] if one.startswith("--include="))
