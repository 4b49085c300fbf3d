"""Decodes Parquet in a process of its own, under limits of memory; rows leave as JSON lines.

The sizes that a Parquet file states may be lies, and a page unfolds whole: only a limit of the process holds.
Run as `python -m tonggan.feed.parquet_worker FILE MEMORY_BYTES`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from tonggan.feed.limits import MAX_COLUMNS, MAX_RATIO, RATIO_FREE_BYTES

BATCH_ROWS = 64
"""Rows decoded at once: few, since each may hold a cell of megabytes."""

FAILURE = "failure"
"""Key of the last line, where the file cannot be read on; a row is a list and never has it."""


def main(path: str, memory_bytes: int) -> None:
    """Write a line with the column names, then one list per row; or, instead of either, why not."""
    _limit_memory(memory_bytes)
    write = sys.stdout.write
    try:
        for line in _lines(Path(path)):
            write(line + "\n")
    except Exception as error:  # whatever the decoder raises is a fault of the file
        write(json.dumps({FAILURE: str(error)}) + "\n")


def _lines(path: Path) -> Any:
    from arro3.io import read_parquet

    reader = read_parquet(str(path), batch_size=BATCH_ROWS)
    names = [field.name for field in reader.schema]
    if len(names) > MAX_COLUMNS:
        raise ValueError(f"{len(names)} columns; at most {MAX_COLUMNS} are taken")
    yield json.dumps(names)
    allowed_bytes = max(RATIO_FREE_BYTES, MAX_RATIO * path.stat().st_size)
    decoded_bytes = 0
    for batch in reader:
        for cells in zip(*(batch.column(place).to_pylist() for place in range(batch.num_columns)), strict=True):
            line = json.dumps(cells, default=_text)
            decoded_bytes += len(line)
            if decoded_bytes > allowed_bytes:
                raise ValueError(f"it unfolds to more than {allowed_bytes:,} bytes, {MAX_RATIO} times its size")
            yield line


def _text(cell: Any) -> str:
    if isinstance(cell, bytes):
        return f"({len(cell)} bytes)"
    return cell.isoformat() if hasattr(cell, "isoformat") else str(cell)


def _limit_memory(memory_bytes: int) -> None:
    try:
        import resource
    except ImportError:  # there is no such limit on Windows
        return
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
