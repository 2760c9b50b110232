"""A stand-in for the program k3s, and what packs it into one file."""
