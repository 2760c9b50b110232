"""Law of this room: asks a server; knows nothing but its answers."""
