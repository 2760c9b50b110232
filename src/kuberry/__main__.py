"""Run the command line: what `kuberry` and ``python -m kuberry`` start with."""

import sys


def main() -> int:
    """Run the command line of this process and return the exit code."""
    try:
        from kuberry.cli.main import main as run  # noqa: PLC0415 -- takes long enough for a Ctrl-C

        return run()
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        return 130


if __name__ == "__main__":
    sys.exit(main())
