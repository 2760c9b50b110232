"""Deploy a real Kubernetes on virtual hosts of this machine, from Python.

Needs root and what `kuberry lab` needs. The first time it builds the lab's hosts and Kubernetes
from Debian's sources, which takes about a quarter of an hour; then a minute or two.

    sudo .venv/bin/python examples/deploy_lab.py "red,red[01-02]"
"""

import asyncio
import sys

import kuberry


def show(event: kuberry.AnyEvent) -> None:
    """Print what happens: any plain function can listen."""
    match event:
        case kuberry.StepFinished(host=host, title=title, duration_s=seconds):
            print(f"  {host}: {title} ({seconds:.1f} s)")
        case kuberry.Notice(message=message) | kuberry.Phase(message=message):
            print(f"  {message}")


async def main(hosts: str) -> int:
    """Bring hosts up, make them a cluster, print how it ended, take them down."""
    await kuberry.lab_up(hosts, emit=show)
    try:
        report = await kuberry.deploy(hosts, emit=show)
    finally:
        await kuberry.lab_down()
    for host in report.hosts:
        print(f"{host.host}: {host.ending} {host.message}")
    print(f"{report.cluster.name}: {report.outcome} in {report.duration_s:.0f} s")
    print(f"kuberry runs show {report.run} tells it again")
    return 0 if report.outcome in {"done", "unchanged"} else 1


if __name__ == "__main__":
    expression = sys.argv[1] if len(sys.argv) > 1 else "red"
    try:
        sys.exit(asyncio.run(main(expression)))
    except kuberry.KuberryError as error:  # says what happened and what to do next
        sys.exit(str(error))
