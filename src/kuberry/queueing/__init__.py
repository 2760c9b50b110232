"""Law of this room: jobs on the cluster, by Kubernetes' own engines; the cluster remembers them.

Of hosts it touches only what tasks have left there.
"""
