"""Kubernetes as its own project sets it up: kubeadm, kubelet, containerd."""

from kuberry.distributions.kubeadm.plan import install
from kuberry.distributions.kubeadm.remove import forget, is_ours, remove
from kuberry.distributions.kubeadm.stop import stop

__all__ = ["forget", "install", "is_ours", "remove", "stop"]
