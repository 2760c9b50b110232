"""Run the command line: what `kuberry` and ``python -m kuberry`` start with."""

import gc
import signal
import sys

_ALLOCATIONS = 100_000
"""Between two searches for garbage: what is imported stays, and to search it costs a tenth."""


def main() -> int:
    """Run the command line of this process and return the exit code."""
    gc.set_threshold(_ALLOCATIONS)
    try:
        from kuberry.cli.main import main as run  # noqa: PLC0415 -- takes long enough for a Ctrl-C

        code = run()
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        code = 130
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the end is near; another Ctrl-C would be a mess
    return code


if __name__ == "__main__":
    sys.exit(main())
