"""kubectl, run on the control plane: it fits the cluster, and needs nothing here."""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Callable, Sequence

from kuberry.distributions import k3s, kubeadm
from kuberry.shell import script
from kuberry.transports.transport import Stdin, Transport

_LONGEST_S = 7 * 24 * 3600.0


@dataclasses.dataclass(frozen=True, slots=True)
class Streams:
    """Where what it reads comes from and what it writes goes.

    Attributes:
        stdin: Gives its standard input where it asks for one; ``None`` means there is none.
        out: Called with each piece of its standard output as it comes.
        err: The same for its standard error.
    """

    stdin: Callable[[], Stdin] | None
    out: Callable[[bytes], None]
    err: Callable[[bytes], None]


# Both outputs come back as pieces of unknown origin, so the lines of standard error get a mark.
# 3 is standard output, 4 takes the exit status past the pipe.
_RUN = """
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
mark=$1 KUBECONFIG=$2
if [ -e "$3" ]; then  # of k3s: what else is called kubectl may be of another version
    KUBECONFIG=$3
    kubectl() { k3s kubectl "$@"; }
fi
shift 3
export KUBECONFIG
exec 3>&1
status=$({ { kubectl "$@" 2>&1 >&3 3>&- 4>&-; echo $? >&4; } | sed -u "s/^/$mark/" >&2; } 4>&1)
exit "$status"
"""


async def kubectl(
    transport: Transport, words: Sequence[str], *, stdin: Stdin, streams: Streams
) -> int:
    """Run kubectl with *words* on the host of *transport* as the cluster's administrator.

    Args:
        stdin: What it reads.
        streams: Where it writes to.

    Returns:
        Its exit status.

    Raises:
        TransportError: It could not be run, or the connection ended in the middle.
    """
    mark = secrets.token_hex(8)
    start = mark.encode()

    def sort(piece: bytes) -> None:
        if piece.startswith(start):
            streams.err(piece.replace(start, b""))
        else:
            streams.out(piece)

    result = await transport.run(
        script(_RUN, mark, kubeadm.ADMIN_CONF, k3s.ADMIN_CONF, *words).as_root(),
        stdin=stdin,
        deadline_s=_LONGEST_S,
        on_output=sort,
    )
    return result.exit_status
