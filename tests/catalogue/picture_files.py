"""Picture files made for tests: good, odd and hostile."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

from PIL import Image

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


def encoded(image: Image.Image, name: str, **parameters: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, name, **parameters)
    return stream.getvalue()


def plain(name: str = "PNG", *, size: tuple[int, int] = (40, 30), colour: Any = RED, mode: str = "RGB") -> bytes:
    return encoded(Image.new(mode, size, colour), name)


def left_red_right_blue(*, size: tuple[int, int] = (80, 40)) -> Image.Image:
    image = Image.new("RGB", size, RED)
    image.paste(BLUE, (size[0] // 2, 0, size[0], size[1]))
    return image


def png_of_zeros(width: int, height: int, *, depth: int = 8, bytes_per_pixel: int = 4, colour_type: int = 6) -> bytes:
    """A PNG of a few hundred kilobytes that decodes to as many megabytes."""
    squeeze = zlib.compressobj(9)
    row = bytes(1 + width * bytes_per_pixel)
    data = b"".join(squeeze.compress(row) for _ in range(height)) + squeeze.flush()
    header = struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")


def gif_that_claims(width: int, height: int, *, frame: tuple[int, int]) -> bytes:
    """A GIF of two hundred bytes whose screen and frame may be any size."""
    small = bytearray(plain("GIF", mode="P", colour=0, size=(4, 4)))
    small[6:10] = struct.pack("<HH", width, height)
    start = small.index(b",\x00\x00\x00\x00\x04\x00\x04\x00") + 5
    small[start : start + 4] = struct.pack("<HH", *frame)
    return bytes(small)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
