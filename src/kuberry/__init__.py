"""One line turns a list of hosts into a proven Kubernetes cluster."""
