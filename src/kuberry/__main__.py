"""Run the command line as ``python -m kuberry``."""

import sys

from kuberry.cli.main import main

sys.exit(main())
