"""Kubernetes as its own project sets it up: kubeadm, kubelet, containerd."""

from kuberry.distributions.kubeadm.configuration import ADMIN_CONF, LOOK, unit_of
from kuberry.distributions.kubeadm.plan import install
from kuberry.distributions.kubeadm.remove import is_ours, remove
from kuberry.distributions.kubeadm.stop import stop

__all__ = ["ADMIN_CONF", "LOOK", "install", "is_ours", "remove", "stop", "unit_of"]
