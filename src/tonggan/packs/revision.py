"""A pack like another, with some of its parts in place of the old ones."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from tonggan.packs import Pack, Part
from tonggan.packs.folder import PartFiles, write_pack


def revise_pack(
    pack: Pack,
    packs: Path,
    *,
    parts: Mapping[str, Part],
    weights: Mapping[str, Mapping[str, np.ndarray]],
    measures: Mapping[str, float],
    card: str,
) -> Pack:
    """Write a pack with these parts beside, or in place of, those of another, and return it; the other one stays.

    `measures` are added to those of the other one, `card` is the whole new card. Raises NotReadyError where a file of
    the other one is damaged.
    """
    kept = {name: part for name, part in pack.parts.items() if name not in parts}
    readers = {name: PartFiles(pack, name) for name in kept}
    files = {file: readers[name].content(role) for name, part in kept.items() for role, file in part.files.items()}
    return write_pack(
        packs,
        pack.origin,
        parts=kept | dict(parts),
        weights=weights,
        measures=dict(pack.measures) | dict(measures),
        card=card,
        files=files,
        base=pack.base,
    )
