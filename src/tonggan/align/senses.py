"""The fitted encoders of one pack together, and the bridge between words and pictures where it has earned trust."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np

from tonggan.align.bridge import SIDES, Bridge
from tonggan.align.heads import ARRAYS, Head
from tonggan.encode import COSTLY, DEFAULT_SETTINGS, Encoder, EncodeSettings, open_encoder
from tonggan.encode.rows import unit_rows
from tonggan.errors import InputError, NotReadyError
from tonggan.packs import MANIFEST, Pack
from tonggan.packs.folder import PartFiles, read_pack
from tonggan.packs.manifest import REMEDY, part_fingerprint
from tonggan.records import Picture, Rating, Vectors

SPACES = ("text", "image", "rating")
"""The spaces of one modality each; every pack has an encoder for each, named as its space."""

BRIDGE = "bridge"
"""The part of a pack that ties words and pictures; absent where cross-modal search is off."""

IMAGE_HEAD = "image-head"
"""The part of a pack that measures pictures anew, so that a phone photo is near the catalogue's picture."""

TOPICS = "topics"
"""The part of a pack that hears the words of the shop's own catalogue, beside a base that knows the world's."""

TOPICS_SHARE = 0.3
"""Of a squared norm in the space `text` where both hear. Home Depot, recall@100 of dense alone: .665 with the base
alone, .554 with topics alone, .677 at .7, .729 at .5, .741 here; Icecat, nDCG@10: .423, .354, .442, .476 and .518."""

SHARED = "shared"
"""The space in which words and pictures meet: a product stands there by its picture, else by its words."""

FindPack: TypeAlias = Callable[[str], Pack]
"""Returns the pack with a fingerprint; NotReadyError where there is none."""


class Senses:
    """What a shop perceives products by: the spaces `text`, `image`, `rating`, and `shared` when the bridge is on.

    Vectors are comparable where the `fingerprint` is the same; rows of one encoder, as those that `encode_pictures`
    returns, where its own fingerprint in `row_fingerprints` is. `measures` are those of the pack's card. Rows are kept
    as the encoder gave them; where there is an `image_head`, the space `image` is where it takes them. `costly` spaces
    are those whose rows are worth keeping. Where there are `topics`, the space `text` is what encoder and they hear.
    """

    def __init__(
        self,
        pack: Pack,
        encoders: Mapping[str, Encoder],
        bridge: Bridge | None = None,
        *,
        image_head: Head | None = None,
        row_fingerprints: Mapping[str, str],
        costly: Collection[str] = (),
        topics: Encoder | None = None,
    ) -> None:
        self.folder = pack.folder
        self.fingerprint = pack.fingerprint
        self.measures = pack.measures
        self.base = pack.base
        self.encoders = encoders
        self.bridge = bridge
        self.image_head = image_head
        self.row_fingerprints = row_fingerprints
        self.costly = frozenset(costly)
        self.topics = topics

    @property
    def fitted_products(self) -> int:
        """Return how many products the catalogue had when the pack was fitted."""
        return int(self.measures.get("products", 0))

    @property
    def spaces(self) -> Mapping[str, int]:
        """Return the dimension of each space."""
        dims = {name: encoder.dim for name, encoder in self.encoders.items()}
        dims |= {"text": dims["text"] + self.topics.dim} if self.topics else {}
        dims |= {"image": self.image_head.dim} if self.image_head else {}
        return dims | ({SHARED: self.bridge.dim} if self.bridge else {})

    def encode_text_query(self, words: str) -> dict[str, np.ndarray]:
        """Return the query in `text` and, over the bridge, in `shared`; in neither when no word is known."""
        text = self.encoders["text"].encode_query([words])
        shared = self.bridge.project_text(text) if self.bridge else None
        topics = self.topics.encode_query([words]) if self.topics else None
        return _present({"text": _joined(text, topics), SHARED: shared})

    def encode_image_query(self, picture: Picture) -> dict[str, np.ndarray]:
        """Return the picture in `image` and, over the bridge, in `shared`."""
        image = self.encoders["image"].encode_query([picture])
        shared = self.bridge.project_image(image) if self.bridge else None
        return _present({"image": self._seen(image), SHARED: shared})

    def encode_rating_query(self, stars: float) -> dict[str, np.ndarray]:
        """Return "about so many stars, from many people" in `rating`; InputError where stars are not 1 to 5."""
        return _present({"rating": self.encoders["rating"].encode_query([stars])})

    def encode_pictures(self, pictures: Sequence[Picture]) -> Vectors:
        """Return one row per picture, to be kept and given to `encode_products`."""
        return self.encoders["image"].encode_document(pictures)

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        """Return one row per text, to be kept or given to `encode_products`."""
        return self.encoders["text"].encode_document(texts)

    def encode_products(
        self,
        texts: Sequence[str],
        pictures: Sequence[np.ndarray | None],
        ratings: Sequence[Rating | None],
        *,
        text_rows: Vectors | None = None,
    ) -> list[dict[str, np.ndarray]]:
        """Return the vectors of products given side by side, one mapping each.

        `pictures` are rows encoded before, and so are `text_rows` where they are given.
        """
        text = self.encode_texts(texts) if text_rows is None else text_rows
        topics = self.topics.encode_document(texts) if self.topics else None
        nothing = np.zeros(self.encoders["image"].dim, np.float32)
        image = np.array([nothing if row is None else row for row in pictures], np.float32).reshape(-1, len(nothing))
        ratings_rows = self.encoders["rating"].encode_document(ratings)
        tables = {"text": _joined(text, topics), "image": self._seen(image), "rating": ratings_rows}
        shared = self._shared(text, image)
        tables |= {SHARED: shared} if shared is not None else {}
        return [_present({space: table[at : at + 1] for space, table in tables.items()}) for at in range(len(texts))]

    def _seen(self, image: Vectors) -> Vectors:
        return self.image_head.project(image) if self.image_head else image

    def _shared(self, text: Vectors, image: Vectors) -> Vectors | None:
        if self.bridge is None:
            return None
        seen = self.bridge.project_image(image)
        return np.where(seen.any(axis=1, keepdims=True), seen, self.bridge.project_text(text))


