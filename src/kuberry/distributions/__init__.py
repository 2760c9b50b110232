"""Law of this room: (wish, what was seen, bundle) → plan; knows Kubernetes, no socket; pure."""
