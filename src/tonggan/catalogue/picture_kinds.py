"""What a run of bytes is, told by its first bytes: a picture that we decode, or a name for what it is instead."""

from __future__ import annotations

from tonggan.errors import InputError

ACCEPTED = "JPEG, PNG, WebP, GIF or AVIF"

HEAD_BYTES = 1024
"""Bytes looked at; every signature lies in the first 12, `ustar` at 257, and an XML prologue may precede `<svg`."""

AVIF_BRANDS = frozenset({b"avif", b"avis"})
"""Brands of the `ftyp` box that promise AV1 frames; `mif1` alone may also be HEIC."""

TEXT_KINDS: tuple[tuple[bytes, str], ...] = (
    (b"#extm3u", "a playlist (HLS or M3U)"),
    (b"[playlist]", "a playlist (PLS)"),
    (b"<svg", "an SVG drawing"),
    (b"<!doctype svg", "an SVG drawing"),
    (b"<!doctype html", "an HTML page"),
    (b"<html", "an HTML page"),
)
"""Openings of text formats, lower case, after byte order mark and white space."""

OTHER_KINDS: tuple[tuple[int, bytes, str], ...] = (
    (0, b"%PDF", "a PDF document"),
    (0, b"%!PS", "a PostScript or EPS file"),
    (0, b"\xc5\xd0\xd3\xc6", "an EPS file"),
    (0, b"PK\x03\x04", "a ZIP archive"),
    (0, b"PK\x05\x06", "a ZIP archive"),
    (0, b"\x1f\x8b", "a gzip archive"),
    (0, b"BZh", "a bzip2 archive"),
    (0, b"\xfd7zXZ\x00", "an xz archive"),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (0, b"Rar!\x1a\x07", "a RAR archive"),
    (0, b"\x28\xb5\x2f\xfd", "a Zstandard archive"),
    (257, b"ustar", "a tar archive"),
    (0, b"BM", "a BMP picture"),
    (0, b"II*\x00", "a TIFF picture"),
    (0, b"MM\x00*", "a TIFF picture"),
    (0, b"8BPS", "a Photoshop file"),
    (0, b"\x00\x00\x01\x00", "an icon"),
    (0, b"\x00\x00\x00\x0cjP  ", "a JPEG 2000 picture"),
    (0, b"\xff\x4f\xff\x51", "a JPEG 2000 picture"),
    (0, b"\x00\x00\x00\x0cJXL ", "a JPEG XL picture"),
    (0, b"\xff\x0a", "a JPEG XL picture"),
    (8, b"WAVE", "a sound (WAV)"),
    (8, b"AVI ", "a video (AVI)"),
    (0, b"OggS", "a sound or video (Ogg)"),
    (0, b"fLaC", "a sound (FLAC)"),
    (0, b"ID3", "a sound (MP3)"),
    (0, b"\x1a\x45\xdf\xa3", "a video (WebM or MKV)"),
    (0, b"\x7fELF", "a program"),
    (0, b"MZ", "a program"),
)
"""Offset, bytes there, and what such a file is called."""


def picture_format(content: bytes) -> str:
    """Return Pillow's name of the picture format that the bytes claim to be.

    >>> picture_format(b"GIF89a...")
    'GIF'

    Raises InputError that names what the bytes are when they are not an accepted picture.
    """
    if not content:
        raise InputError("The picture is empty: it has 0 bytes.", remedy=f"Send {ACCEPTED}.")
    head = content[:HEAD_BYTES]
    name = _accepted_format(head)
    if name is None:
        raise InputError(f"The bytes are {_other_kind(head)}, not an accepted picture.", remedy=f"Send {ACCEPTED}.")
    return name


def _accepted_format(head: bytes) -> str | None:
    if head.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "GIF"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    return "AVIF" if AVIF_BRANDS & _brands(head) else None


def _brands(head: bytes) -> frozenset[bytes]:
    """Major and compatible brands of an ISO media file; empty for any other file."""
    if head[4:8] != b"ftyp":
        return frozenset()
    end = min(int.from_bytes(head[:4], "big"), len(head))
    return frozenset([head[8:12], *(head[start : start + 4] for start in range(16, end, 4))])


def _other_kind(head: bytes) -> str:
    for offset, signature, name in OTHER_KINDS:
        if head.startswith(signature, offset):
            return name
    if head[4:8] == b"ftyp":
        return "a HEIC picture" if head[8:11] in (b"hei", b"hev", b"mif", b"msf") else "a video (MP4)"
    return _text_kind(head) or "of an unknown format"


def _text_kind(head: bytes) -> str | None:
    opening = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    for signature, name in TEXT_KINDS:
        if opening.startswith(signature):
            return name
    if opening.startswith((b"<?xml", b"<!--")):
        return "an SVG drawing" if b"<svg" in opening else "an XML document"
    return None if _has_control_bytes(head) else "text"


def _has_control_bytes(head: bytes) -> bool:
    return any(byte < 32 and byte not in b"\t\n\r\f\x1b" for byte in head)