def load_pack(
    folder: Path | str, *, find_base: FindPack | None = None, settings: EncodeSettings = DEFAULT_SETTINGS
) -> Senses:
    """Return the senses of a pack; NotReadyError, with file and reason, when it cannot be trusted.

    Encoders that the pack does not hold itself are those of its base, which `find_base` returns by fingerprint.
    """
    pack = read_pack(Path(folder))
    base = find_base(pack.base) if pack.base and find_base else pack
    homes = {space: pack if space in pack.parts else base for space in SPACES}
    missing = [space for space, home in homes.items() if space not in home.parts]
    if missing:
        raise NotReadyError(f"{pack.folder}: the pack has no encoder for {', '.join(missing)}.", remedy=REMEDY)
    encoders = {space: _encoder(home, space, settings=settings) for space, home in homes.items()}
    return Senses(
        pack,
        encoders,
        read_bridge(pack, encoders) if BRIDGE in pack.parts else None,
        image_head=_image_head(pack, encoders) if IMAGE_HEAD in pack.parts else None,
        row_fingerprints={space: part_fingerprint(home, space) for space, home in homes.items()},
        costly=[space for space, home in homes.items() if home.parts[space].implementation in COSTLY],
        topics=_encoder(pack, TOPICS, settings=settings) if TOPICS in pack.parts else None,
    )


@dataclass(frozen=True, slots=True)
class Base:
    """A pack that shops build on: its encoders by space, and the bridge that it brings."""

    pack: Pack
    encoders: Mapping[str, Encoder]
    bridge: Bridge | None

    @property
    def is_shared(self) -> bool:
        """Whether words and pictures come out of the pack in one space already."""
        parts = [self.pack.parts[name] for name in ("text", "image") if name in self.encoders]
        return len(parts) == 2 and all(part.parameters.get("space") == SHARED for part in parts)


