"""Which k3s this is: two generations differ in what a server answers and writes down."""

from __future__ import annotations

import pkgutil

try:
    _SAID = (pkgutil.get_data(__package__, "release.txt") or b"").decode().split()
except FileNotFoundError:  # not packed: imported by a test
    _SAID = ["v0.0.0+k3s0", "new"]
VERSION = _SAID[0]
HAS_READYZ = _SAID[1] == "new"
"""/v1-k3s/readyz and server/agent-token; k3s-io/k3s@1be7bd2 pkg/server/handlers/router.go."""
