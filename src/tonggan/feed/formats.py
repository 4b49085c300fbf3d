"""What a file is, by its first bytes; what it is not taken for is refused with the next step."""

from __future__ import annotations

import re
import zipfile

from tonggan.errors import InputError
from tonggan.feed.decoding import File

FEED_ENDINGS = (".csv", ".tsv", ".jsonl", ".ndjson", ".json", ".xml", ".rss", ".atom", ".xlsx", ".parquet", ".gz")
"""Endings by which a feed is looked for in a folder; what a named file is, its content says."""

REFUSED_STARTS = (
    (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"BZh", "a bzip2 file"),
    (b"\xfd7zXZ", "an xz file"),
    (b"\x28\xb5\x2f\xfd", "a zstd file"),
    (b"\xd0\xcf\x11\xe0", "an old Excel file (.xls) or another Office file"),
    (b"%PDF", "a PDF"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"RIFF", "a sound, video or picture file"),
    (b"\x7fELF", "a program"),
    (b"MZ\x90", "a program"),
    (b"SQLite format 3", "an SQLite database"),
    (b"%!PS", "a PostScript file"),
    (b"#EXTM3U", "a playlist"),
    (b"ARROW1", "an Arrow file"),
)
"""First bytes of what is often sent and never read."""

REMEDY = "Unpack or convert it, and import the CSV, TSV, JSON, XML, XLSX or Parquet file in it."

BINARY_SHARE = 0.1
"""Share of control characters above which text is no text."""

LEAST_CONTROLS = 32
"""Control characters that a small damaged text may have; its rows are refused one by one."""

_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_ROOT = re.compile(r"<([A-Za-z_][\w.\-]*:)?([A-Za-z_][\w.\-]*)")


def recognise_format(file: File) -> str:
    """Return the name of the reader for a file. Raises InputError for archives, pictures, pages and other binaries."""
    for start, what in REFUSED_STARTS:
        if file.head.startswith(start):
            raise _refused(file, what)
    if file.head.startswith(b"PK"):
        return _recognise_zip(file)
    if file.head.startswith(b"PAR1"):
        return "parquet" if not file.layers else _refuse_packed(file, "Parquet")
    text = file.text_head()
    if _is_binary(text[:65_536]) or _is_tar(file):
        raise _refused(file, "a binary file or an archive")
    start = text.lstrip()
    if start.startswith("<"):
        return _recognise_markup(file, start)
    if start.startswith(("{", "[")):
        return _recognise_json(file, start)
    return "delimited"


def _recognise_zip(file: File) -> str:
    if file.layers:
        return _refuse_packed(file, "a ZIP archive or workbook")
    try:
        with zipfile.ZipFile(file.path) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise _refused(file, "a damaged ZIP archive or workbook") from error
    if "xl/workbook.xml" in names:
        return "xlsx"
    raise _refused(file, "a ZIP archive")


def _recognise_markup(file: File, text: str) -> str:
    root = _ROOT.search(re.sub(r"<!--.*?-->|<\?.*?\?>|<!DOCTYPE[^>\[]*(\[.*?\])?\s*>", "", text, flags=re.S))
    name = root[2].lower() if root else ""
    if name == "svg":
        raise _refused(file, "an SVG picture")
    if name == "html":
        raise _refused(file, "a web page")
    return "xml"


def _recognise_json(file: File, text: str) -> str:
    """Two lines that are an object each make JSON lines, and so does the file's own name."""
    name = file.path.name.lower().removesuffix(".gz").removesuffix(".gz")
    lines = [line.strip() for line in text.split("\n", 5)[:5] if line.strip()]
    objects = sum(line.startswith("{") and line.endswith(("}", "},")) for line in lines)
    is_list = text.startswith("[") and not name.endswith((".jsonl", ".ndjson"))
    if not is_list and (name.endswith((".jsonl", ".ndjson")) or (objects >= 2 and not lines[0].endswith(","))):
        return "jsonl"
    return "json"


def _is_binary(text: str) -> bool:
    controls = len(_CONTROLS.findall(text))
    return controls > LEAST_CONTROLS and controls > BINARY_SHARE * len(text)


def _is_tar(file: File) -> bool:
    return file.head[257:262] == b"ustar"


def _refuse_packed(file: File, what: str) -> str:
    raise InputError(f"{file.path.name} is {what} packed with gzip.", remedy="Unpack it, and import what is in it.")


def _refused(file: File, what: str) -> InputError:
    return InputError(f"{file.path.name} is {what}, not a feed.", remedy=REMEDY)
