"""Pictures to the numbers that a model was trained on; every difference between models is a field of `Preparation`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np

from tonggan.errors import InputError, unknown_name
from tonggan.records import Picture

if TYPE_CHECKING:
    from PIL import Image

RESIZING = ("shortest", "squash", "fit")
"""Shortest side to a length, then centre crop; both sides whatever the shape; or the whole picture on a ground."""

RESAMPLING: Final[Mapping[str, int]] = {"nearest": 0, "lanczos": 1, "bilinear": 2, "bicubic": 3}
"""Pillow's numbers; it takes every pixel into account when it makes a picture smaller (antialias)."""

LAYOUTS = ("nchw", "nhwc")

LONGEST_RATIO = 16
"""A picture longer than this many times its width loses its ends before the crop, which keeps 1 in 16 of it anyway; one
of 2,000 x 1 pixels would need 300 MB otherwise."""


@dataclass(frozen=True, slots=True)
class Preparation:
    """How pictures are made ready; the keys of an `onnx-image` part's parameters.

    `size` is [height, width] of what the model takes, `shortest` the side before the crop (0: the smaller of `size`),
    `fill` the ground of `fit`; `mean` and `std` are per channel, of values from 0 to 1.
    """

    size: tuple[int, int]
    resize: str = "shortest"
    shortest: int = 0
    resampling: str = "bicubic"
    fill: tuple[int, int, int] = (255, 255, 255)
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    std: tuple[float, float, float] = (1.0, 1.0, 1.0)
    layout: str = "nchw"

    def __post_init__(self) -> None:
        for name, known in (("resize", RESIZING), ("resampling", RESAMPLING), ("layout", LAYOUTS)):
            if getattr(self, name) not in known:
                raise InputError(unknown_name(name, str(getattr(self, name)), known))
        counts = {"size": 2, "fill": 3, "mean": 3, "std": 3}
        for name, count in counts.items():
            if len(getattr(self, name)) != count:
                raise InputError(f"{name} = {getattr(self, name)!r} has not {count} values.")
        if min(self.size) < 1 or min(self.std) <= 0:
            raise InputError(f"size = {self.size!r} or std = {self.std!r} is not positive.")

    @classmethod
    def of(cls, parameters: Mapping[str, Any]) -> Self:
        """Return the preparation that a part's parameters describe; InputError for what cannot be one."""
        known = {item.name for item in fields(cls)}
        given: dict[str, Any] = {key: _fixed(value) for key, value in parameters.items() if key in known}
        if "size" not in given:
            raise InputError("The part's parameters do not say the `size` of pictures.")
        try:
            return cls(**given)
        except TypeError as error:
            raise InputError(f"The part's parameters are no preparation of pictures: {error}.") from error


def prepared(picture: Picture, preparation: Preparation) -> np.ndarray:
    """Return the model's input for one picture, float32 [3, height, width] or [height, width, 3]."""
    pixels = np.asarray(_resized(picture, preparation), np.float32) / np.float32(255)
    values = (pixels - np.array(preparation.mean, np.float32)) / np.array(preparation.std, np.float32)
    return values.transpose(2, 0, 1) if preparation.layout == "nchw" else values


def _fixed(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _resized(picture: Picture, preparation: Preparation) -> Image.Image:
    from PIL import Image

    if preparation.resize == "shortest":
        return _cropped(Image.fromarray(_without_ends(picture)), preparation)
    image = Image.fromarray(picture)
    if preparation.resize == "fit":
        return _on_ground(image, preparation)
    return _scaled(image, preparation.size, preparation.resampling)


def _scaled(image: Image.Image, size: tuple[int, int], resampling: str) -> Image.Image:
    height, width = size
    return image.resize((width, height), RESAMPLING[resampling])  # type: ignore[arg-type]


def _cropped(image: Image.Image, preparation: Preparation) -> Image.Image:
    """Scale the shortest side to its length and cut the centre out; what lacks stays black."""
    shortest = preparation.shortest or min(preparation.size)
    ends = (image.height, image.width)
    height, width = (shortest * side // min(ends) for side in ends)
    scaled = _scaled(image, (height, width), preparation.resampling)
    top, left = (height - preparation.size[0]) // 2, (width - preparation.size[1]) // 2
    return scaled.crop((left, top, left + preparation.size[1], top + preparation.size[0]))


def _on_ground(image: Image.Image, preparation: Preparation) -> Image.Image:
    """Scale the whole picture into the size and put it on the middle of a ground."""
    from PIL import Image

    height, width = preparation.size
    scale = min(height / image.height, width / image.width)
    size = max(1, round(image.height * scale)), max(1, round(image.width * scale))
    ground = Image.new("RGB", (width, height), preparation.fill)
    ground.paste(_scaled(image, size, preparation.resampling), ((width - size[1]) // 2, (height - size[0]) // 2))
    return ground


def _without_ends(picture: Picture) -> Picture:
    height, width = picture.shape[:2]
    rows, columns = min(height, LONGEST_RATIO * width), min(width, LONGEST_RATIO * height)
    top, left = (height - rows) // 2, (width - columns) // 2
    return picture[top : top + rows, left : left + columns]
