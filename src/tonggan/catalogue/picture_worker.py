"""The program inside a picture worker: it decodes strangers' bytes where a crash or a bomb costs nothing else.

`picture_workers.py` starts this file as a process of its own and speaks with it in frames over one socket, which is
both its input and its output. The file imports only the standard library and Pillow, so that it starts in some 60 ms.
Once ready it can open nothing: no file, no socket (`RLIMIT_NOFILE` is the three descriptors that it has).
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import struct
import sys
import warnings
from collections.abc import Callable
from typing import Any

sys.path.extend(sys.argv[2:] if __name__ == "__main__" else ())

from PIL import Image, ImageCms, MpoImagePlugin  # noqa: F401 - a phone's JPEG may be MPO, and nothing loads later

FRAME = struct.Struct("<II")
"""Every message, either way, opens with the lengths of its JSON part and of its bytes."""

MAX_PIXELS = 50_000_000
"""Largest picture decoded. 50 megapixels are 200 MB decoded; a 0.5 MB PNG can claim 690 MB."""

PICTURE_LONG_SIDE = 1024
"""Kept size: enough for every encoder and for a product page; larger only costs disk."""

THUMBNAIL_LONG_SIDE = 320
"""A cell of the results page at twice the pixel density."""

PICTURE_QUALITY = 90
"""JPEG, full chroma: measured against WebP 90 at 896 px, a tenth of the time to write, half to read, half the error."""

THUMBNAIL_QUALITY = 80
THUMBNAIL_EFFORT = 2
"""WebP method; 4 doubles the time for 3 % fewer bytes at 224 px."""

REDUCING_GAP = 3.0
"""Shrink by whole steps to thrice the target before the fine filter; Pillow's documented point of no visible loss."""

ORIENTATION_TAG = 0x0112

EMPTY_EXIF = Image.Exif().tobytes()
TRANSPOSITIONS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What makes a picture upright, by its EXIF orientation."""


def main() -> None:
    """Serve requests from the socket on descriptor 0 until it closes."""
    limits = json.loads(sys.argv[1])
    warnings.simplefilter("ignore")
    _rehearse()
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    _drop_abilities(limits["memory_bytes"])
    _write_frame({"ready": True}, b"")
    while (request := _read_frame()) is not None:
        _grant_processor_time(limits["processor_seconds"])
        _write_frame(*answer(*request))


def answer(request: dict[str, Any], content: bytes) -> tuple[dict[str, Any], bytes]:
    """Do what one request asks for; a picture that cannot be taken is an answer too."""
    actions: dict[str, Callable[[dict[str, Any], bytes], tuple[dict[str, Any], bytes]]] = {
        "keep": _keep,
        "pixels": _pixels,
    }
    try:
        return actions[request["action"]](request, content)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as bomb:
        return {"refused": _too_large(bomb)}, b""
    except MemoryError:
        return {"refused": "The picture needs more memory to decode than is allowed."}, b""
    except Exception as error:
        # Whatever a decoder makes of broken bytes is a fact about those bytes, and this process must outlive it.
        return {"refused": f"The {request['format']} picture is damaged or cut short ({_reason(error)})."}, b""


def _keep(request: dict[str, Any], content: bytes) -> tuple[dict[str, Any], bytes]:
    image = _decode(content, request["format"], long_side=PICTURE_LONG_SIDE)
    picture = _encoded(image, "JPEG", quality=PICTURE_QUALITY, subsampling=0)
    image.thumbnail((THUMBNAIL_LONG_SIDE, THUMBNAIL_LONG_SIDE), Image.Resampling.LANCZOS)
    thumbnail = _encoded(image, "WEBP", quality=THUMBNAIL_QUALITY, method=THUMBNAIL_EFFORT)
    return {"picture_bytes": len(picture)}, picture + thumbnail


def _pixels(request: dict[str, Any], content: bytes) -> tuple[dict[str, Any], bytes]:
    image = _decode(content, request["format"], long_side=request["long_side"], crop=request["crop"])
    return {"width": image.width, "height": image.height}, image.tobytes()


def _encoded(image: Image.Image, name: str, **parameters: int) -> bytes:
    stream = io.BytesIO()
    image.save(stream, name, **parameters)
    return stream.getvalue()


def _decode(content: bytes, name: str, *, long_side: int, crop: list[float] | None = None) -> Image.Image:
    """Return the picture upright, in sRGB, over white, without metadata, its long side at most `long_side`."""
    image = Image.open(io.BytesIO(content), formats=[name])
    _check_size(*image.size)
    profile = image.info.get("icc_profile")
    scale = long_side / max(image.size) / (min(crop[2:]) if crop else 1)
    image.draft(image.mode, (max(1, int(image.width * scale)), max(1, int(image.height * scale))))
    image.load()
    image = _cropped(_upright(image), crop)
    image = _shrunk(_workable(image), long_side)
    image = _over_white(image) if image.mode == "RGBA" else image
    image = _in_srgb(image, profile)
    image.info.clear()
    return image


def _check_size(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise Image.DecompressionBombError(f"{width * height}")


def _too_large(bomb: Exception) -> str:
    """Pillow looks first, before it allocates anything, and its message has the number of pixels alone."""
    pixels = re.search(r"\d+", str(bomb))
    count = f"{int(pixels[0]) / 1e6:.1f}" if pixels else "too many"
    return f"The picture has {count} megapixels; at most {MAX_PIXELS / 1e6:.0f} are accepted."


def _upright(image: Image.Image) -> Image.Image:
    try:
        orientation = image.getexif().get(ORIENTATION_TAG, 1)
    except Exception:
        # A broken EXIF block is metadata; it is thrown away in any case and no reason to refuse the picture.
        return image
    transposition = TRANSPOSITIONS.get(orientation)
    return image if transposition is None else image.transpose(transposition)


def _cropped(image: Image.Image, crop: list[float] | None) -> Image.Image:
    if crop is None:
        return image
    left, top, width, height = crop
    x, right = _span(left, width, count=image.width)
    y, bottom = _span(top, height, count=image.height)
    return image.crop((x, y, right, bottom))


def _span(start: float, part: float, *, count: int) -> tuple[int, int]:
    """First pixel and the one after the last: inside the picture, and at least one."""
    first = min(int(start * count), count - 1)
    return first, min(max(first + 1, round((start + part) * count)), count)


def _workable(image: Image.Image) -> Image.Image:
    """In a mode whose pixels can be averaged: L, RGB, RGBA or CMYK."""
    if image.mode.startswith("I;16"):
        return _from_sixteen_bits(image)
    if image.mode in ("PA", "LA", "La", "RGBa") or (image.mode in ("P", "RGB", "L") and "transparency" in image.info):
        return image.convert("RGBA")
    return image if image.mode in ("L", "RGB", "RGBA", "CMYK") else image.convert("RGB")


def _from_sixteen_bits(image: Image.Image) -> Image.Image:
    """Keep the high bytes; Pillow's own conversion clips at 255 and would give white."""
    high_byte = 0 if image.mode.endswith("B") else 1
    return Image.frombytes("L", image.size, image.tobytes()[high_byte::2])


