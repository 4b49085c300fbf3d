"""What an index leaves on disk, and how it is believed again.

The manifest is replaced last and at once; it names every other file with its size and checksum. A file that it does not
name is a leftover and is removed. Segments of words are written once; everything else but the vectors is written anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tonggan.errors import NotReadyError
from tonggan.index import IndexSchema
from tonggan.index.array_files import (
    REBUILD,
    FileRecord,
    pack_strings,
    read_arrays,
    read_record,
    sync_folder,
    unpack_strings,
    write_arrays,
    write_record,
)
from tonggan.index.columns import Columns, NumberColumn, Pairs, TextColumn
from tonggan.index.contents import Contents, Snapshot, matrix_path
from tonggan.index.growable import Growable
from tonggan.index.identities import NO_ROW, Identities
from tonggan.index.matrices import Matrix
from tonggan.index.word_segments import WordSegment
from tonggan.index.word_writer import Vocabulary, WordWriter

FORMAT = 1
"""Version of the files; an index of another version is rebuilt."""

MANIFEST = "manifest.json"
"""The file that makes the others an index."""

_SEGMENT_ARRAYS = ("terms", "starts", "rows", "impacts", "frequencies", "averages")


@dataclass(frozen=True, slots=True)
class Manifest:
    """The state of an index folder at one change. `epochs` number the matrix of each space, `segments` the words."""

    schema: IndexSchema
    position: int
    serial: int
    epochs: tuple[int, ...]
    segments: tuple[int, ...]
    files: Mapping[str, FileRecord]


def read_manifest(folder: Path, schema: IndexSchema) -> Manifest:
    """The manifest of a folder with every file checked; NotReadyError with the reason when anything is amiss."""
    manifest = _parse(read_record(folder / MANIFEST))
    if manifest.schema != schema:
        raise NotReadyError(f"The index was built for {_difference(manifest.schema, schema)}.", remedy=REBUILD)
    for name, file in manifest.files.items():
        file.verify(folder / name)
    return manifest


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Make a manifest the one that counts, then remove files that it does not name."""
    sync_folder(folder)
    write_record(folder / MANIFEST, {"format": FORMAT, **asdict(manifest)})
    for path in folder.iterdir():
        is_ours = path.suffix in (".arrays", ".f32", ".part")
        if is_ours and path.name not in manifest.files:
            path.unlink(missing_ok=True)


def segment_name(serial: int) -> str:
    """The file of a word segment."""
    return f"words-{serial}.arrays"


def contents_name(serial: int) -> str:
    """The file of everything that is neither words nor vectors."""
    return f"contents-{serial}.arrays"


def write_segment(folder: Path, segment: WordSegment) -> FileRecord:
    """Write the postings of a segment."""
    arrays = {name: getattr(segment, name) for name in _SEGMENT_ARRAYS}
    return write_arrays(folder / segment_name(segment.serial), arrays)


def write_contents(folder: Path, snapshot: Snapshot, *, serial: int) -> FileRecord:
    """Write ids, columns, lengths, vocabulary and slots."""
    arrays = {
        "live": np.packbits(snapshot.live),
        "lengths": snapshot.words.lengths.first(snapshot.rows),
        **_strings("ids", snapshot.identities.ids[: snapshot.rows]),
        **_strings("vocabulary", list(snapshot.words.vocabulary)),
        **_text_arrays(snapshot),
        **_number_arrays(snapshot),
    }
    for place, view in enumerate(snapshot.matrices.values()):
        arrays |= {f"rows-{place}": view.row_of_slot, f"slots-{place}": view.slot_of_row}
    return write_arrays(folder / contents_name(serial), arrays)


def read_contents(folder: Path, manifest: Manifest) -> Contents:
    """The contents as a checkpoint left them."""
    arrays = read_arrays(folder / contents_name(manifest.serial))
    ids = _texts("ids", arrays)
    live = np.unpackbits(arrays["live"], count=len(ids)).astype(bool)
    segments = tuple(_read_segment(folder, serial) for serial in manifest.segments)
    words = WordWriter(manifest.schema.word_fields, _read_vocabulary(arrays), Growable(arrays["lengths"]))
    words.restore(segments, live)
    previous = np.full(len(ids), NO_ROW, dtype=np.int32)
    columns = Columns(_read_texts(arrays), _read_numbers(arrays))
    matrices = _read_matrices(folder, manifest, arrays)
    return Contents(Identities(ids, previous), columns, words, matrices, live, manifest.position)


