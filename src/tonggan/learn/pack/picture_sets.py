"""Sets of pictures to learn from: a table of paths, labels and words each, with licence and attribution."""

from __future__ import annotations

import csv
import hashlib
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path

from tonggan.errors import InputError, NotFoundError, unknown_name

HELD_OUT_SHARE = 0.25
"""Part of the groups, or of the pictures of each label, that is never trained on."""

PICTURE_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")
"""What counts as a picture in a folder without a table."""

SPLITS = ("none", "groups", "tail")


@dataclass(frozen=True, slots=True)
class PictureSet:
    """Where one set stands and what its columns mean; a set whose `table` is a folder takes labels from subfolders."""

    table: str
    licence: str
    attribution: str = ""
    image: str = "image"
    label: str = ""
    label_set: str = ""
    words: Sequence[str] = ()
    group: str = ""
    held_out: str = "none"
    repeat: int = 1


@dataclass(frozen=True, slots=True)
class Sample:
    """One picture: its label within its `label_set`, what is said of it, and whether it is kept from learning."""

    path: Path
    label_set: str
    label: str
    words: str
    group: str
    repeat: int
    is_held_out: bool = False


def read_sets(table: Path | None = None) -> dict[str, PictureSet]:
    """Return the sets that a TOML table names; without one, those of the default pack."""
    source = table if table else files("tonggan.learn.pack").joinpath("picture_sets.toml")
    try:
        rows = tomllib.loads(source.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{source} is not TOML: {error}.", remedy="Correct the line.") from error
    sets = {}
    for name, row in rows.items():
        try:
            sets[name] = PictureSet(**row)
        except TypeError as error:
            raise InputError(f"{source}: set {name!r}: {error}.", remedy="Correct the keys of the set.") from error
        if sets[name].held_out not in SPLITS:
            raise InputError(f"{source}: set {name!r}: {unknown_name('split', sets[name].held_out, SPLITS)}")
    return sets


def read_samples(root: Path, sets: Mapping[str, PictureSet]) -> list[Sample]:
    """Return the pictures of the sets below a folder, in their order; NotFoundError where a table is missing."""
    samples: list[Sample] = []
    for name, picture_set in sets.items():
        samples += _split(list(_samples(root, name, picture_set)), picture_set.held_out)
    return samples


def _samples(root: Path, name: str, picture_set: PictureSet) -> Iterator[Sample]:
    table = root / picture_set.table
    if not table.exists():
        raise NotFoundError(f"{table} is not there.", remedy="Give the folder of the sets with --data.")
    for row in _folder_rows(table) if table.is_dir() else _table_rows(table, picture_set):
        words = ". ".join(_spoken(row[column]) for column in picture_set.words if row[column])
        label, group = row.get(picture_set.label, ""), row.get(picture_set.group, "")
        path = (table if table.is_dir() else table.parent) / row[picture_set.image]
        yield Sample(path, picture_set.label_set or name, label, words, group, picture_set.repeat)


def _table_rows(table: Path, picture_set: PictureSet) -> Iterator[dict[str, str]]:
    wanted = {picture_set.image, picture_set.label, picture_set.group, *picture_set.words} - {""}
    with table.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        known = rows.fieldnames or ()
        for column in sorted(wanted - set(known)):
            raise InputError(f"{table}: {unknown_name('column', column, known)}", remedy="Correct the keys of the set.")
        yield from rows


def _folder_rows(folder: Path) -> Iterator[dict[str, str]]:
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in PICTURE_SUFFIXES:
            label = path.parent.name if path.parent != folder else ""
            yield {"image": str(path.relative_to(folder)), "label": label, "": ""}


def _spoken(words: str) -> str:
    """Return a class name as people say it: `Golden-Delicious` as "golden delicious"."""
    return words.replace("-", " ").replace("_", " ").lower() if " " not in words else words


def _split(samples: Sequence[Sample], rule: str) -> list[Sample]:
    if rule == "groups":
        return [replace(sample, is_held_out=_share(sample.group) < HELD_OUT_SHARE) for sample in samples]
    if rule == "tail":
        held_out = _tails(samples)
        return [replace(sample, is_held_out=at in held_out) for at, sample in enumerate(samples)]
    return list(samples)


def _tails(samples: Sequence[Sample]) -> set[int]:
    """Positions of the last quarter of each label: photos taken one after another stay on one side."""
    positions: dict[str, list[int]] = defaultdict(list)
    for at, sample in enumerate(samples):
        positions[sample.label].append(at)
    return {at for own in positions.values() for at in own[len(own) - round(len(own) * HELD_OUT_SHARE) :]}


def _share(group: str) -> float:
    return int.from_bytes(hashlib.sha256(group.encode("utf-8")).digest()[:4], "big") / (1 << 32)
