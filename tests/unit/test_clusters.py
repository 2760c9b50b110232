"""What is remembered of deployed clusters."""

from __future__ import annotations

from pathlib import Path

import pytest

from kuberry.clusters import Clusters, check_name, name_of
from kuberry.errors import UsageError
from kuberry.model.cluster import Cluster


def _cluster(name: str) -> Cluster:
    return Cluster(
        name=name,
        hosts=("red", "red01"),
        control_plane="red",
        control_plane_rule="the first",
        version="v1.20.2",
        bundle="lab",
    )


def test_saved_clusters_come_back(tmp_path: Path) -> None:
    """A cluster is found by its name, and the last saved one without."""
    clusters_dir = tmp_path / "clusters"
    clusters = Clusters(clusters_dir)
    clusters.save(_cluster("a"))
    clusters.save(_cluster("b"))

    assert clusters.load("a") == _cluster("a")
    assert clusters.load(None) == _cluster("b")
    assert clusters.names() == ("a", "b")
    assert {path.stat().st_mode & 0o777 for path in clusters_dir.iterdir()} == {0o600}


def test_the_forgotten_one_is_not_the_last(tmp_path: Path) -> None:
    """After forgetting the last one, a name must be given."""
    clusters = Clusters(tmp_path)
    clusters.save(_cluster("a"))
    clusters.save(_cluster("b"))
    clusters.forget("b")

    with pytest.raises(UsageError, match="no cluster was used yet") as caught:
        clusters.load(None)
    assert "a" in caught.value.remedy


def test_without_any_the_remedy_is_to_deploy(tmp_path: Path) -> None:
    """Where none is known, the error shows the line that makes one."""
    with pytest.raises(UsageError) as caught:
        Clusters(tmp_path / "none").load(None)
    assert "kuberry deploy --hosts" in caught.value.remedy


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    """A file that cannot be read is an error with its path, not another cluster."""
    (tmp_path / "a.yaml").write_text("hosts: [")
    with pytest.raises(UsageError, match=r"a\.yaml cannot be read"):
        Clusters(tmp_path).load("a")


@pytest.mark.parametrize("name", ["../x", "A", "", "-a", "a" * 41, "a/b"])
def test_names_are_labels(name: str) -> None:
    """A name that would leave the directory or the DNS is refused."""
    with pytest.raises(UsageError):
        check_name(name)


@pytest.mark.parametrize(
    ("hosts", "name"),
    [
        (("red", "red01", "red02"), "red-red-01-02"),
        (("10.0.0.1",), "10-0-0-1"),
        (("pi@Red:22",), "pi-red-22"),
        (tuple(f"host{n}x{n}" for n in range(30)), "host0x0-host1x1-host2x2-host3x3-h-764ea0"),
    ],
)
def test_the_default_name_is_the_fold(hosts: tuple[str, ...], name: str) -> None:
    """Without a name a cluster is called after its hosts, and that is a good name."""
    assert check_name(name_of(hosts)) == name
