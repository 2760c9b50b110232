#!/bin/sh
# The main job on this machine: three virtual hosts, a real Kubernetes on them, verified.
# make demo DISTRIBUTION=k3s VERSION=latest takes it from upstream, else it is built from Debian's
# sources. make demo KEEP=1 leaves the cluster up; otherwise, and on Ctrl-C, everything is taken down.
set -eu
cd "$(dirname "$0")/.."

hosts="red,red[01-02]"
as_root=""
[ "$(id -u)" = 0 ] || as_root="sudo -E env HOME=$HOME"

bold() { printf '\n\033[1m%s\033[0m\n' "$*"; }
run() {
    bold "\$ kuberry $*"
    # shellcheck disable=SC2086 # nothing, or sudo and its option
    $as_root .venv/bin/kuberry "$@"
}
clean_up() {
    [ "${KEEP:-}" ] || run lab down || true
}
trap clean_up EXIT
trap 'exit 130' INT TERM

began=$(date +%s)
bold "Three hosts of this machine's own: real systemd, real sshd, no way out (seconds; the first time a minute)"
run lab up --hosts "$hosts"
if [ "${DISTRIBUTION:-}" ]; then
    set -- --distribution "$DISTRIBUTION" --version "${VERSION:-stable}"
else
    bold "Kubernetes 1.20.2 from Debian's sources (the first time about 15 minutes, then seconds)"
    run lab bundle
fi
built=$(date +%s)
run deploy --hosts "$hosts" "$@"
deployed=$(date +%s)
run kubectl get nodes -o wide
run verify

bold "A real cluster: deployed in $((deployed - built)) s, hosts and bundle in $((built - began)) s"
if [ "${KEEP:-}" ]; then
    echo "It stays up. Next:"
    echo "    .venv/bin/kuberry kubectl get pods -A"
    echo "    .venv/bin/kuberry deploy          # finds nothing to do"
    echo "    .venv/bin/kuberry lab down        # takes it all away"
else
    echo "Keep it with: make demo KEEP=1. On hosts of your own:"
    echo "    .venv/bin/kuberry hosts setup \"red,red[01-02]\" --user pi"
    echo "    .venv/bin/kuberry status --hosts \"red,red[01-02]\""
    echo "    .venv/bin/kuberry deploy --hosts \"red,red[01-02]\" --bundle NAME --dry-run"
fi
