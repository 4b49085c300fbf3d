"""Versions of a shop's ranking: folders with a ranker, merge weights and how they were measured; one may be in use.

A version is `rankers/<id>/`: `ranker.toml`, the ranker's files (.safetensors, .onnx) and `card.md`. `used.toml` beside
them names the one in use and the one before, and is replaced in one step, so that a reader sees the old or the new.
"""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from tonggan.errors import InputError, NotFoundError, NotReadyError, unknown_name
from tonggan.rank.features import NAMES, fingerprint
from tonggan.rank.rankers import RANKER_KINDS, RELEARN, Ranker, open_ranker

MANIFEST, CARD, USED = "ranker.toml", "card.md", "used.toml"

MERGE_ONLY = "convex"
"""The kind of a version that only has merge weights: the merged order stands."""

_ID = re.compile(r"[0-9A-Za-z][\w.-]*")


@dataclass(frozen=True, slots=True)
class RankerVersion:
    """What `ranker.toml` says. `weights` are shares of the channels by kind of query, `overall` for all others.

    `measures` are figures by name, cross-validated; `queries` is how many judged queries taught it.
    """

    version: str
    kind: str
    created_at: str
    queries: int = 0
    seed: int = 0
    feature_names: tuple[str, ...] = ()
    weights: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    measures: Mapping[str, float] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    card: str = ""


def write_version(folder: Path, version: RankerVersion, files: Mapping[str, bytes]) -> Path:
    """Keep a version under the folder of rankers; it is there as a whole or not at all, and not in use yet."""
    _require_id(version.version)
    if version.kind not in (MERGE_ONLY, *RANKER_KINDS):
        raise InputError(unknown_name("kind of ranker", version.kind, (MERGE_ONLY, *RANKER_KINDS)))
    target = folder / version.version
    if target.exists():
        raise InputError(f"There is a ranker version '{version.version}' already.", remedy="Choose another name.")
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = Path(mkdtemp(prefix=".", dir=folder))
    for name, content in {**files, MANIFEST: _toml(version), CARD: version.card.encode()}.items():
        _write(unfinished / name, content)
    os.replace(unfinished, target)
    return target


def list_versions(folder: Path) -> list[RankerVersion]:
    """Return every version that can be read, oldest first."""
    names = [path.parent.name for path in folder.glob(f"*/{MANIFEST}") if _ID.fullmatch(path.parent.name)]
    versions = [read_version(folder, name) for name in names]
    return sorted(versions, key=lambda version: (version.created_at, version.version))


def read_version(folder: Path, version: str) -> RankerVersion:
    """Return what is known of a version; NotFoundError lists the known ones, NotReadyError tells what is damaged."""
    _require_id(version)
    path = folder / version / MANIFEST
    if not path.is_file():
        known = [each.parent.name for each in folder.glob(f"*/{MANIFEST}")]
        raise NotFoundError(unknown_name("ranker version", version, known))
    try:
        read = tomllib.loads(path.read_text(encoding="utf-8"))
        features = tuple(str(name) for name in read.pop("feature_names", ()))
        stated = read.pop("fingerprint", "")
        found = RankerVersion(version=version, feature_names=features, card=_card(folder / version), **read)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, TypeError) as error:
        raise NotReadyError(f"{path} is damaged: {error}.", remedy=RELEARN) from error
    if stated != fingerprint(features):
        raise NotReadyError(f"{path}: its features are not those of its fingerprint.", remedy=RELEARN)
    return found


def open_version(folder: Path, version: str, *, names: Sequence[str] = NAMES) -> tuple[RankerVersion, Ranker | None]:
    """Return a version and its ranker, none where it only has merge weights.

    NotReadyError, with both sides' differences, where it was learnt from other features than there are now.
    """
    read = read_version(folder, version)
    if read.kind == MERGE_ONLY:
        return read, None
    _require_features(read, names)
    ranker = open_ranker(folder / version, kind=read.kind, feature_names=read.feature_names, parameters=read.parameters)
    return read, ranker


def used_version(folder: Path) -> str:
    """Return the version in use, empty where the default merge serves."""
    return _pointer(folder).get("used", "")


def use_version(folder: Path, version: str) -> None:
    """Use a version from now on, or the default merge where it is empty; one that cannot be opened is refused."""
    if version:
        open_version(folder, version)
    before = used_version(folder)
    _point(folder, used=version, before=before if before != version else _pointer(folder).get("before", ""))


def roll_back(folder: Path) -> str:
    """Use what was in use before, and return its name, empty for the default merge."""
    pointer = _pointer(folder)
    if "used" not in pointer:
        raise NotFoundError("No ranker was ever in use, so there is none to go back from.")
    use_version(folder, pointer.get("before", ""))
    return used_version(folder)


def _require_features(read: RankerVersion, names: Sequence[str]) -> None:
    if read.feature_names == tuple(names):
        return
    lost, new = Counter(read.feature_names) - Counter(names), Counter(names) - Counter(read.feature_names)
    told = "; ".join(
        f"{what}: {', '.join(sorted(each)[:8])}{' ...' if len(each) > 8 else ''}"
        for what, each in ((f"{len(lost)} it wants that are no more", lost), (f"{len(new)} it does not know", new))
        if each
    )
    raise NotReadyError(
        f"Ranker '{read.version}' was learnt from {len(read.feature_names)} features, and there are {len(names)} now "
        f"({told or 'the same in another order'}).",
        remedy=RELEARN,
    )


def _require_id(version: str) -> None:
    if not _ID.fullmatch(version):
        raise InputError(
            f"'{version}' is no name of a ranker version.", remedy="Use letters, digits, dots, '-' and '_'."
        )


def _card(folder: Path) -> str:
    path = folder / CARD
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def _pointer(folder: Path) -> dict[str, str]:
    try:
        read = tomllib.loads((folder / USED).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise NotReadyError(
            f"{folder / USED} is damaged: {error}.", remedy="Say which to use: tonggan learn rank --use VERSION."
        ) from error
    return {name: str(value) for name, value in read.items()}


def _point(folder: Path, *, used: str, before: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    content = f"used = {json.dumps(used)}\nbefore = {json.dumps(before)}\n".encode()
    unfinished = folder / f".{USED}"
    _write(unfinished, content)
    os.replace(unfinished, folder / USED)


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _toml(version: RankerVersion) -> bytes:
    fields = {name: value for name, value in asdict(version).items() if name not in ("version", "card")}
    fields["fingerprint"] = fingerprint(version.feature_names)
    plain = {name: value for name, value in fields.items() if not isinstance(value, dict)}
    tables = {name: value for name, value in fields.items() if isinstance(value, dict) and value}
    lines = [f"{name} = {_value(value)}" for name, value in plain.items()]
    for name, table in tables.items():
        lines += ["", f"[{name}]", *(f"{_key(key)} = {_value(value)}" for key, value in table.items())]
    return "\n".join([*lines, ""]).encode()


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(key)} = {_value(each)}" for key, each in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_value(each) for each in value) + "]"
    return json.dumps(value, ensure_ascii=False)


def _key(name: str) -> str:
    return json.dumps(name, ensure_ascii=False)
