"""Law of this room: the only one that changes a host; it does what the plan says and no more."""
