"""Law of this room: it breaks on purpose and mends nothing; it looks from outside, as users do."""
