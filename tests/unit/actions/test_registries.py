"""What is said of registries becomes part of the wish, or is refused."""

from __future__ import annotations

import pytest

import made_up as make
from kuberry.actions.registries import ask_registries
from kuberry.actions.wish import make_wish
from kuberry.distributions.k3s.configuration import registries
from kuberry.errors import UsageError
from kuberry.model.cluster import Cluster

MIRROR = {"docker.io": ("http://10.0.0.9:5000", "https://second.example")}


def _k3s(version: str = "v1.31.4+k3s1") -> Cluster:
    return make_wish(["red"], make.k3s_bundle(version=version))


def test_mirrors_are_remembered_until_said_otherwise() -> None:
    """Nothing said leaves them; none said takes them away; k3s reads them in their order."""
    wish = ask_registries(_k3s(), MIRROR, embedded=True)

    assert ask_registries(wish, None, embedded=None) == wish
    assert registries(wish).index("10.0.0.9") < registries(wish).index("second.example")
    assert "'*': {}" in registries(wish)
    assert registries(ask_registries(wish, {}, embedded=False)) == ""


@pytest.mark.parametrize(
    ("version", "has_it"),
    [
        ("v1.21.2+k3s1", False),
        ("v1.26.14+k3s1", False),
        ("v1.26.15+k3s1", True),
        ("v1.28.7+k3s1", False),
        ("v1.29.3+k3s1", True),
        ("v1.29.2+k3s1", False),
        ("v1.30.0+k3s1", True),
        ("v1.37.1+k3s1", True),
    ],
)
def test_an_embedded_registry_is_of_new_k3s(*, version: str, has_it: bool) -> None:
    """An older one would end at a flag that it does not know; so it is said before."""
    if has_it:
        assert ask_registries(_k3s(version), None, embedded=True).k3s.embedded_registry
        return
    with pytest.raises(UsageError, match="has no embedded registry"):
        ask_registries(_k3s(version), None, embedded=True)
    assert not ask_registries(_k3s(version), None, embedded=False).k3s.embedded_registry


@pytest.mark.parametrize(
    ("registry", "address"),
    [
        ("docker.io", "10.0.0.9:5000"),
        ("docker.io", ""),
        ("docker.io", "http://"),
        ("docker.io", "http://[::1"),
        ("docker.io", "ftp://10.0.0.9"),
        ("docker.io/library", "http://10.0.0.9"),
        ("", "http://10.0.0.9"),
    ],
)
def test_what_is_no_mirror_is_refused(registry: str, address: str) -> None:
    """Containerd would fail at it on every host, long after."""
    with pytest.raises(UsageError) as caught:
        ask_registries(_k3s(), {registry: (address,)}, embedded=None)
    assert "--mirror docker.io=" in caught.value.remedy


def test_no_password_becomes_part_of_a_wish() -> None:
    """A wish is remembered and printed; the refusal does not quote it either."""
    with pytest.raises(UsageError) as caught:
        ask_registries(_k3s(), {"docker.io": ("https://me:hunter2@10.0.0.9",)}, embedded=None)
    assert "hunter2" not in str(caught.value) + caught.value.remedy


def test_kubeadm_is_told_that_it_has_none() -> None:
    """What would have no effect is not taken."""
    wish = make_wish(["red"], make.bundle())
    for mirrors, embedded in ((MIRROR, None), (None, True)):
        with pytest.raises(UsageError, match="kubeadm has no registries"):
            ask_registries(wish, mirrors, embedded=embedded)
    assert ask_registries(wish, {}, embedded=False) == wish
