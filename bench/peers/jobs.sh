#!/bin/sh
# Apply a file of Jobs with kubectl on the control plane, and wait until all are complete.
#
# usage: jobs.sh SSH_CONFIG HOST FILE
set -eu
on() {
    ssh -F "$1" -o ControlMaster=no -o ControlPath=none "$2" -- "$3"
}
kubectl="sudo kubectl --kubeconfig /etc/kubernetes/admin.conf"
on "$1" "$2" "$kubectl apply -f - >/dev/null" <"$3"
on "$1" "$2" "$kubectl -n kuberry-jobs wait --for=condition=complete --timeout=2400s job --all" \
    >/dev/null </dev/null
