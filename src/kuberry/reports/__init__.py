"""Law of this room: a record and events in, JSON and one page out; asks nobody, hides nothing."""
