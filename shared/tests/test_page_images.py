"""Page images of every kind: each is prepared, or refused with a sentence that says why."""

from __future__ import annotations

import io
import re
import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from shared import pen
from shared.labeling.page_files import shown_size
from shared.pages import image_files, prepare_page
from shared.pages.image_files import (
    TooManyPixelsError,
    UnreadableImageError,
    decode_page_image,
    open_page_image,
)
from shared.pages.preparation import page_ink
from shared.tests.odd_files import ODD_TIFFS

HAND = pen.hands("train")[0]


def page(height=240, width=320, paper=230, ink=40):
    """Return a page of three lines, dark on light gray, uint8."""
    rng = np.random.default_rng(0)
    strokes = np.zeros((height, width), np.float32)
    for k in range(3):
        line = pen.draw(pen.write("Tea for two", HAND, rng))[:, : width - 40] / 255
        strokes[30 + 60 * k : 62 + 60 * k, 20 : 20 + line.shape[1]] = line
    return np.round(paper + (ink - paper) * strokes).astype(np.uint8)


PAGE = page()


def agreement(a, b):
    return float(np.corrcoef(a.ravel().astype(float), b.ravel().astype(float))[0, 1])


def saved(path, image, **options):
    image.save(path, **options)
    return path


def test_a_scan_of_twelve_bits_or_a_float_just_above_one_is_no_blank_page(tmp_path):
    twelve = Image.fromarray(PAGE.astype(np.uint16) * 16)
    assert agreement(open_page_image(saved(tmp_path / "a.png", twelve)), PAGE) > 0.99
    levels = (PAGE / 255).astype(np.float32)
    levels[0, 0] = 1.02
    smooth = open_page_image(saved(tmp_path / "a.tif", Image.fromarray(levels)))
    assert agreement(smooth, PAGE) > 0.99
    levels[0, 0] = np.nan
    with pytest.raises(UnreadableImageError, match="NaN"):
        open_page_image(saved(tmp_path / "b.tif", Image.fromarray(levels)))


@pytest.mark.parametrize("side", [1.0, 1.5, 2.0])
def test_light_paper_on_a_dark_desk_stays_light(side):
    height, width = (round(size * side) for size in PAGE.shape)
    photo = np.full((height, width), 60, np.uint8)
    photo[: PAGE.shape[0], : PAGE.shape[1]] = PAGE
    ink = page_ink(photo)[: PAGE.shape[0], : PAGE.shape[1]]
    inner = slice(24, -24), slice(18, -24)
    assert agreement(ink[inner], 255 - PAGE[inner]) > 0.8


def test_a_large_photograph_is_as_gray_as_a_small_one(tmp_path):
    """Its decoder gives brightness alone, which spares three quarters of the memory."""
    rng = np.random.default_rng(0)
    tints = rng.integers(40, 250, (34, 30, 3)).astype(np.uint8)
    photo = Image.fromarray(tints).resize((3300, 3400))
    file = tmp_path / "large.jpg"
    photo.save(file, quality=92)
    exact = np.asarray(Image.open(file).convert("L"), np.int16)
    assert np.abs(open_page_image(file) - exact).max() <= 3


