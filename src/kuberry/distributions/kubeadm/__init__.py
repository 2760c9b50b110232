"""Kubernetes as its own project sets it up: kubeadm, kubelet, containerd."""

from kuberry.distributions.kubeadm.plan import install
from kuberry.distributions.kubeadm.remove import is_ours, remove
from kuberry.distributions.kubeadm.stop import stop
from kuberry.distributions.traces import forget

__all__ = ["forget", "install", "is_ours", "remove", "stop"]
