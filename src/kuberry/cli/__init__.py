"""Law of this room: the command line; words in, one façade call, events and reports out."""
