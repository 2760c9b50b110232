"""Law of this room: it measures, never tunes; it looks at the program from outside, as users do."""
