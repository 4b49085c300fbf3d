"""`learn pack`: the default pack built again from its data."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated

import typer

from tonggan.cli.options import AsJson, Quiet
from tonggan.cli.progress import counting
from tonggan.cli.screen import print_json, say
from tonggan.errors import InputError

ALL = "all"

Data = Annotated[Path, typer.Option("--data", help="Folder of the sets, shops and models to learn from.")]
Out = Annotated[Path, typer.Option("--out", help="Folder of the pack; parts that are not built stay as they are.")]
Work = Annotated[Path, typer.Option("--work", help="Folder that keeps what takes long, for the next time.")]
WordNet = Annotated[Path, typer.Option("--wordnet", help="Folder of WordNet 3.0 (Debian: wordnet-base).")]


def pack(
    data: Data,
    out: Out = Path("default-pack"),
    work: Work = Path("default-pack-work"),
    wordnet: WordNet = Path("/usr/share/wordnet"),
    *,
    part: Annotated[str, typer.Option(help="text, image, bridge or all.")] = ALL,
    steps: Annotated[int, typer.Option(help="Training steps; 0 for those of the plan.")] = 0,
    seed: Annotated[int, typer.Option(help="The same seed and data give the same weights.")] = 0,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Build the default pack, or one part of it, from data; half an hour on two cores."""
    from tonggan.learn.pack.build import LEXICON, PARTS, build_pack
    from tonggan.learn.pack.sources import Sources
    from tonggan.packs.library import BUNDLED

    if steps < 0:
        raise InputError(f"--steps {steps} is below 0.", remedy="Leave it out for the plan's own.")
    parts = PARTS if part == ALL else (part,)
    out.mkdir(parents=True, exist_ok=True)
    work.mkdir(parents=True, exist_ok=True)
    if not (out / LEXICON).exists():
        shutil.copyfile(BUNDLED / LEXICON, out / LEXICON)
    changed = {"steps": steps} if steps else {}
    with counting("learning", is_quiet=quiet or as_json) as counter:
        built = build_pack(
            out,
            Sources(data, work, wordnet),
            parts=parts,
            seed=seed,
            tell=lambda _, done, total: counter(done, total) if counter else None,
            **changed,
        )
    if as_json:
        print_json({"folder": str(out), "fingerprint": built.fingerprint, "measures": dict(built.measures)})
    elif not quiet:
        say((out / "card.md").read_text(encoding="utf-8"))
