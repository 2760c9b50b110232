"""From what the user says to the wish."""

from __future__ import annotations

import pytest

import made_up as make
from kuberry.actions.servers import choose_servers
from kuberry.actions.wish import leave_out, make_wish
from kuberry.errors import UsageError
from kuberry.model.cluster import NetworkKind


@pytest.mark.parametrize(
    ("hosts", "chosen", "rule"),
    [
        ("red red01 red02", "red", "the only name without a trailing number"),
        ("red01 red red02", "red", "the only name without a trailing number"),
        ("red01 red02", "red01", "the first host"),
        ("red blue red01", "red", "the first host"),
        ("10.0.0.2 10.0.0.1", "10.0.0.2", "the first host"),
        ("red", "red", "the only name without a trailing number"),
    ],
)
def test_the_rule(hosts: str, chosen: str, rule: str) -> None:
    """The only name without a trailing number is the control plane, else the first host."""
    assert choose_servers(hosts.split(), "k3s") == ((chosen,), rule)


def test_the_user_has_the_first_word() -> None:
    """What the user says wins over the rule."""
    chosen = choose_servers(["red", "red01"], "kubeadm", wanted="red01")
    assert chosen == (("red01",), "as you said")


def test_it_must_be_one_of_the_hosts() -> None:
    """A control plane that is no host is refused with the line that would be right."""
    with pytest.raises(UsageError) as caught:
        choose_servers(["red01", "red02"], "k3s", wanted="red")
    assert "red,red01,red02" in caught.value.remedy


def test_a_cluster_keeps_its_control_plane() -> None:
    """A known cluster's control plane stays, and cannot be moved by saying so."""
    known = make.cluster("red01", "red")

    chosen = choose_servers(["red", "red01"], "kubeadm", known=known)
    assert chosen == (("red01",), "as it was")
    with pytest.raises(UsageError, match="has its control plane on red01, not on red"):
        choose_servers(["red", "red01"], "kubeadm", known=known, wanted="red")


def test_hosts_are_not_dropped_by_leaving_them_out() -> None:
    """A known cluster grows by naming more hosts, and never shrinks by naming fewer."""
    known = make.cluster("red", "red01")

    assert make_wish(["red", "red01", "red02"], make.bundle(), known=known).hosts[-1] == "red02"
    with pytest.raises(UsageError, match="shelf has red01 too") as caught:
        make_wish(["red", "red02"], make.bundle(), known=known)
    assert '"red,red[01-02]"' in caught.value.remedy


def test_a_deploy_changes_neither_version_nor_network() -> None:
    """What a cluster is stays as it is until that is asked for by name."""
    known = make.cluster("red")

    with pytest.raises(UsageError, match=r"runs v1\.20\.2, and the bundle test is v1\.31\.0"):
        make_wish(["red"], make.bundle(version="v1.31.0"), known=known)
    with pytest.raises(UsageError, match="has the network host-gw, not manifest"):
        make_wish(["red"], make.bundle(), known=known, network="manifest")
    assert make_wish(["red"], make.bundle(), network="manifest").network == "manifest"


def test_the_version_is_that_of_the_bundle() -> None:
    """What is installed is what the bundle holds; the name follows from the hosts."""
    wish = make_wish(["red", "red01"], make.bundle(version="v1.31.0"))

    assert (wish.name, wish.version, wish.bundle) == ("red-red01", "v1.31.0", "test")
    assert wish.endpoint == "api.red-red01.kuberry.internal"


def test_the_bundle_says_the_distribution() -> None:
    """k3s has ranges and a network of its own, and they are its defaults."""
    wish = make_wish(["red", "red01"], make.k3s_bundle())

    assert (wish.distribution, wish.network) == ("k3s", "flannel")
    assert (wish.pod_cidr, wish.service_cidr) == ("10.42.0.0/16", "10.43.0.0/16")
    assert make_wish(["red"], make.k3s_bundle(), network="host-gw").network == "host-gw"


@pytest.mark.parametrize(("pieces", "network"), [("k3s", "manifest"), ("kubeadm", "flannel")])
def test_a_network_is_one_of_the_distributions(pieces: str, network: NetworkKind) -> None:
    """Nothing is planned that only the other one can do."""
    bundle = make.k3s_bundle() if pieces == "k3s" else make.bundle()
    with pytest.raises(UsageError, match=f"{pieces} has no network {network}"):
        make_wish(["red"], bundle, network=network)


def test_k3s_brings_what_is_not_left_out() -> None:
    """What was left out stays out until it is said otherwise; kubeadm has none of it."""
    wish = leave_out(make_wish(["red"], make.k3s_bundle()), ("traefik", "traefik"))

    assert wish.k3s.without == ("traefik",)
    assert make_wish(["red"], make.k3s_bundle(), known=wish).k3s.without == ("traefik",)
    assert leave_out(wish, None).k3s.without == ("traefik",)
    assert leave_out(wish, ()).k3s.without == ()
    with pytest.raises(UsageError, match="kubeadm brings no traefik"):
        leave_out(make_wish(["red"], make.bundle()), ("traefik",))


def test_a_deploy_does_not_change_the_distribution() -> None:
    """Even where the version is the same."""
    known = make_wish(["red"], make.k3s_bundle(version="v1.20.2"))
    with pytest.raises(UsageError, match="is of k3s, the bundle test of kubeadm"):
        make_wish(["red"], make.bundle(), known=known)


def test_a_distribution_that_nobody_can_set_up() -> None:
    """It is said, and which ones can be."""
    bundle = make.bundle().model_copy(update={"distribution": "k0s"})
    with pytest.raises(UsageError, match="k0s") as caught:
        make_wish(["red"], bundle)
    assert "kubeadm or k3s" in caught.value.remedy
