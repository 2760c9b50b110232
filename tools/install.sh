#!/bin/sh
# Set up what kuberry and its tests need: Debian packages where one is missing, then .venv.
# Quick when nothing is to do. As root, or with sudo; without either it goes on as far as it can.
set -eu
cd "$(dirname "$0")/.."

say() { printf '%s\n' "kuberry: $*"; }

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}
can_install=""
if command -v apt-get >/dev/null && { [ "$(id -u)" = 0 ] || command -v sudo >/dev/null; }; then
    can_install=yes
fi

# A file and the package that brings it; the lab needs all of them.
missing=""
need() {
    [ -e "$1" ] || missing="$missing $2"
}
need /usr/bin/ssh openssh-client
need /usr/bin/systemd-nspawn systemd-container
need /usr/bin/mmdebstrap mmdebstrap
need /usr/sbin/nft nftables
[ -e /usr/sbin/ip ] || need /sbin/ip iproute2
# The tests of the page and its pictures have a browser look at it; Ubuntu has it in a snap alone,
# and then these tests say that they did not run.
case " $* " in
    *" test "* | *" integration "* | *" e2e "* | *" docs "*)
        ! grep -qsE '^ID=(debian|raspbian)$' /etc/os-release || need /usr/bin/chromium chromium ;;
esac
need /usr/share/keyrings/debian-archive-keyring.gpg debian-archive-keyring

# The place is part of it: programs in .venv name their Python by its whole path.
stamp=.venv/.installed
wanted=$({ cat pyproject.toml requirements/dev.txt "$0"; pwd; } | sha256sum)
if [ "$(cat $stamp 2>/dev/null)" = "$wanted" ] && .venv/bin/python -c '' 2>/dev/null; then
    [ -n "$missing" ] && [ -n "$can_install" ] || exit 0
fi

find_python() {
    for candidate in python3.13 python3.12 python3.11 python3; do
        command -v "$candidate" >/dev/null 2>&1 || continue
        "$candidate" -c '
import sys, venv, ensurepip
sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null || continue
        echo "$candidate"
        return
    done
}
[ -n "$(find_python)" ] || missing="$missing python3 python3-venv"

if [ -n "$missing" ] && [ -n "$can_install" ]; then
    say "installing$missing (usually under a minute)"
    as_root apt-get update -qq
    # Another apt at work, such as unattended upgrades on a fresh machine, is waited for.
    # shellcheck disable=SC2086 # a list of words
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
        --no-install-recommends -o DPkg::Lock::Timeout=600 $missing >/dev/null
elif [ -n "$missing" ]; then
    say "missing:$missing; without them the lab cannot run (apt-get install$missing)"
fi

python=$(find_python)
if [ -z "$python" ]; then
    say "Python 3.11 to 3.13 with venv is needed; python3 here is: $(python3 --version 2>&1 || true)"
    exit 1
fi
say "setting up .venv with $("$python" --version) (usually half a minute)"
.venv/bin/python -m pip --version >/dev/null 2>&1 || "$python" -m venv --clear .venv
.venv/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/dev.txt
.venv/bin/python -m pip install -q --disable-pip-version-check --no-build-isolation --no-deps -e .
printf '%s\n' "$wanted" >$stamp
