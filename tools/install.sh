#!/bin/sh
# Set up what kuberry and its tests need: Debian packages where one is missing, then .venv.
# Quick when nothing is to do. As root, or with sudo; without either it goes on as far as it can.
set -eu
cd "$(dirname "$0")/.."

say() { printf '%s\n' "kuberry: $*"; }

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# A program and the package that brings it. The lab needs all but the first two.
missing=""
need() {
    [ -e "$1" ] || missing="$missing $2"
}
command -v make >/dev/null || missing="$missing make"
need /usr/bin/ssh openssh-client
need /usr/bin/systemd-nspawn systemd-container
need /usr/bin/mmdebstrap mmdebstrap
need /usr/sbin/nft nftables
[ -e /usr/sbin/ip ] || need /sbin/ip iproute2
need /usr/share/keyrings/debian-archive-keyring.gpg debian-archive-keyring

stamp=.venv/.installed
wanted=$(cat pyproject.toml requirements/dev.txt "$0" | sha256sum)
if [ -z "$missing" ] && [ -x .venv/bin/kuberry ] && [ "$(cat $stamp 2>/dev/null)" = "$wanted" ]; then
    exit 0
fi

python=""
for candidate in python3.13 python3.12 python3.11 python3; do
    if command -v "$candidate" >/dev/null 2>&1 &&
        "$candidate" -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then
        python=$candidate
        break
    fi
done
[ -n "$python" ] || missing="$missing python3 python3-venv"

if [ -n "$missing" ]; then
    if command -v apt-get >/dev/null && { [ "$(id -u)" = 0 ] || command -v sudo >/dev/null; }; then
        say "installing$missing (usually under a minute)"
        as_root apt-get update -qq
        # shellcheck disable=SC2086 # a list of words
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
    else
        say "missing:$missing; without them the lab cannot run (apt-get install$missing)"
    fi
fi
python=${python:-python3}

say "setting up .venv with $("$python" --version) (usually half a minute)"
[ -x .venv/bin/python ] || "$python" -m venv .venv
.venv/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/dev.txt
.venv/bin/python -m pip install -q --disable-pip-version-check --no-build-isolation --no-deps -e .
printf '%s\n' "$wanted" >$stamp
