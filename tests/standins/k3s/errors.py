"""What ends the stand-in."""

from __future__ import annotations


class Fatal(Exception):
    """k3s logs it and ends with 1."""
