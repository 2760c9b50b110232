"""Where cms looks for the command of the word `pi`."""
