"""Options that commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

DEFAULT_SHOP = Path("shop")

ShopFolder = Annotated[Path, typer.Option("--shop", envvar="TONGGAN_SHOP", help="Folder of the shop.", metavar="DIR")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no remarks: results and errors only.")]
