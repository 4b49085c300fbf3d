"""`python -m tonggan` is the command `tonggan`."""

from __future__ import annotations

import sys

from tonggan.cli import main

if __name__ == "__main__":
    sys.exit(main())
