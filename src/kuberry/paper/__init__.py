"""Law of this room: raw data in, one page and one PDF out; it types in no figure, hides no gap."""
