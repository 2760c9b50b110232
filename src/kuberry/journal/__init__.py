"""Law of this room: remembers runs and their events as they happen, and who asks; stops no run."""
