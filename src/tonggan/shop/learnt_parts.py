"""What `tonggan learn align` taught a shop outlives a new fit, for as long as the encoders stay the same."""

from __future__ import annotations

from pathlib import Path

from tonggan.align.heads import RESIDUAL
from tonggan.align.senses import BRIDGE, IMAGE_HEAD
from tonggan.packs import Pack
from tonggan.packs.folder import PartFiles, read_card
from tonggan.packs.revision import revise_pack

TAUGHT = ("photos", "photo_top_1", "photo_top_1_as_it_is")
"""Measures that belong to the head of pictures."""


def carry_learnt_parts(before: Pack, fitted: Pack, *, base: Pack, packs: Path) -> Pack:
    """Return the fitted pack with what the shop had learnt before, written anew; itself where there is nothing.

    Both packs build on `base`. A head stays where its encoders are those of the base, which no fit changes.
    """
    needed = {IMAGE_HEAD: {"image"}, BRIDGE: {"text", "image"}}
    is_learnt = {IMAGE_HEAD: True, BRIDGE: BRIDGE in before.parts and before.parts[BRIDGE].implementation == RESIDUAL}
    kept = [
        name
        for name, spaces in needed.items()
        if name in before.parts and is_learnt[name] and spaces <= set(base.parts)
    ]
    if not kept:
        return fitted
    return revise_pack(
        fitted,
        packs,
        parts={name: before.parts[name] for name in kept},
        weights={name: PartFiles(before, name).arrays() for name in kept},
        measures={name: value for name, value in before.measures.items() if name in TAUGHT},
        card=f"{read_card(fitted).rstrip()}\n\nKept from what was learnt before: {', '.join(kept)}.\n",
    )
