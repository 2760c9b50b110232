"""Law of this room: what was seen of a host → steps that make it fit; pure.

Decided by observation, never by the name of the operating system alone.
"""

from kuberry.platforms.prepare import prepare

__all__ = ["prepare"]
