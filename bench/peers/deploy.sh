#!/usr/bin/env bash
# Make fresh Debian hosts a Kubernetes cluster: kubeadm, containerd, plain routes between the pods.
#
# usage: deploy.sh SITE
#
#   SITE/hosts         one name a line: the control plane first, then the workers
#   SITE/ssh_config    how to log in to them
#   SITE/NAME/packages/, SITE/NAME/programs/, SITE/NAME/images/
#                      files.tar (configuration, from / on) and debs/, bin/, image archives;
#                      each with SHA256SUMS
#   SITE/NAME/kubeadm.yaml
#                      for init or join; @TOKEN@ and @CA_HASH@ are filled in on the way
#
# All hosts are prepared side by side, each over one connection; images travel while packages are
# installed, and workers are prepared while the control plane starts. Nothing is used whose digest
# was not checked on the host. Ends with 0 when every node is Ready.
set -euo pipefail
export LC_ALL=C

site=${1:?usage: deploy.sh SITE}
mapfile -t names <"$site/hosts"
control_plane=${names[0]}
workers=("${names[@]:1}")
began=${EPOCHREALTIME/./}
ignored=Swap,ImagePull,SystemVerification,FileContent--proc-sys-net-bridge-bridge-nf-call-iptables

say() {
    local tenths=$(((${EPOCHREALTIME/./} - began) / 100000))
    printf '%4d.%d  %s\n' $((tenths / 10)) $((tenths % 10)) "$*" >&2
}
on() {
    local host=$1
    shift
    ssh -F "$site/ssh_config" "$host" "$@"
}
# as_root HOST SCRIPT: what the script reads is our standard input
as_root() { on "$1" "sudo sh -euc '${2//\'/\'\\\'\'}'"; }

finish() {
    local host
    for host in "${names[@]}"; do
        ssh -F "$site/ssh_config" -O exit "$host" 2>/dev/null || true
    done
}
trap finish EXIT
trap 'exit 130' INT TERM

connect() { ssh -F "$site/ssh_config" -o ControlMaster=yes -o ControlPersist=yes -fN "$1"; }

receive='
umask 077; mkdir -p /var/lib/setup; cd /var/lib/setup
tar --no-same-owner -xf -
'
# The configuration stands before the packages come, so that containerd starts with it.
install='
cd /var/lib/setup/packages
sha256sum --check --quiet SHA256SUMS
umask 022
tar --no-same-owner -xpf files.tar -C /
modprobe -a -q overlay br_netfilter || true
export DEBIAN_FRONTEND=noninteractive
dpkg --force-confold --install debs/*.deb
sysctl -q -p /etc/sysctl.d/90-kuberry.conf
systemctl daemon-reload
systemctl enable --quiet kubelet
systemctl enable --quiet --now containerd kuberry-routes
rm -r /var/lib/setup/packages
'
programs='
cd /var/lib/setup/programs
sha256sum --check --quiet SHA256SUMS
chmod 755 bin/*
sync bin/*
mv bin/* /usr/local/bin/
rm -r /var/lib/setup/programs
'
images='
cd /var/lib/setup/images
sha256sum --check --quiet SHA256SUMS
for archive in *.tar; do ctr -n k8s.io images import "$archive" >/dev/null; rm "$archive"; done
rm -r /var/lib/setup/images
'

send() { tar -C "$site/$1" -chf - "$2" | as_root "$1" "$receive"; }

prepare() {
    local host=$1 installing
    connect "$host"
    send "$host" packages
    as_root "$host" "$install" </dev/null >/dev/null &
    installing=$!
    send "$host" programs
    as_root "$host" "$programs" </dev/null
    send "$host" images
    wait "$installing"
    say "$host: packages and programs"
    as_root "$host" "$images" </dev/null
    say "$host: prepared"
}

initialise() {
    as_root "$control_plane" "
        umask 077; cat >/run/init.yaml
        kubeadm init --config /run/init.yaml --skip-token-print \
            --ignore-preflight-errors=$ignored --skip-phases=addon/coredns >/dev/null
        rm /run/init.yaml
    " <"$site/$control_plane/kubeadm.yaml"
    say "$control_plane: control plane started"
}

# The token is in no argument list: it reaches the worker through its standard input.
join() {
    local host=$1 token=$2 hash=$3 text
    text=$(<"$site/$host/kubeadm.yaml")
    text=${text//@TOKEN@/$token}
    as_root "$host" "
        umask 077; cat >/run/join.yaml
        kubeadm join --config /run/join.yaml --ignore-preflight-errors=$ignored >/dev/null
        rm /run/join.yaml
    " <<<"${text//@CA_HASH@/$hash}"
    say "$host: joined"
}

# await WHAT PID…: all must have succeeded
await() {
    local what=$1 pid
    shift
    for pid; do
        wait "$pid" || { say "$what failed"; exit 1; }
    done
}

declare -A preparing
for host in "${names[@]}"; do
    prepare "$host" &
    preparing[$host]=$!
done
await "preparing $control_plane" "${preparing[$control_plane]}"
initialise

command=$(as_root "$control_plane" 'kubeadm token create --ttl 10m --print-join-command' </dev/null)
[[ $command =~ --token\ ([^ ]+) ]] && token=${BASH_REMATCH[1]}
[[ $command =~ --discovery-token-ca-cert-hash\ ([^ ]+) ]] && hash=${BASH_REMATCH[1]}
joining=()
for host in "${workers[@]}"; do
    await "preparing $host" "${preparing[$host]}"
    join "$host" "$token" "$hash" &
    joining+=("$!")
done
await "joining" "${joining[@]}"

as_root "$control_plane" '
    export KUBECONFIG=/etc/kubernetes/admin.conf
    kubeadm token list -o jsonpath="{.token}{\"\n\"}" | cut -d . -f 1 | xargs -r -n 1 kubeadm token delete >/dev/null
    kubectl wait --for=condition=Ready nodes --all --timeout=300s >/dev/null
' </dev/null
say "all nodes are Ready"
