"""Law of this room: frozen values, no behaviour beyond questions about themselves."""
