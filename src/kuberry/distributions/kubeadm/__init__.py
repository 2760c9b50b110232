"""Kubernetes as its own project sets it up: kubeadm, kubelet, containerd."""

from kuberry.distributions.kubeadm.configuration import ADMIN_CONF
from kuberry.distributions.kubeadm.plan import install
from kuberry.distributions.kubeadm.remove import is_ours, remove
from kuberry.distributions.kubeadm.stop import stop
from kuberry.distributions.traces import forget

__all__ = ["ADMIN_CONF", "forget", "install", "is_ours", "remove", "stop"]
