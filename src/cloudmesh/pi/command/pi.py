"""`cms pi`: a door to kuberry, which is imported when it is used and not before.

`cms help` imports every command there is, and one that fails takes all others down with it
(cloudmesh-cmd5 5.0.20, cloudmesh/shell/shell.py, Plugin.load).
"""

import sys
import traceback

from cloudmesh.shell.command import PluginCommand

_INTERRUPTED = 130


class PiCommand(PluginCommand):
    """The word `pi`."""

    def do_pi(self, args: str) -> str:
        """::

        Usage:
          pi cluster deploy kubernetes --hosts=HOSTS [--dry-run] [OPTIONS ...]
          pi cluster verify [--cluster=NAME]
          pi cluster status --hosts=HOSTS [--watch]
          pi cluster destroy [--cluster=NAME] [--yes]
          pi cluster node add|remove HOSTS [--cluster=NAME]
          pi cluster COMMAND ...
          pi temp|free|load|led HOSTS [--output=table|json]

        One line turns a list of hosts into a proven Kubernetes cluster:

          cms pi cluster deploy kubernetes --hosts "red,red[01-red02]"

        This is kuberry: every COMMAND of it works behind `pi cluster`, with all of its options,
        and its exit codes arrive. `kuberry --help` and `kuberry COMMAND --help` explain them.
        """
        typed = sys.argv[2:] if sys.argv[1:2] == ["pi"] and "-i" not in sys.argv else None
        try:
            from kuberry.cli.cms.plugin import run  # noqa: PLC0415 -- see the module

            code = run(args if typed is None else typed)
        except KeyboardInterrupt:
            code = _INTERRUPTED
        except Exception:  # noqa: BLE001 -- cms would make exit code 0 of it
            traceback.print_exc()
            code = 1
        if code and typed is not None:
            raise SystemExit(code)
        return ""
