"""Pictures seen anew each time: cropped, turned, mirrored, relit. Works on whole batches."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as nnf
from PIL import Image, ImageOps
from torch import Tensor

SMALLEST_CROP = 0.45
"""Share of the area that a crop keeps at least; shoppers' photos hold a product larger or smaller."""

LARGEST_TURN = 0.25
"""Radians to either side."""

BRIGHTNESS, CONTRAST, SATURATION = 0.3, 0.3, 0.3
"""Largest relative changes; hue stays, since colour tells products apart."""

WHITE = 255


def square(path: Path, side: int) -> np.ndarray:
    """Return a picture as a shop keeps it, upright and on white, fitted into a white square: uint8 [side, side, 3]."""
    with Image.open(path) as opened:
        picture = _over_white(ImageOps.exif_transpose(opened))
    scale = side / max(picture.size)
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    canvas = Image.new("RGB", (side, side), (WHITE, WHITE, WHITE))
    canvas.paste(picture.resize(size, Image.Resampling.BICUBIC), ((side - size[0]) // 2, (side - size[1]) // 2))
    return np.asarray(canvas)


def squares(paths: Sequence[Path], side: int) -> Tensor:
    """Return pictures as one tensor: uint8 [n, 3, side, side]."""
    stacked = np.empty((len(paths), 3, side, side), np.uint8)
    for at, path in enumerate(paths):
        stacked[at] = square(path, side).transpose(2, 0, 1)
    return torch.from_numpy(stacked)


def scaled(pictures: Tensor) -> Tensor:
    """Return uint8 pictures as floats from -1 to 1, channels last in memory, as the network takes them."""
    return (pictures.float() / (WHITE / 2) - 1).contiguous(memory_format=torch.channels_last)


def augmented(pictures: Tensor, side: int, *, generator: torch.Generator) -> Tensor:
    """Return another view of each uint8 picture, scaled for the network, at `side` pixels."""
    count = len(pictures)
    area = _between(SMALLEST_CROP, 1.0, count, generator)
    stretch = torch.exp(_between(-0.2, 0.2, count, generator))
    across, down = (area.sqrt() * stretch).clamp(max=1.2), (area.sqrt() / stretch).clamp(max=1.2)
    angle = _between(-LARGEST_TURN, LARGEST_TURN, count, generator)
    flip = torch.where(torch.rand(count, generator=generator) < 0.5, -1.0, 1.0)
    left = _between(-1, 1, count, generator) * (1 - across).clamp(min=0)
    up = _between(-1, 1, count, generator) * (1 - down).clamp(min=0)
    rows = [
        torch.stack([flip * across * angle.cos(), -down * angle.sin(), left], dim=1),
        torch.stack([flip * across * angle.sin(), down * angle.cos(), up], dim=1),
    ]
    grid = nnf.affine_grid(torch.stack(rows, dim=1), [count, 3, side, side], align_corners=False)
    inverted = WHITE - pictures.float()  # What lies outside comes as zero, which stands for white.
    views = WHITE - nnf.grid_sample(inverted, grid, mode="bilinear", padding_mode="zeros", align_corners=False)
    return scaled(_relit(views / WHITE, generator) * WHITE)


def _over_white(picture: Image.Image) -> Image.Image:
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    ground = Image.new("RGBA", picture.size, (WHITE, WHITE, WHITE, WHITE))
    ground.alpha_composite(picture.convert("RGBA"))
    return ground.convert("RGB")


def _relit(views: Tensor, generator: torch.Generator) -> Tensor:
    brightness, contrast, saturation = (
        torch.exp(_between(-math.log1p(most), math.log1p(most), len(views), generator)).view(-1, 1, 1, 1)
        for most in (BRIGHTNESS, CONTRAST, SATURATION)
    )
    grey = views.mean(dim=1, keepdim=True)
    views = grey + (views - grey) * saturation
    level = views.mean(dim=(1, 2, 3), keepdim=True)
    return ((level + (views - level) * contrast) * brightness).clamp(0, 1)


def _between(low: float, high: float, count: int, generator: torch.Generator) -> Tensor:
    return low + (high - low) * torch.rand(count, generator=generator)
