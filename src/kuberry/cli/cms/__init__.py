"""The fourth face: what is typed after `cms pi`, done by the commands of kuberry."""
