"""Options that commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

DEFAULT_SHOP = Path("shop")

ShopFolder = Annotated[Path, typer.Option("--shop", envvar="TONGGAN_SHOP", help="Folder of the shop.", metavar="DIR")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no remarks: results and errors only.")]
Device = Annotated[str, typer.Option("--device", help="cpu, cuda, coreml or directml.", show_default="cpu")]
Batch = Annotated[int, typer.Option("--batch", min=0, help="Texts or pictures at once.", show_default="32")]
