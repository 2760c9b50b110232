"""Kubernetes as its own project sets it up: kubeadm, kubelet, containerd."""

from kuberry.distributions.kubeadm.plan import install

__all__ = ["install"]
