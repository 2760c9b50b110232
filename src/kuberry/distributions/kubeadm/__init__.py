"""Kubernetes as its own project sets it up: kubeadm, kubelet, containerd."""
