"""What a pod sees of the cluster: one command in each pod, one pure parser."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from kuberry.facts.probe import Lines
from kuberry.verify.manifests import PAYLOAD_BYTES, PORT

DEADLINE_S = 60.0
SERVICE_S = 8
"""Seconds that a service gets: kube-proxy needs a moment to know it."""

# $1 word, $2 ClusterIP, $3 address of the cluster's DNS or -, then the addresses of other pods.
# Side by side, eight at a time; a second try forgives a server that is not up yet.
_SCRIPT = f"""
word=$1 service=$2 dns=$3; shift 3
echo "word:$word"
size() {{ timeout 3 wget -q -O - "http://$1:{PORT}/payload" 2>/dev/null | wc -c; }}
peer() {{
    n=$(size "$1")
    [ "$n" = {PAYLOAD_BYTES} ] || {{ sleep 0.5; n=$(size "$1"); }}
    small=-
    [ "$n" = {PAYLOAD_BYTES} ] || small=$(timeout 2 wget -q -O - "http://$1:{PORT}/word")
    echo "peer:$1 $n ${{small:--}}"
}}
service() {{
    end=$(($(date +%s) + {SERVICE_S}))
    until answer=$(timeout 2 wget -q -O - "http://$1:{PORT}/word" 2>&1) \\
        || [ "$(date +%s)" -ge "$end" ]; do
        sleep 0.3
    done
    echo "service:$answer"
}}
lookup() {{
    for try in 1 2 3; do
        answer=$(timeout 3 nslookup kubernetes.default.svc.cluster.local "$1" 2>&1) && break
    done
    printf '%s\\n' "$answer" | sed 's/^/dns:/'
}}
service "$service" &
[ "$dns" = - ] || lookup "$dns" &
i=0
for address; do
    peer "$address" &
    i=$((i + 1))
    [ $((i % 8)) -ne 0 ] || wait
done
wait
"""


@dataclasses.dataclass(frozen=True, slots=True)
class Inside:
    """What a pod sees.

    Attributes:
        word: What it was given to say.
        service: What the service answered.
        peers: By address of another pod: how many bytes of the payload came.
        small: Addresses of pods from which a few bytes came, but not the payload.
        dns: What the name server answered; empty when it was not asked.
    """

    word: str
    service: str
    peers: dict[str, int]
    small: frozenset[str]
    dns: str


def words(word: str, service: str, dns: str | None, peers: Sequence[str]) -> tuple[str, ...]:
    """Return the command to run in a pod.

    Args:
        service: Its ClusterIP.
        dns: Address of the cluster's name server; ``None`` when there is none.
        peers: Addresses of the other pods.
    """
    return ("sh", "-c", _SCRIPT, "sh", word, service, dns or "-", *peers)


def read(output: str) -> Inside:
    """Return what *output* of that command says; what is missing in it stays empty."""
    lines = Lines(output)
    rows = [row for line in lines.all("peer") if len(row := line.split()) == 3]  # noqa: PLR2004
    return Inside(
        word=lines.first("word") or "",
        service=lines.first("service") or "",
        peers={row[0]: int(row[1]) for row in rows},
        small=frozenset(row[0] for row in rows if row[2] != "-"),
        dns=" ".join(lines.all("dns")),
    )