def _shrunk(image: Image.Image, long_side: int) -> Image.Image:
    scale = long_side / max(image.size)
    if scale >= 1:
        return image
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.resize(size, Image.Resampling.LANCZOS, reducing_gap=REDUCING_GAP)


def _over_white(image: Image.Image) -> Image.Image:
    white = Image.new("RGB", image.size, "white")
    white.paste(image, mask=image.getchannel("A"))
    return white


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    if profile:
        # A profile that does not fit its picture is ignored, as browsers do.
        with contextlib.suppress(ImageCms.PyCMSError, OSError, ValueError, TypeError):
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            if not ImageCms.getProfileDescription(source).startswith("sRGB"):
                image = _profile_applied(image, source)
    return image.convert("RGB")


def _profile_applied(image: Image.Image, source: ImageCms.ImageCmsProfile) -> Image.Image:
    converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    return image if converted is None else converted


def _reason(error: Exception) -> str:
    text = " ".join(str(error).split())[:120]
    return text or type(error).__name__


def _rehearse() -> None:
    """Load now what decoding loads lazily (plug-ins, `copy`): later nothing can be opened."""
    Image.init()
    with contextlib.suppress(ImportError, AttributeError):
        from PIL import AvifImagePlugin

        AvifImagePlugin.DEFAULT_MAX_THREADS = 1
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for name in ("JPEG", "PNG", "GIF", "WEBP"):
        image = Image.new("RGB" if name == "JPEG" else "P", (2, 2))
        transparency = {} if name == "JPEG" else {"transparency": 0}
        stream = io.BytesIO()
        image.save(stream, name, exif=EMPTY_EXIF, icc_profile=profile, **transparency)
        answer({"action": "keep", "format": name}, stream.getvalue())
    answer({"action": "keep", "format": "PNG"}, stream.getvalue())


def _drop_abilities(memory_bytes: int) -> None:
    """Limit memory, and forbid files, sockets, processes and core dumps, as far as the system knows such limits."""
    import resource

    wanted = {"RLIMIT_AS": memory_bytes, "RLIMIT_FSIZE": 0, "RLIMIT_NOFILE": 3, "RLIMIT_CORE": 0, "RLIMIT_NPROC": 0}
    for name, value in wanted.items():
        # macOS knows the name RLIMIT_AS and refuses to set it; the deadline and the pixel limit remain there.
        with contextlib.suppress(ValueError, OSError, AttributeError):
            resource.setrlimit(getattr(resource, name), (value, value))


def _grant_processor_time(seconds: int) -> None:
    import resource
    import time

    allowed = int(time.process_time()) + seconds + 1
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CPU, (allowed, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def _read_frame() -> tuple[dict[str, Any], bytes] | None:
    opening = _read_exactly(FRAME.size)
    if opening is None:
        return None
    request_bytes, content_bytes = FRAME.unpack(opening)
    request, content = _read_exactly(request_bytes), _read_exactly(content_bytes)
    return None if request is None or content is None else (json.loads(request), content)


def _read_exactly(count: int) -> bytes | None:
    """Read `count` bytes, or None when the other side has closed."""
    buffer = bytearray(count)
    view, filled = memoryview(buffer), 0
    while filled < count:
        read = os.readv(0, [view[filled:]])
        if read == 0:
            return None
        filled += read
    return bytes(buffer)


def _write_frame(reply: dict[str, Any], content: bytes) -> None:
    encoded = json.dumps(reply).encode()
    for part in (FRAME.pack(len(encoded), len(content)) + encoded, content):
        view = memoryview(part)
        while view:
            view = view[os.write(1, view) :]


if __name__ == "__main__":
    main()
