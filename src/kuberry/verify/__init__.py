"""Law of this room: asks the running cluster; leaves nothing behind."""
