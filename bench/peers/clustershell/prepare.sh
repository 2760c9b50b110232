#!/bin/bash
# The study's preparation with clush and shell: look at all hosts, send what differs, check, start.
#
# usage: prepare.sh CLUSH SSH_CONFIG SITE HOST…
set -u
clush=$1 config=$2 site=$3
shift 3
on() { "$clush" -S -f "$count" -o "-F $config" -w "$@"; }
count=$# hosts=$(IFS=,; echo "$*")
sums=$(base64 -w0 <"$site/SHA256SUMS")
check="cd / && echo $sums | base64 -d | sha256sum -c --status"
up="systemctl is-enabled -q study && systemctl is-active -q study"
said=$(on "$hosts" "if $check && $up; then echo same; else echo other; fi")
status=$?
todo=$(sed -n 's/: other$//p' <<<"$said" | paste -sd, -)
if [ -n "$todo" ]; then
    on "$todo" --copy "$site/study.tar" --dest /tmp/study.tar || status=$?
    unpack="tar -xf /tmp/study.tar -C / --no-same-owner --no-overwrite-dir; rm -f /tmp/study.tar"
    start="systemctl daemon-reload && systemctl enable -q --now study"
    on "$todo" "sudo sh -c '$unpack; $check && $start'" || status=$?
fi
exit "$status"
