"""Law of this room: one verb per file, read like a table of contents; policy lives here."""
