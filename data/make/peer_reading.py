"""Read lines and pages with software that others made; run in an environment of its own.

usage: peer_reading.py rapidocr|tesseract IN.json OUT.json

Needs `pip install rapidocr onnxruntime`, or the program tesseract (apt install tesseract-ocr) and
Pillow. IN.json: {"lines": [paths], "pages": [paths]}; OUT.json: the texts, time, size, versions.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
import unicodedata
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

# What each peer reads best with was tried on training lines: RapidOCR without a margin
MARGIN = (10, 6)
ENLARGED = 2  # Tesseract was made for letters of about 30 pixels


class RapidOcr:
    """PP-OCR's networks, as `pip install rapidocr` brings them."""

    def __init__(self) -> None:
        from rapidocr import RapidOCR

        self._engine = RapidOCR()

    def line(self, image: Image.Image) -> str:
        """Return the text of a line, without looking for lines in it."""
        found = self._engine(np.asarray(image), use_det=False, use_cls=False, use_rec=True)
        return found.txts[0] if found.txts else ""

    def page(self, image: Image.Image) -> str:
        """Return the text of a page in its own order of reading."""
        # All three are named, because what one call leaves out stays out in the next
        found = self._engine(np.asarray(image), use_det=True, use_cls=True, use_rec=True)
        return "\n".join(found.txts or ())

    def about(self) -> dict[str, Any]:
        """Return what is measured, and the size of its networks."""
        import rapidocr

        files = list((Path(rapidocr.__file__).parent / "models").glob("*.onnx"))
        sizes = {"lines": sum(f.stat().st_size for f in files if "_rec_" in f.name)}
        sizes["pages"] = sum(file.stat().st_size for file in files)
        versions = {name: version(name) for name in ("rapidocr", "onnxruntime")}
        networks = sorted(file.stem for file in files)
        return {"bytes": sizes, "versions": versions, "networks": networks}


class Tesseract:
    """The program tesseract with its English network for print."""

    def line(self, image: Image.Image) -> str:
        """Return the text of a line, enlarged and with paper around it."""
        image = on_paper(image)
        size = ENLARGED * image.width, ENLARGED * image.height
        return self._read(image.resize(size), "7")

    def page(self, image: Image.Image) -> str:
        """Return the text of a page in its own order of reading."""
        return self._read(image, "3")

    def _read(self, image: Image.Image, mode: str) -> str:
        with tempfile.NamedTemporaryFile(suffix=".png") as file:
            image.save(file.name)
            words = ["tesseract", file.name, "-", "-l", "eng", "--psm", mode]
            done = subprocess.run(words, capture_output=True, text=True, check=True)
        return done.stdout

    def about(self) -> dict[str, Any]:
        """Return what is measured, and the size of its network."""
        run = {"capture_output": True, "text": True, "check": True}
        said = subprocess.run(["tesseract", "--version"], **run).stdout.splitlines()[0]
        listed = subprocess.run(["tesseract", "--list-langs"], **run).stdout.splitlines()[0]
        size = (Path(listed.split('"')[1]) / "eng.traineddata").stat().st_size
        number = said.removeprefix("tesseract ")
        return {"bytes": {"lines": size, "pages": size}, "versions": {"tesseract": number}}


PEERS: dict[str, Callable[[], Any]] = {"rapidocr": RapidOcr, "tesseract": Tesseract}


def ascii_of(text: str) -> str:
    """Return a text in the characters that the truth is written in."""
    plain = unicodedata.normalize("NFKD", text)
    return " ".join("".join(c for c in plain if ord(c) < 127).split())


def on_paper(picture: Image.Image) -> Image.Image:
    """Return a line with white paper around it."""
    size = picture.width + 2 * MARGIN[0], picture.height + 2 * MARGIN[1]
    paper = Image.new("RGB", size, "white")
    paper.paste(picture, MARGIN)
    return paper


def cpu_seconds() -> float:
    """Return the processor time of this process and of the programs it ran."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def timed(read: Callable[[Any], str], images: list[Any]) -> tuple[list[str], float]:
    """Return the texts, and the processor seconds that one image needs; a first one warms up."""
    for image in images[:1]:
        read(image)
    begun = cpu_seconds()
    texts = [ascii_of(read(image)) for image in images]
    return texts, (cpu_seconds() - begun) / max(1, len(images))


def main(which: str, given: str, out: str) -> None:
    """Read everything that is named in `given` and write `out`."""
    peer = PEERS[which]()
    wanted = json.loads(Path(given).read_text(encoding="utf-8"))
    images = {
        kind: [Image.open(path).convert("RGB") for path in wanted[kind]]
        for kind in ("lines", "pages")
    }
    lines, a_line = timed(peer.line, images["lines"])
    pages, a_page = timed(peer.page, images["pages"])
    found = {"lines": lines, "pages": pages, "seconds_a_line": a_line, "seconds_a_page": a_page}
    Path(out).write_text(json.dumps(found | peer.about()), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:4])
