"""A picture comes out upright, in sRGB, over white, without metadata; a hostile one comes out as a refusal."""

from __future__ import annotations

import io
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, PngImagePlugin, features

from catalogue.picture_files import (
    BLUE,
    GREEN,
    RED,
    WHITE,
    encoded,
    gif_that_claims,
    left_red_right_blue,
    plain,
    png_of_zeros,
)
from tonggan.catalogue.picture_workers import PictureWorkers, WorkerLimits
from tonggan.errors import InputError

WORKERS = PictureWorkers(count=1, limits=WorkerLimits(timeout_seconds=60, processor_seconds=60))


@pytest.fixture(scope="module", autouse=True)
def _workers_stop() -> Iterator[None]:
    yield
    for worker in WORKERS._workers:
        worker.stop()


def pixels(content: bytes, *, crop: tuple[float, float, float, float] | None = None) -> np.ndarray:
    return WORKERS.pixels(content, long_side=512, crop=crop)


def near(pixel: np.ndarray, colour: tuple[int, int, int], *, tolerance: int = 12) -> bool:
    return bool(np.abs(pixel.astype(int) - colour).max() <= tolerance)


def refusal(content: bytes) -> str:
    with pytest.raises(InputError) as error:
        pixels(content)
    return error.value.message


@pytest.mark.parametrize("name", ["JPEG", "PNG", "GIF", "WEBP", "AVIF"])
def test_every_accepted_format_decodes(name: str) -> None:
    if name == "AVIF" and not features.check("avif"):
        pytest.skip("this Pillow has no AVIF")
    picture = pixels(plain(name))
    assert picture.shape == (30, 40, 3)
    assert picture.dtype == np.uint8
    assert near(picture[15, 20], RED)


