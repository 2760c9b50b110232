"""The file of a release of Kueue: read, and its controller sized."""

from __future__ import annotations

import copy

import pytest
import yaml

from kuberry.errors import BundleError
from kuberry.queueing import release
from queued import CONTAINER, DEPLOYMENT, crd


def test_the_controller_fits_small_hosts_without_a_registry() -> None:
    """It requests less, may take as much, and takes the image that is there.

    Limits, other containers and other objects stay as they are; so does what was read.
    """
    other = copy.deepcopy(DEPLOYMENT) | {"metadata": {"name": "x", "namespace": "kueue-system"}}
    made, same = release.fitted((DEPLOYMENT, other))
    small, beside = made["spec"]["template"]["spec"]["containers"]

    assert small["resources"]["requests"] == {"cpu": "100m", "memory": "192Mi"}
    assert small["resources"]["limits"] == CONTAINER["resources"]["limits"]
    assert small["imagePullPolicy"] == "IfNotPresent"
    assert beside == {"name": "other"}
    assert same == other
    assert CONTAINER["resources"]["requests"] == {"cpu": "500m", "memory": "512Mi"}


def test_the_versions_of_the_file_are_those_that_it_serves() -> None:
    """Of ClusterQueues, not of another kind."""
    found = release.served(
        (
            DEPLOYMENT,
            crd("topologies", v1alpha1=True),
            crd("clusterqueues", v1beta1=True, v1beta2=True, v1=False),
        )
    )

    assert found == {"v1beta1", "v1beta2"}


def test_a_release_is_read_without_its_empty_documents() -> None:
    """They begin with comments and end with separators."""
    text = f"# a comment\n---\n{yaml.safe_dump(DEPLOYMENT)}---\n"

    assert release.documents(text, "manifests.yaml") == (DEPLOYMENT,)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a: [", "no YAML"),
        ("", "no release of Kueue"),
        ("- a list", "no release of Kueue"),
        ("kind: Deployment\nmetadata: {name: kueue-controller-manager}", "no release of Kueue"),
        ("Not Found", "no release of Kueue"),
    ],
)
def test_another_file_is_refused(text: str, why: str) -> None:
    """A page of an error, a list, the Deployment of somebody else."""
    with pytest.raises(BundleError, match=f"m.yaml is {why}") as error:
        release.documents(text, "m.yaml")

    assert error.value.remedy
