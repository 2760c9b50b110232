"""The study's preparation with cloudmesh-common's parallel ssh: look, send what differs, start.

usage: prepare.py SSH_CONFIG SITE HOST…
"""

import base64
import sys
from pathlib import Path

from cloudmesh.common.Host import Host

config, site, *hosts = sys.argv[1:]
ssh = ["ssh", "-F", config, "{host}"]


def run(names: list[str], words: list[str]) -> set[str]:
    """Run *words* for all hosts at once; return the hosts on which they ended well."""
    if not names:
        return set()
    found = Host.run(hosts=names, command=words, shell=False, processors=len(names))
    return {one["host"] for one in found if one["returncode"] == 0}


sums = base64.b64encode((Path(site) / "SHA256SUMS").read_bytes()).decode()
check = f"cd / && echo {sums} | base64 -d | sha256sum -c --status"
up = "systemctl is-enabled -q study && systemctl is-active -q study"
unpack = "tar -xf /tmp/study.tar -C / --no-same-owner --no-overwrite-dir; rm -f /tmp/study.tar"
start = "systemctl daemon-reload && systemctl enable -q --now study"

same = run(hosts, [*ssh, f"{check} && {up}"])
todo = [one for one in hosts if one not in same]
sent = run(todo, ["scp", "-q", "-F", config, f"{site}/study.tar", "{host}:/tmp/study.tar"])
done = run(sorted(sent), [*ssh, f"sudo sh -c '{unpack}; {check} && {start}'"])
sys.exit(0 if same | done == set(hosts) else 1)