def test_the_long_side_is_reduced_and_never_enlarged() -> None:
    assert pixels(plain("JPEG", size=(4000, 1000))).shape == (128, 512, 3)
    assert pixels(plain("JPEG", size=(3, 9000))).shape == (512, 1, 3)
    assert pixels(plain("JPEG", size=(1, 1))).shape == (1, 1, 3)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_exif_orientation_is_made_upright(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # the transposition that stores an upright picture so
    image = left_red_right_blue()
    stored = image if orientation == 1 else image.transpose(Image.Transpose(undo[orientation]))
    picture = pixels(encoded(stored, "JPEG", exif=exif, quality=95))
    assert picture.shape == (40, 80, 3)
    assert near(picture[20, 10], RED)
    assert near(picture[20, 70], BLUE)


def test_broken_exif_is_no_reason_to_refuse() -> None:
    assert near(
        pixels(encoded(Image.new("RGB", (8, 8), RED), "JPEG", exif=b"Exif\0\0MM\0*\xff\xff\xff\xff"))[4, 4], RED
    )


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparency_becomes_white(mode: str) -> None:
    transparent = (0,) * len(mode)
    assert near(pixels(plain("PNG", mode=mode, colour=transparent))[5, 5], WHITE, tolerance=0)


def test_half_transparent_red_over_white_is_pink() -> None:
    assert near(pixels(plain("PNG", mode="RGBA", colour=(255, 0, 0, 128)))[5, 5], (255, 127, 127), tolerance=1)


def test_a_transparent_palette_entry_becomes_white() -> None:
    image = Image.new("P", (20, 20), 1)
    image.putpalette([0, 0, 0, 0, 255, 0])
    image.paste(0, (0, 0, 10, 20))
    for name in ("PNG", "GIF"):
        picture = pixels(encoded(image, name, transparency=0))
        assert near(picture[5, 2], WHITE, tolerance=0)
        assert near(picture[5, 17], GREEN, tolerance=0)


def test_a_transparent_colour_of_an_rgb_png_becomes_white() -> None:
    assert near(pixels(encoded(Image.new("RGB", (9, 9), RED), "PNG", transparency=RED))[4, 4], WHITE, tolerance=0)


def test_a_cmyk_jpeg_keeps_its_colours() -> None:
    assert near(pixels(encoded(Image.new("RGB", (16, 16), RED).convert("CMYK"), "JPEG"))[8, 8], RED)


def test_a_sixteen_bit_grey_png_keeps_its_brightness() -> None:
    grey = np.full((10, 10), 0x8040, dtype=np.uint16)
    assert near(pixels(encoded(Image.fromarray(grey), "PNG"))[5, 5], (0x80, 0x80, 0x80), tolerance=0)


@pytest.mark.parametrize("mode", ["1", "L"])
def test_one_channel_becomes_three(mode: str) -> None:
    assert near(pixels(plain("PNG", mode=mode, colour=255))[5, 5], WHITE, tolerance=0)


def test_a_moving_gif_gives_its_first_frame() -> None:
    frames = [Image.new("RGB", (12, 12), colour) for colour in (GREEN, RED, BLUE)]
    moving = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert near(pixels(moving)[6, 6], GREEN, tolerance=0)


def test_a_colour_profile_is_applied() -> None:
    swapped = _profile_with_red_and_green_swapped()
    assert near(pixels(encoded(Image.new("RGB", (9, 9), RED), "PNG", icc_profile=swapped))[4, 4], GREEN)


def test_a_broken_colour_profile_is_ignored() -> None:
    assert near(pixels(encoded(Image.new("RGB", (9, 9), RED), "PNG", icc_profile=b"nonsense"))[4, 4], RED, tolerance=0)


def test_a_crop_is_a_part_of_the_upright_picture() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    stored = left_red_right_blue(size=(400, 200)).transpose(Image.Transpose.ROTATE_90)
    content = encoded(stored, "JPEG", exif=exif, quality=95)
    right_half = pixels(content, crop=(0.5, 0.0, 0.5, 1.0))
    assert right_half.shape == (200, 200, 3)
    assert near(right_half[100, 100], BLUE)


def test_a_small_crop_of_a_large_jpeg_keeps_its_detail() -> None:
    content = encoded(left_red_right_blue(size=(4000, 2000)), "JPEG")
    assert pixels(content, crop=(0.45, 0.45, 0.1, 0.1)).shape == (200, 400, 3)


def test_what_is_kept_has_no_metadata() -> None:
    exif = Image.Exif()
    exif[0x010E] = "secret place"
    text = PngImagePlugin.PngInfo()
    text.add_text("comment", "secret place")
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    image = Image.new("RGB", (50, 50), RED)
    for content in (
        encoded(image, "JPEG", exif=exif, comment=b"secret place", icc_profile=profile),
        encoded(image, "PNG", exif=exif, pnginfo=text, icc_profile=profile),
        encoded(image, "WEBP", exif=exif, xmp=b"secret place", icc_profile=profile),
        encoded(image, "GIF", comment=b"secret place"),
    ):
        kept = WORKERS.keepable(content)
        for form in (kept.picture, kept.thumbnail):
            assert b"secret" not in form
            assert not {"exif", "icc_profile", "xmp", "comment"} & set(Image.open(io.BytesIO(form)).info)


def test_what_is_kept_is_a_jpeg_of_1024_and_a_webp_of_320() -> None:
    kept = WORKERS.keepable(plain("PNG", size=(2048, 1024)))
    picture, thumbnail = Image.open(io.BytesIO(kept.picture)), Image.open(io.BytesIO(kept.thumbnail))
    assert (picture.format, picture.size) == ("JPEG", (1024, 512))
    assert (thumbnail.format, thumbnail.size) == ("WEBP", (320, 160))


def test_what_follows_a_polyglots_picture_is_not_kept() -> None:
    for tail in (b"PK\x03\x04evil archive", b"<script>evil</script>", b"%PDF-1.7 evil"):
        kept = WORKERS.keepable(plain("JPEG") + tail)
        assert b"evil" not in kept.picture + kept.thumbnail


def test_a_png_bomb_is_refused_by_its_header() -> None:
    bomb = png_of_zeros(13_000, 13_000)
    assert len(bomb) < 1_000_000
    assert refusal(bomb) == "The picture has 169.0 megapixels; at most 50 are accepted."
    assert near(pixels(plain())[5, 5], RED)


def test_a_jpeg_just_over_the_limit_is_refused() -> None:
    assert "50.4 megapixels" in refusal(plain("JPEG", mode="L", colour=1, size=(7100, 7100)))


@pytest.mark.parametrize(
    ("screen", "frame"), [((65535, 65535), (4, 4)), ((4, 4), (65535, 65535)), ((8000, 8000), (4, 4))]
)
def test_a_gif_with_a_huge_screen_or_frame_is_refused(screen: tuple[int, int], frame: tuple[int, int]) -> None:
    assert "megapixels; at most 50" in refusal(gif_that_claims(*screen, frame=frame))


def test_a_webp_that_claims_a_huge_canvas_is_refused() -> None:
    content = bytearray(plain("WEBP", mode="RGBA", colour=(1, 2, 3, 4)))
    assert content[12:16] == b"VP8X"
    content[24:30] = b"\xff\x3f\x00\xff\x3f\x00"
    assert "268.4 megapixels" in refusal(bytes(content))


@pytest.mark.parametrize("name", ["JPEG", "PNG", "GIF", "WEBP", "AVIF"])
def test_a_file_cut_short_is_refused(name: str) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (200, 200, 3), dtype=np.uint8)
    content = encoded(Image.fromarray(noise), name)
    for size in (16, len(content) // 2):
        assert f"The {name} picture is damaged or cut short" in refusal(content[:size])


def test_one_format_in_the_clothes_of_another_is_refused() -> None:
    assert "damaged" in refusal(b"\xff\xd8\xff" + plain("PNG"))


def test_text_named_png_is_refused() -> None:
    assert "text" in refusal(b"price,title\n1,shoe\n")


MAGIC = st.sampled_from(
    [b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"RIFF\x40\0\0\0WEBPVP8 ", b"\0\0\0\x18ftypavif"]
)


@settings(max_examples=120, deadline=None)
@given(magic=MAGIC, rest=st.binary(max_size=300))
def test_random_bytes_are_refused_and_cost_nothing_else(magic: bytes, rest: bytes) -> None:
    before = WORKERS.process_ids()
    with pytest.raises(InputError):
        pixels(magic + rest)
    assert WORKERS.process_ids() == before or not before


VALID = [encoded(left_red_right_blue(size=(24, 16)), name) for name in ("JPEG", "PNG", "GIF", "WEBP", "AVIF")]


@settings(max_examples=150, deadline=None)
@given(content=st.sampled_from(VALID), place=st.floats(0, 0.999), change=st.binary(min_size=1, max_size=8))
def test_a_damaged_picture_is_a_picture_or_a_refusal(content: bytes, place: float, change: bytes) -> None:
    start = int(place * len(content))
    try:
        picture = pixels(content[:start] + change + content[start + len(change) :])
    except InputError:
        return
    assert picture.dtype == np.uint8
    assert picture.shape[2] == 3


def _profile_with_red_and_green_swapped() -> bytes:
    """An sRGB profile whose red and green colorants have changed places, and whose name is not sRGB."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = profile.replace(b"rXYZ", b"tmp!").replace(b"gXYZ", b"rXYZ").replace(b"tmp!", b"gXYZ")
    return swapped.replace("sRGB".encode("utf-16-be"), "xRGB".encode("utf-16-be"))
