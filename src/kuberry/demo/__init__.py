"""Law of this room: it types what a user would type, tells how long it took, and takes it away."""
