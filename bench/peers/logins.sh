#!/bin/sh
# Log in to all hosts at once, each over a connection of its own, and run `true` there.
#
# usage: logins.sh SSH_CONFIG HOST…
set -u
config=$1
shift
pids=
for host; do
    ssh -F "$config" -o ControlMaster=no -o ControlPath=none "$host" true </dev/null &
    pids="$pids $!"
done
for pid in $pids; do
    wait "$pid" || exit 1
done
