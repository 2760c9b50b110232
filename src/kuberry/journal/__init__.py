"""Law of this room: remembers runs and their events as they happen; never stops a run."""
