"""The same verbs on the command line. In: arguments. Out: tables or JSON on stdout, all else on stderr, an exit code.

`program.py` puts the commands together and `failures.py` says what a failure looks like; the commands stand in files
named after them. `opening.py` opens a shop in this process, or reaches the server that holds it (`remote.py`).
Nothing heavy is imported before a command runs.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

BLAS_THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
"""One thread each unless the caller says otherwise: on busy cores, threads that wait for each other made small products
forty times slower (.2 ms became 8 ms), and searches run side by side anyway."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0, or that of the failure's class, or 130 after Ctrl-C."""
    for variable in BLAS_THREADS:
        os.environ.setdefault(variable, "1")
    from tonggan.cli.program import run

    return run(sys.argv[1:] if arguments is None else list(arguments))
