"""Law of this room: makes virtual hosts on this machine, ends as an inventory, leaves nothing."""
