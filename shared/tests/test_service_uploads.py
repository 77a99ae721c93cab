"""Hostile and odd uploads: a clean refusal or the right answer, and never a mistake of ours."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zipfile
import zlib

import numpy as np
import pytest
from PIL import Image

from shared.tests.odd_files import ODD_TIFFS
from shared.tests.service_support import PNG, client, encoded, settings, written, written_page

TEXT = "a letter to my mother"


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    folder = tmp_path_factory.mktemp("uploads")
    with client(folder, max_pixels=4_000_000, max_bytes=3_000_000) as one:
        yield one


@pytest.fixture(scope="module")
def line():
    return written(TEXT)


def chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(
        ">I", zlib.crc32(kind + content)
    )  # fmt: skip


def png_of(width, height, data=b"", extra=b"", depth=8):
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + extra + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def bomb():
    """A small file that says it holds, and does hold, 900 megapixels."""
    packer = zlib.compressobj(9)
    data = b"".join(packer.compress(bytes(30_001)) for _ in range(2_000)) + packer.flush()
    return png_of(30_000, 30_000, data)


def text_bomb():
    """A picture of four pixels with a compressed comment of 80 MB."""
    comment = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(80_000_000)))
    return png_of(2, 2, zlib.compress(b"\0\0\0" * 2), comment)


def zip_file(name="page.png"):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("page.txt", "no image")
    return buffer.getvalue()


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
REFUSED = {
    "text": (b"hello, I am a text", 415),
    "svg": (SVG, 415),
    "html": (b"<!doctype html><script>alert(1)</script>", 415),
    "pdf": (b"%PDF-1.7\n1 0 obj <<>> endobj", 415),
    "renamed zip": (zip_file(), 415),
    "zeros": (bytes(5_000), 415),
    "heic": (b"\0\0\0\x18ftypheic" + bytes(200), 415),
    "elf": (b"\x7fELF" + bytes(500), 415),
    "only a png's first bytes": (b"\x89PNG\r\n\x1a\n", 415),
    "only a jpeg's first bytes": (b"\xff\xd8\xff\xe0", 415),
    "huge claim": (png_of(60_000, 60_000, zlib.compress(b"")), 413),
    "longest claim": (png_of(2**31 - 1, 2**31 - 1, zlib.compress(b"")), 413),
    "decompression bomb": (bomb(), 413),
    "comment bomb": (text_bomb(), 422),
    "no pixels": (png_of(0, 0, zlib.compress(b"")), 422),
    "empty data": (png_of(40, 40), 422),
    **{name: (content, 422) for name, content in ODD_TIFFS.items()},
}


@pytest.mark.parametrize("address", ["/v1/line", "/v1/page"])
@pytest.mark.parametrize("name", REFUSED)
def test_is_refused(service, address, name):
    content, expected = REFUSED[name]
    assert len(content) < 3_000_000
    answer = service.post(address, content=content, headers=PNG)
    assert 400 <= answer.status_code < 500, answer.text
    assert answer.status_code in {expected, 415, 422}, answer.text
    if expected == 413:  # Before it was decoded
        assert answer.json()["reason"] == "too-many-pixels"
    assert answer.json()["reason"] and "Traceback" not in answer.text


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "TIFF", "BMP"])
def test_a_file_cut_off_anywhere_is_refused_or_read(service, line, kind):
    whole = encoded(line, kind)
    for share in (0.02, 0.1, 0.5, 0.9, 0.99):
        answer = service.post("/v1/line", content=whole[: int(len(whole) * share)], headers=PNG)
        assert answer.status_code in (200, 415, 422), (share, answer.text)
        if answer.status_code == 200:  # A decoder may not need the last bytes
            assert share > 0.5


def test_damaged_bytes_never_make_a_mistake_of_ours(service, line):
    rng = np.random.default_rng(0)
    for kind in ("PNG", "JPEG", "GIF", "WEBP", "TIFF", "BMP"):
        whole = np.frombuffer(encoded(line, kind), np.uint8)
        for _ in range(12):
            damaged = whole.copy()
            places = rng.integers(len(damaged), size=rng.integers(1, 20))
            damaged[places] = rng.integers(256, size=len(places))
            answer = service.post("/v1/line", content=damaged.tobytes(), headers=PNG)
            assert answer.status_code in (200, 413, 415, 422), (kind, answer.text)


def read(service, content, address="/v1/line"):
    answer = service.post(address, content=content, headers={"Content-Type": "image/jpeg"})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_orientation_of_the_camera_is_applied(service):
    page = written_page()
    expected = read(service, encoded(page.image, quality=95, kind="JPEG"), "/v1/page")
    for orientation, turn in ((3, 2), (6, 1), (8, 3)):
        exif = Image.Exif()
        exif[0x0112] = orientation
        turned = np.rot90(page.image, turn)
        content = encoded(turned.copy(), "JPEG", quality=95, exif=exif.tobytes())
        found = read(service, content, "/v1/page")
        assert found["image"] == expected["image"] and len(found["lines"]) == 3
        assert np.allclose(found["lines"][0]["box"], expected["lines"][0]["box"], atol=4)


def variants(line):
    gray = Image.fromarray(line)

    def saved(image, kind, **options):
        buffer = io.BytesIO()
        image.save(buffer, kind, **options)
        return buffer.getvalue()

    clear = Image.new("RGBA", gray.size, (0, 0, 0, 0))
    clear.putalpha(Image.fromarray(255 - line))
    deep = Image.fromarray((line.astype(np.uint16) << 8) + 128)
    return {
        "CMYK": saved(gray.convert("RGB").convert("CMYK"), "JPEG", quality=95),
        "16 bits": saved(deep, "PNG"),
        "palette": saved(gray.convert("P"), "PNG"),
        "transparent": saved(clear, "PNG"),
        "animated": saved(
            gray, "GIF", save_all=True, append_images=[Image.new("L", gray.size, 255)]
        ),
        "animated webp": saved(
            gray, "WEBP", lossless=True, save_all=True,
            append_images=[Image.new("L", gray.size, 255)],
        ),
        "light on dark": saved(Image.fromarray(255 - line), "PNG"),
        "tiff": saved(gray, "TIFF", compression="tiff_lzw"),
    }  # fmt: skip


@pytest.mark.parametrize(
    "name",
    ["CMYK", "16 bits", "palette", "transparent", "animated", "animated webp", "light on dark",
     "tiff"],
)  # fmt: skip
def test_odd_images_are_read(service, line, name):
    assert read(service, variants(line)[name])["text"] == TEXT


@pytest.mark.parametrize(
    ("height", "width"), [(1, 1), (1, 3000), (3000, 1), (2, 2), (8, 200_000), (7, 7), (2000, 9)]
)
def test_odd_shapes_are_refused_or_empty(service, height, width):
    rng = np.random.default_rng(1)
    pixels = (rng.random((height, width)) > 0.3).astype(np.uint8) * 255
    for address in ("/v1/line", "/v1/page"):
        answer = service.post(address, content=encoded(pixels), headers=PNG)
        assert answer.status_code in (200, 422), answer.text


def test_noise_is_answered_in_bounded_time(service):
    noise = np.random.default_rng(2).integers(256, size=(1400, 2000)).astype(np.uint8)
    for address in ("/v1/line", "/v1/page"):
        answer = service.post(address, content=encoded(noise, "JPEG"), headers=PNG)
        assert answer.status_code in (200, 422, 503), answer.text


def test_a_bomb_is_refused_before_it_is_decoded(tmp_path):
    from shared.service.images import decode_upload
    from shared.service.problems import Problem

    content = bomb()
    tracemalloc.start()
    try:
        with pytest.raises(Problem, match="megapixels"):
            decode_upload(content, settings(tmp_path).max_pixels)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 20e6
