"""What hosts and pods answer is read as what it means; hostile answers are no surprise."""

from __future__ import annotations

import re

import pytest

import made_up as make
from asked import seen_inside
from kuberry.errors import CommandFailed, ConnectionLost
from kuberry.model.bundle import PROBE_IMAGE
from kuberry.transports.fake import FakeTransport
from kuberry.verify import host_view, inside, manifests
from kuberry.verify.manifests import Site

ANY = re.compile("")
ANSWER = """\
name:Red01
time:1767323045
process:    1      75
process:  480      31
process:  977       6
record:{"cluster": "shelf", "pod_cidr": "10.244.1.0/24"}
route:default via 10.0.0.254 dev eth0
route:10.0.0.0/24 dev eth0 proto kernel scope link src 10.0.0.2
route:10.244.0.0/24 via 10.0.0.1 dev eth0
api:ok
"""


async def test_a_host_as_its_shell_sees_it() -> None:
    """Name in small letters, networks, gateways, and no problem."""
    seen = await host_view.look(FakeTransport("red01").reply(ANY, stdout=ANSWER))

    assert (seen.node, seen.pod_network, seen.api_problem) == ("red01", "10.244.1.0/24", "")
    assert (seen.up_s, seen.kubelet_s) == (75.0, 6.0)
    assert seen.routes == {
        "default": "10.0.0.254",
        "10.0.0.0/24": "",
        "10.244.0.0/24": "10.0.0.1",
    }


async def test_a_host_without_record_or_answer() -> None:
    """The last line of kubectl's complaint is the reason."""
    text = "name:red\ntime:1\napi:I0101 noise\napi:Unable to connect: i/o timeout\n"
    seen = await host_view.look(FakeTransport("red").reply(ANY, stdout=text))

    assert (seen.pod_network, seen.routes, seen.up_s) == (None, {}, None)
    assert seen.kubelet_s is None
    assert seen.api_problem == "Unable to connect: i/o timeout"


@pytest.mark.parametrize(
    "text", ["", "name:red\n", "name:red\ntime:soon\n", "name:red\ntime:1\nrecord:{\n"]
)
async def test_an_answer_that_makes_no_sense(text: str) -> None:
    """It is an error with the host's name, and no crash."""
    with pytest.raises(CommandFailed) as caught:
        await host_view.look(FakeTransport("red").reply(ANY, stdout=text))
    assert caught.value.host == "red"


async def test_a_connection_that_ends() -> None:
    """It is told as what it is."""
    with pytest.raises(ConnectionLost):
        await host_view.look(FakeTransport("red").fail(ANY, ConnectionLost("gone")))


def test_what_a_pod_sees() -> None:
    """Bytes by peer, those that only small packets reach, and the answers of servers."""
    text = "peer:10.244.0.9 65536 -\nword:w-red\nservice:w-red01\npeer:10.244.2.2 1448 w-red02\n"
    text += "dns:Server: 10.96.0.10\ndns:Address: 10.96.0.1\n"

    assert inside.read(text) == seen_inside(
        word="w-red",
        service="w-red01",
        peers={"10.244.0.9": 65536, "10.244.2.2": 1448},
        small=frozenset({"10.244.2.2"}),
        dns="Server: 10.96.0.10 Address: 10.96.0.1",
    )


@pytest.mark.parametrize("text", ["", "peer:\npeer:10.0.0.1\n", "sh: not found\n"])
def test_what_is_missing_stays_empty(text: str) -> None:
    """A pod that was cut short said nothing."""
    assert inside.read(text) == seen_inside(word="", service="", peers={}, dns="")


def test_the_command_in_a_pod_has_addresses_as_arguments() -> None:
    """Nothing from outside is part of the script's text."""
    words = inside.words("w; reboot", "10.96.0.9", None, ["10.244.0.1"])

    assert words[:2] == ("sh", "-c")
    assert words[4:] == ("w; reboot", "10.96.0.9", "-", "10.244.0.1")
    assert "reboot" not in words[2]


SITE = Site("kuberry-verify-1", "1")
LONG = f"{'a' * 60}.{'b' * 60}.{'c' * 60}"


def test_our_pods_go_anywhere_and_are_pulled_from_nowhere() -> None:
    """No taint, no scheduler, no registry, no credentials, no time to end."""
    spec = manifests.pod(SITE, "red")["spec"]

    assert spec["nodeName"] == "red"
    assert spec["tolerations"] == [{"operator": "Exists"}]
    assert spec["containers"][0]["image"] == PROBE_IMAGE
    assert spec["containers"][0]["imagePullPolicy"] == "Never"
    assert spec["automountServiceAccountToken"] is False
    assert spec["terminationGracePeriodSeconds"] == 0


def test_everything_is_in_the_namespace_of_the_run() -> None:
    """So nothing can be left elsewhere; the namespace can be found again by its label."""
    home, account = manifests.namespace(SITE)
    others = [
        account,
        manifests.pod(SITE, "red"),
        manifests.service(SITE, "red"),
        manifests.rollout(SITE, ["red"]),
        *manifests.claim(SITE, ["red"]),
    ]

    assert manifests.LABEL in home["metadata"]["labels"]
    assert {one["metadata"]["namespace"] for one in others} == {SITE.namespace}


def test_labels_are_short_whatever_nodes_are_called() -> None:
    """A label's value has 63 characters at most, a node's name 253."""
    one, service = manifests.pod(SITE, LONG), manifests.service(SITE, LONG)
    labels = one["metadata"]["labels"]

    assert max(map(len, labels.values())) <= 63
    assert labels.items() >= service["spec"]["selector"].items()
    assert manifests.pod(SITE, f"{LONG}d")["metadata"]["labels"] != labels


def test_a_rollout_is_for_the_nodes_that_live() -> None:
    """Each is a term of its own: matchFields takes one name."""
    spec = manifests.rollout(SITE, ["red", "red01"])["spec"]["template"]["spec"]
    wanted = spec["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]

    assert [term["matchFields"][0]["values"] for term in wanted["nodeSelectorTerms"]] == [
        ["red"],
        ["red01"],
    ]
    assert make.cluster("red").workers == ()
