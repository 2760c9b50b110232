"""Law of this package: the same line, done by a server; the words and their meaning are shared."""
