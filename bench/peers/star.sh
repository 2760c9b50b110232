#!/bin/sh
# Copy a file to all hosts at once, each over a connection of its own, as parallel-scp does.
#
# usage: star.sh SSH_CONFIG FILE TARGET HOST…
set -u
config=$1 file=$2 target=$3
shift 3
pids=
for host; do
    scp -q -F "$config" -o ControlMaster=no -o ControlPath=none "$file" "$host:$target" </dev/null &
    pids="$pids $!"
done
for pid in $pids; do
    wait "$pid" || exit 1
done
