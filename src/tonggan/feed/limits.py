"""How much of a merchant's file is taken at once, so that none of them can fill memory or time."""

from __future__ import annotations

MAX_COLUMNS = 2_000
"""Columns of a table, or values of one row. The widest vendor export known has about 300."""

MAX_CELL_CHARACTERS = 1_048_576
"""Longest cell. The longest description in the feeds at hand has 40,000 characters; a swallowed file has millions."""

MAX_QUOTED_LINES = 1_000
"""Lines that one quoted cell may span; HTML descriptions in the feeds at hand span 300 at most."""

MAX_LINE_CHARACTERS = 8 * MAX_CELL_CHARACTERS
"""Longest physical line, and longest row of JSON."""

MAX_DEPTH = 32
"""Levels of nesting in JSON or XML; JSON-LD needs six."""

MAX_DECODED_BYTES = 32 * 1024**3
"""Bytes that one compressed file may unfold to."""

MAX_RATIO = 250
"""Unfolded over packed size, tested above RATIO_FREE_BYTES. Real feeds reach 20, repetitive ones 100, gzip 1,032."""

RATIO_FREE_BYTES = 128 * 1024**2
"""Unfolded bytes below which no ratio is a danger."""

MAX_WORKBOOK_BYTES = 512 * 1024**2
"""Unfolded size of a workbook, which its reader holds in memory whole; about two million filled cells."""

SAMPLE_ROWS = 1_000
"""Rows looked at to recognise a feed whose rows name their own columns."""

SAMPLE_BYTES = 1_048_576
"""Bytes looked at to recognise format, encoding and delimiter."""

SHOWN_CHARACTERS = 200
"""Longest value shown in a refusal."""
