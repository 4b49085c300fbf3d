"""What bytes are is told by their first bytes, never by a name."""

from __future__ import annotations

import gzip
import io
import zipfile

import pytest

from catalogue.picture_files import plain
from tonggan.catalogue.picture_kinds import picture_format
from tonggan.errors import InputError


def zipped() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("photo.jpg", plain("JPEG"))
    return stream.getvalue()


@pytest.mark.parametrize("name", ["JPEG", "PNG", "GIF", "WEBP", "AVIF"])
def test_an_accepted_format_is_recognised(name: str) -> None:
    assert picture_format(plain(name)) == name


REFUSED = {
    "0 bytes": b"",
    "an SVG drawing": b'\xef\xbb\xbf <svg xmlns="http://www.w3.org/2000/svg"/>',
    "SVG drawing": b'<?xml version="1.0"?><!-- c --><svg/>',
    "an XML document": b'<?xml version="1.0"?><rss/>',
    "an HTML page": b"\n<!DOCTYPE html><title>Not found</title>",
    "a playlist (HLS": b"#EXTM3U\nhttp://169.254.169.254/\n",
    "a playlist (PLS)": b"[playlist]\nFile1=http://127.0.0.1/",
    "a PDF document": b"%PDF-1.7\n",
    "EPS": b"%!PS-Adobe-3.0 EPSF-3.0",
    "an EPS file": b"\xc5\xd0\xd3\xc6\x20\x00",
    "a gzip archive": gzip.compress(plain("JPEG")),
    "a ZIP archive": zipped(),
    "a tar archive": b"photo.jpg".ljust(257, b"\0") + b"ustar\x0000",
    "a TIFF picture": plain("TIFF"),
    "a BMP picture": plain("BMP"),
    "an icon": plain("ICO"),
    "a JPEG 2000 picture": plain("JPEG2000"),
    "a HEIC picture": b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic",
    "a video (MP4)": b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isommp42",
    "a video (WebM or MKV)": b"\x1a\x45\xdf\xa3\x01",
    "a sound (WAV)": b"RIFF\x24\x00\x00\x00WAVEfmt ",
    "a program": b"\x7fELF\x02\x01",
    "text": "这不是图片".encode(),
    "an unknown format": b"\x00\x01\x02\x03",
}


@pytest.mark.parametrize("called", REFUSED)
def test_a_refusal_names_what_the_bytes_are(called: str) -> None:
    with pytest.raises(InputError) as refusal:
        picture_format(REFUSED[called])
    assert called in refusal.value.message
    assert "JPEG, PNG, WebP, GIF or AVIF" in refusal.value.remedy
