"""What the tests of the service share: settings of their own, images, and a client."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from shared import paths, pen
from shared.service.settings import Settings

READER = paths.DATA / "models/reader.onnx"
DETECTOR = paths.DATA / "models/detector_small.onnx"
TOKEN = "a-secret-of-the-tests"
ADMIN = {"Authorization": f"Bearer {TOKEN}"}
PNG = {"Content-Type": "image/png"}


def settings(folder: Path, **given: Any) -> Settings:
    """Return settings that write below a folder alone."""
    places = {"models": folder / "models", "corrections": folder / "corrections"}
    return Settings(**{**places, "threads": 2, **given})


def encoded(pixels: np.ndarray, kind: str = "PNG", **options: Any) -> bytes:
    """Return pixels as an image file."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, kind, **options)
    return buffer.getvalue()


def written(text: str = "a letter to my mother", seed: int = 3) -> np.ndarray:
    """Return a line as a client sends it: dark on light, enlarged, gray uint8."""
    from shared.service.traffic import photograph_line

    rng = np.random.default_rng(seed)
    line = pen.write_line(text, pen.hands("validation")[seed % 6], rng)
    return photograph_line(line.image, rng)


def written_page(seed: int = 0, zoom: float = 2.0) -> Any:
    """Return a page by a validation hand."""
    from shared.pages import write_page

    hand = pen.hands("validation")[seed % 6]
    texts = ("the first line is here", "and the second below it", "a third one ends the page")
    return write_page("regular", hand, np.random.default_rng(seed), zoom=zoom, texts=texts)


def client(folder: Path, address: str = "127.0.0.1", **given: Any) -> Any:
    """Return a client of an application of its own, as if from this machine; use it in `with`."""
    from starlette.testclient import TestClient

    from shared.service.application import create_app

    app = create_app(settings(folder, **given))
    return TestClient(
        app, "http://localhost", raise_server_exceptions=False, client=(address, 50_000)
    )
