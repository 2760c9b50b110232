"""Law of this room: talks to a running cluster, through the transport of its control plane."""
