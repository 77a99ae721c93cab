"""From image files to pages that wait for labels."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from shared.labeling.records import LabeledLine, LabeledPage, LabelError


def image_sha256(path: Path | str) -> str:
    """Return the SHA-256 of a file's bytes, 64 hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def shown_size(path: Path | str) -> tuple[int, int]:
    """Return width and height of an image as it is shown.

    Raises:
        FileNotFoundError: There is no such file.
        UnreadableImageError: It is no image, or damaged.
    """
    from shared.pages.image_files import open_page_image

    height, width = open_page_image(path).shape
    return width, height


def page_of(
    image: Path | str,
    folder: Path | str,
    writer: str | None = None,
    lines: tuple[LabeledLine, ...] = (),
) -> LabeledPage:
    """Return an open page for an image file.

    Args:
        image: The file.
        folder: Where the label file is, or will be.
        writer: Whose hand it is.
        lines: What a model found; usually added later.

    Raises:
        LabelError: The image is not in the folder or below it, so labels cannot travel with it.
    """
    image, folder = Path(os.path.abspath(image)), Path(os.path.abspath(folder))
    if not image.is_relative_to(folder):
        raise LabelError(
            f"The image {image.name} is not in {folder} or below it, so the labels there could "
            "not find it on another machine. Copy it into that folder first."
        )
    width, height = shown_size(image)
    name = image.relative_to(folder).as_posix()
    return LabeledPage(name, image_sha256(image), width, height, writer, "open", lines)