def _parse(record: Mapping[str, Any]) -> Manifest:
    if record["format"] != FORMAT:
        raise NotReadyError(f"The index has format {record['format']}; this version reads {FORMAT}.", remedy=REBUILD)
    return Manifest(
        IndexSchema(**record["schema"]),
        int(record["position"]),
        int(record["serial"]),
        tuple(record["epochs"]),
        tuple(record["segments"]),
        {name: FileRecord.parse(file) for name, file in record["files"].items()},
    )


def _difference(built: IndexSchema, wanted: IndexSchema) -> str:
    for name in ("spaces", "word_fields", "fingerprint"):
        if getattr(built, name) != getattr(wanted, name):
            return f"{name} {getattr(built, name)}, not {getattr(wanted, name)}"
    return "another schema"


def _strings(name: str, texts: Sequence[str]) -> dict[str, np.ndarray]:
    packed, ends = pack_strings(texts)
    return {f"{name}-packed": packed, f"{name}-ends": ends}


def _texts(name: str, arrays: Mapping[str, np.ndarray]) -> list[str]:
    return unpack_strings(arrays[f"{name}-packed"], arrays[f"{name}-ends"])


def _pair_arrays(name: str, pairs: Sequence[Pairs], count: int, dtype: type) -> dict[str, np.ndarray]:
    held = [item.below(count) for item in pairs]
    return {
        f"{name}-pair-ends": np.cumsum([len(rows) for rows, _ in held], dtype=np.int64),
        f"{name}-rows": np.concatenate([np.zeros(0, dtype=np.int32), *(rows for rows, _ in held)]),
        f"{name}-values": np.concatenate([np.zeros(0, dtype=dtype), *(values for _, values in held)]),
    }


def _read_pairs(name: str, arrays: Mapping[str, np.ndarray]) -> list[Pairs]:
    spans = _spans(arrays[f"{name}-pair-ends"])
    rows, values = arrays[f"{name}-rows"], arrays[f"{name}-values"]
    return [Pairs(Growable(rows[span]), Growable(values[span])) for span in spans]


def _spans(ends: np.ndarray) -> list[slice]:
    stops = ends.tolist()
    return [slice(start, stop) for start, stop in zip([0, *stops], stops, strict=False)]


def _text_arrays(snapshot: Snapshot) -> dict[str, np.ndarray]:
    columns = dict(snapshot.columns.texts)
    counts = [len(column.folded) for column in columns.values()]
    parts = list(zip(columns.values(), counts, strict=True))
    return {
        **_strings("text-names", list(columns)),
        **_pair_arrays("text", [column.pairs for column in columns.values()], snapshot.rows, np.int32),
        **_strings("spellings", [item for column, count in parts for item in column.spellings[:count]]),
        **_strings("folded", [item for column, count in parts for item in column.folded[:count]]),
        "value-ends": np.cumsum(counts, dtype=np.int64),
    }


def _read_texts(arrays: Mapping[str, np.ndarray]) -> dict[str, TextColumn]:
    names = _texts("text-names", arrays)
    spellings, folded = _texts("spellings", arrays), _texts("folded", arrays)
    spans = _spans(arrays["value-ends"])
    return {
        name: TextColumn(pairs, spellings[span], folded[span])
        for name, pairs, span in zip(names, _read_pairs("text", arrays), spans, strict=True)
    }


def _number_arrays(snapshot: Snapshot) -> dict[str, np.ndarray]:
    columns = dict(snapshot.columns.numbers)
    pairs = _pair_arrays("number", [column.pairs for column in columns.values()], snapshot.rows, np.float64)
    return {**_strings("number-names", list(columns)), **pairs}


def _read_numbers(arrays: Mapping[str, np.ndarray]) -> dict[str, NumberColumn]:
    names = _texts("number-names", arrays)
    return {name: NumberColumn(pairs) for name, pairs in zip(names, _read_pairs("number", arrays), strict=True)}


def _read_vocabulary(arrays: Mapping[str, np.ndarray]) -> Vocabulary:
    return Vocabulary((term, code) for code, term in enumerate(_texts("vocabulary", arrays)))


def _read_segment(folder: Path, serial: int) -> WordSegment:
    return WordSegment(serial, **read_arrays(folder / segment_name(serial)))


def _read_matrices(folder: Path, manifest: Manifest, arrays: Mapping[str, np.ndarray]) -> dict[str, Matrix]:
    matrices: dict[str, Matrix] = {}
    for place, (name, dim) in enumerate(manifest.schema.spaces.items()):
        path = matrix_path(folder, place, epoch=manifest.epochs[place])
        row_of_slot = arrays[f"rows-{place}"]
        matrices[name] = Matrix(path, dim, slots=len(row_of_slot))
        matrices[name].restore(row_of_slot, arrays[f"slots-{place}"], manifest.files[path.name])
    return matrices
