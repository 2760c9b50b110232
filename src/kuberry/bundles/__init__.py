"""Law of this room: bytes are fetched, checked and packed here; hosts are never touched."""
