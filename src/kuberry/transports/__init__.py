"""Law of this room: moves bytes to and from one host; decides nothing."""