def _file(image, kind="PNG", **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def _chunk(kind, data):
    body = kind + data
    return len(data).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big")


def tinted():
    """Return pictures with strong colors, each as a file's bytes, by what is odd about them."""
    rng = np.random.default_rng(0)
    tints = rng.integers(0, 256, (40, 60, 3)).astype(np.uint8)
    color, other = Image.fromarray(tints), Image.fromarray(255 - tints)
    exif, info = Image.Exif(), PngInfo()
    exif[274] = 6
    info.add(b"gAMA", (45_455).to_bytes(4, "big"))
    info.add(b"sRGB", b"\0")
    clear, plain = color.copy(), _file(color)
    clear.putalpha(Image.fromarray(tints[..., 0]))
    deep = cv2.imencode(".png", rng.integers(0, 65_536, (40, 60, 3)).astype(np.uint16))[1]
    frames = {"save_all": True, "append_images": [other]}
    return {
        "plain": plain,
        "gamma": _file(color, pnginfo=info),
        "turned": _file(color, exif=exif),
        "turned at the end": plain[:-12] + _chunk(b"eXIf", exif.tobytes()[6:]) + plain[-12:],
        "see-through": _file(color, transparency=tuple(map(int, tints[3, 5]))),
        "alpha": _file(clear),
        "palette": _file(color.quantize()),
        "16 bits": deep.tobytes(),
        "two frames": _file(color, **frames),
        "webp": _file(color, "WEBP", lossless=True),
        "webp turned": _file(color, "WEBP", exif=exif),
        "webp alpha": _file(clear, "WEBP"),
        "webp of two frames": _file(color, "WEBP", lossless=True, **frames),
        "tiff": _file(color, "TIFF"),
    }


@pytest.mark.parametrize("name", tinted())
def test_a_large_picture_is_as_gray_as_pillow_makes_it(monkeypatch, name):
    content = tinted()[name]
    exact = decode_page_image(io.BytesIO(content), name).astype(int)
    monkeypatch.setattr(image_files, "LARGE", 100)
    gray = decode_page_image(io.BytesIO(content), name)
    assert gray.shape == exact.shape and np.abs(gray - exact).max() <= 2
    with pytest.raises(UnreadableImageError, match="cut off|no image"):
        decode_page_image(io.BytesIO(content[: len(content) // 3]), name)


def test_the_colors_of_a_large_png_or_webp_are_not_held(monkeypatch):
    monkeypatch.setattr(image_files, "LARGE", 100)
    monkeypatch.setattr(image_files, "_gray_of", None)  # What Pillow's pixels go through
    for name in ("plain", "gamma", "turned", "webp", "webp turned"):
        assert decode_page_image(io.BytesIO(tinted()[name]), name).size == 2400


def test_a_png_with_two_sizes_is_not_decoded_as_the_larger_one():
    content = tinted()["plain"]
    huge = _chunk(b"IHDR", (60_000).to_bytes(4, "big") * 2 + content[24:29])
    assert image_files._pixels_of_png(content)
    assert not image_files._pixels_of_png(content[:8] + huge + content[8:])


def test_only_formats_of_pictures_are_opened(tmp_path):
    file = tmp_path / "page.eps"
    Image.fromarray(PAGE).convert("RGB").save(file)
    with pytest.raises(UnreadableImageError, match="no image that can be opened"):
        open_page_image(file)


def test_modes_and_formats_give_the_same_page(tmp_path):
    gray = Image.fromarray(PAGE)
    clear = Image.fromarray(np.dstack([np.full_like(PAGE, 20)] * 3 + [255 - PAGE]))
    deep = Image.fromarray(PAGE.astype(np.uint16) * 257)
    files = {
        "gray.png": gray,
        "color.jpg": gray.convert("RGB"),
        "print.jpg": gray.convert("RGB").convert("CMYK"),
        "deep.png": deep,
        "palette.png": gray.convert("P"),
        "palette.gif": gray,
        "alpha.png": clear,
        "gray alpha.png": gray.convert("LA"),
        "bilevel.png": gray.point(lambda level: 255 * (level > 128)).convert("1"),
        "float.tiff": Image.fromarray((PAGE / 255).astype(np.float32)),
        "integers.tiff": Image.fromarray(PAGE.astype(np.int32)),
    }
    for name, image in files.items():
        opened = open_page_image(saved(tmp_path / name, image))
        assert (opened.dtype, opened.shape) == (np.uint8, PAGE.shape), name
        assert agreement(opened, PAGE) > 0.9, name


def test_the_orientation_of_the_camera_is_applied(tmp_path):
    turned = Image.fromarray(np.rot90(PAGE))  # Held upright, stored lying
    exif = Image.Exif()
    exif[274] = 6
    opened = open_page_image(saved(tmp_path / "phone.png", turned, exif=exif))
    np.testing.assert_array_equal(opened, PAGE)


def test_the_first_frame_of_an_animation_counts(tmp_path):
    frames = [Image.fromarray(PAGE), Image.fromarray(255 - PAGE)]
    path = tmp_path / "moving.gif"
    frames[0].save(path, save_all=True, append_images=frames[1:])
    np.testing.assert_array_equal(open_page_image(path), PAGE)


def test_files_that_are_no_whole_image_say_so(tmp_path):
    whole = saved(tmp_path / "page.png", Image.fromarray(PAGE)).read_bytes()
    jpeg = saved(tmp_path / "page.jpg", Image.fromarray(PAGE)).read_bytes()
    cases = {
        "cut.png": (whole[: len(whole) // 2], "cut.png cannot be read to its end.*cut off"),
        "cut.jpg": (jpeg[: len(jpeg) // 2], "cut.jpg cannot be read to its end.*cut off"),
        "empty.png": (b"", "empty.png is no image"),
        "text.jpg": (b"Dear John", "text.jpg is no image.*JPEG or PNG"),
        "scan.pdf": (b"%PDF-1.7\n", "PDF"),
    }
    for name, (content, message) in cases.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(UnreadableImageError, match=message):
            open_page_image(tmp_path / name)
    with pytest.raises(FileNotFoundError, match="no image file at"):
        open_page_image(tmp_path / "missing.png")
    with pytest.raises(FileNotFoundError, match="no image file at"):
        open_page_image(tmp_path)


@pytest.mark.parametrize("name", ODD_TIFFS)
def test_whatever_a_decoder_raises_means_a_damaged_file(tmp_path, name):
    path = tmp_path / "odd.tif"
    path.write_bytes(ODD_TIFFS[name])
    with pytest.raises(UnreadableImageError, match="odd.tif cannot be read to its end.*damaged"):
        open_page_image(path)


@pytest.mark.parametrize("opener", [open_page_image, shown_size])
@pytest.mark.parametrize("error", [RuntimeError("odd"), KeyError(3), struct.error("short")])
def test_every_opener_calls_what_a_plugin_raises_damaged(tmp_path, monkeypatch, opener, error):
    path = saved(tmp_path / "page.png", Image.fromarray(PAGE))

    def fail(image):
        raise error

    monkeypatch.setattr(Image.Image, "getexif", fail)
    with pytest.raises(UnreadableImageError, match="page.png cannot be read to its end"):
        opener(path)
    error = MemoryError()
    with pytest.raises(TooManyPixelsError, match="more memory than there is"):
        opener(path)


def test_images_of_people_are_opened_in_one_place_alone():
    """Other calls open pictures that this repository drew or stored itself."""
    known = {"pages/image_files.py": 1, "explorer/png.py": 1}
    known |= {"experiments/tracking/history.py": 1}
    shared = Path(image_files.__file__).parents[1]
    found = {}
    for file in shared.rglob("*.py"):
        if "tests" not in file.parts:
            calls = len(re.findall(r"Image\.open\(|imread\(", file.read_text(encoding="utf-8")))
            found |= {file.relative_to(shared).as_posix(): calls} if calls else {}
    assert found == known


def test_lightness_of_a_lab_image_is_read(tmp_path):
    lab = Image.merge("LAB", [Image.fromarray(PAGE)] + [Image.new("L", PAGE.shape[::-1])] * 2)
    path = saved(tmp_path / "lab.tif", lab)
    np.testing.assert_array_equal(open_page_image(path), PAGE)


def test_an_image_that_claims_too_many_pixels_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    path = saved(tmp_path / "huge.png", Image.fromarray(PAGE))
    with pytest.raises(UnreadableImageError, match="megapixels.*40 megapixels or less"):
        open_page_image(path)
    with pytest.raises(UnreadableImageError, match="megapixels"):
        shown_size(path)


def test_forty_megapixels_are_reduced_and_keep_their_place(tmp_path):
    import cv2

    large = cv2.resize(PAGE, (7300, 5480), interpolation=cv2.INTER_LINEAR)
    path = saved(tmp_path / "large.png", Image.fromarray(large), compress_level=1)
    prepared = prepare_page(open_page_image(path))
    assert prepared.gray.size <= 12.1e6
    assert prepared.gray_scale == pytest.approx(prepared.gray.shape[1] / 7300, rel=1e-3)
    assert prepared.ink.size <= 301_000
    assert prepared.scale == pytest.approx(prepared.ink.shape[1] / 7300, rel=1e-2)


@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (5000, 1), (3, 2), (17, 40)])
def test_tiny_images_are_pages_without_ink_or_with_some(shape):
    for level in (0, 128, 255):
        prepared = prepare_page(np.full(shape, level, np.uint8))
        assert prepared.ink.dtype == np.uint8 and not prepared.ink.any()


VARIANTS = {
    "floats": PAGE / 255,
    "sixteen bits": PAGE.astype(np.uint16) * 257,
    "color": np.repeat(PAGE[..., None], 3, axis=2),
    "one channel": PAGE[..., None],
    "alpha": np.dstack([PAGE, PAGE, PAGE, np.full_like(PAGE, 255)]),
    "light on dark": 255 - PAGE,
    "fainter": page(ink=170),
    "darker paper": page(paper=120, ink=10),
    "shaded": (PAGE * np.linspace(0.4, 1, PAGE.shape[1])).astype(np.uint8),
    "not contiguous": np.repeat(PAGE, 2, axis=1)[:, ::2],
}


@pytest.mark.parametrize("name", VARIANTS)
def test_polarity_depth_and_light_do_not_matter(name):
    expected = prepare_page(PAGE).ink
    assert agreement(prepare_page(VARIANTS[name]).ink, expected) > 0.95


def test_ink_is_strong_and_paper_is_nothing():
    ink = prepare_page(PAGE).ink
    assert np.median(ink) == 0 and 0.01 < (ink > 128).mean() < 0.2
    assert np.percentile(ink[ink > 60], 80) > 200


def test_a_shadow_with_a_hard_edge_is_no_ink():
    shaded = PAGE.copy()
    shaded[:, 200:] = (shaded[:, 200:] * 0.6).astype(np.uint8)
    assert agreement(prepare_page(shaded).ink, prepare_page(PAGE).ink) > 0.8


def test_empty_paper_has_no_ink():
    rng = np.random.default_rng(0)
    papers = [np.full((200, 300), 240.0), rng.normal(220, 3, (200, 300))]
    papers.append(np.linspace(120, 250, 300)[None] + rng.normal(0, 2, (200, 300)))
    for paper in papers:
        assert (page_ink(np.clip(paper, 0, 255).astype(np.uint8)) > 60).mean() < 0.001


def test_another_scale_shows_the_same_page():
    prepared = prepare_page(PAGE)
    half = prepared.at_scale(0.5)
    assert half.ink.shape == (120, 160) and half.gray is prepared.gray
    assert prepared.at_scale(2.0).ink.shape == (480, 640)


BAD = {
    "empty": (np.zeros((0, 5)), "empty"),
    "a batch": (np.zeros((2, 9, 9, 3)), "not a batch"),
    "NaN": (np.full((9, 9), np.nan), "NaN"),
    "seven channels": (np.zeros((9, 9, 7), np.uint8), "1 to 4 channels"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_image_is_explained(name):
    image, message = BAD[name]
    with pytest.raises(ValueError, match=message):
        prepare_page(image)
