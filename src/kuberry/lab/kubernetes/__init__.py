"""A real Kubernetes for lab hosts, built on this machine from Debian 12's source package."""
