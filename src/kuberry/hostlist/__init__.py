"""Law of this room: names in, names out; pure.

`expand` turns ``red,red[01-02]`` into names, `fold` is its inverse.
"""

from kuberry.hostlist.expand import MAX_HOSTS, expand
from kuberry.hostlist.fold import fold
from kuberry.hostlist.names import HostName, split_name

__all__ = ["MAX_HOSTS", "HostName", "expand", "fold", "split_name"]