def open_base(pack: Pack, *, settings: EncodeSettings = DEFAULT_SETTINGS) -> Base:
    """Return what a pack brings; what it has no encoder for is fitted on the catalogue."""
    encoders = {space: _encoder(pack, space, settings=settings) for space in SPACES if space in pack.parts}
    return Base(pack, encoders, read_bridge(pack, encoders) if BRIDGE in pack.parts else None)


def _joined(text: Vectors, topics: Vectors | None) -> Vectors:
    """Return rows of which the encoder and the topics of the catalogue each have their share."""
    if topics is None:
        return text
    return unit_rows(np.hstack([text * (1 - TOPICS_SHARE) ** 0.5, topics * TOPICS_SHARE**0.5]))


def _present(rows: Mapping[str, Vectors | None]) -> dict[str, np.ndarray]:
    return {space: row[0] for space, row in rows.items() if row is not None and row.any()}


def _encoder(pack: Pack, name: str, *, settings: EncodeSettings) -> Encoder:
    part = pack.parts[name]
    try:
        encoder = open_encoder(pack, name, settings=settings)
    except (InputError, KeyError, ValueError, IndexError) as error:
        raise _unusable(pack, name, reason=f"not the weights of '{part.implementation}' ({error})") from error
    if encoder.dim != part.dim:
        raise _unusable(pack, name, reason=f"weights have {encoder.dim} dimensions, the manifest says {part.dim}")
    return encoder


def read_bridge(pack: Pack, encoders: Mapping[str, Encoder]) -> Bridge:
    """Return the bridge of a pack; NotReadyError where it does not fit the encoders."""
    weights = _arrays(pack, BRIDGE, sides=SIDES)
    try:
        bridge = Bridge.restore(weights)
    except (KeyError, ValueError) as error:
        raise _unusable(pack, BRIDGE, reason=str(error)) from error
    _check_dims(pack, BRIDGE, bridge.text, encoders["text"])
    _check_dims(pack, BRIDGE, bridge.image, encoders["image"])
    return bridge


def _image_head(pack: Pack, encoders: Mapping[str, Encoder]) -> Head:
    weights = _arrays(pack, IMAGE_HEAD, sides=("",))
    try:
        head = Head.restore(weights)
    except (KeyError, ValueError) as error:
        raise _unusable(pack, IMAGE_HEAD, reason=str(error)) from error
    _check_dims(pack, IMAGE_HEAD, head, encoders["image"])
    return head


def _arrays(pack: Pack, name: str, *, sides: Sequence[str]) -> dict[str, np.ndarray]:
    """Return the arrays of a part; NotReadyError where they are not those of its implementation, for each side."""
    implementation = pack.parts[name].implementation
    if implementation not in ARRAYS:
        raise _unusable(pack, name, reason=f"implementation {implementation!r} is unknown; known: {', '.join(ARRAYS)}")
    weights = PartFiles(pack, name).arrays()
    expected = sorted(f"{array}{side}" for side in sides for array in ARRAYS[implementation])
    if sorted(weights) != expected:
        raise _unusable(pack, name, reason=f"arrays are {sorted(weights)}, not {expected}")
    return weights


def _check_dims(pack: Pack, name: str, head: Head, encoder: Encoder) -> None:
    """Raise NotReadyError unless a head leads from its encoder to the dimension that the manifest promises."""
    ends, expected = (len(head.mean), head.dim), (encoder.dim, pack.parts[name].dim)
    if ends != expected:
        raise _unusable(pack, name, reason=f"weights lead from {ends[0]} to {ends[1]} dimensions, not {expected}")


def _unusable(pack: Pack, name: str, *, reason: str) -> NotReadyError:
    file = next(iter(pack.parts[name].files.values()), MANIFEST)
    return NotReadyError(f"{pack.folder / file}: {reason}.", remedy=REMEDY)
