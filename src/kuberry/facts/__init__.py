"""Law of this room: looks, never touches; pairs of shell text and pure parser, few round trips."""
