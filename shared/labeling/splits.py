"""Splits that hold no writer in two parts, and the loud failure of one that does."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from shared.labeling.records import LabelError, LabelSet

PARTS = {"train": 0.7, "validation": 0.15, "test": 0.15}


class LeakError(LabelError):
    """What a model is tested on was, in part, trained on."""


def split_by_writer(
    label_set: LabelSet, parts: Mapping[str, float] | None = None, seed: int = 0
) -> dict[str, str]:
    """Return a part for every image, so that each writer is in one part alone.

    Writers are shuffled, and each goes to the part that is furthest below its share of the lines.

    Args:
        label_set: Pages with their writers.
        parts: The share of every part; they add up to 1.
        seed: Of the shuffle.

    Raises:
        LabelError: A page has no writer, there are fewer writers than parts, or the shares do not
            add up to 1.
    """
    parts = dict(parts or PARTS)
    if not parts or abs(sum(parts.values()) - 1) > 1e-6 or min(parts.values()) <= 0:
        raise LabelError(f"The shares {parts} of a split have to be positive and add up to 1.")
    unknown = [page.image for page in label_set.pages if not page.writer]
    if unknown:
        raise LabelError(
            f"{len(unknown)} pages have no writer, {unknown[0]!r} first, so nobody can say whether "
            "they share one with another part. Name the writers, even as 'unknown_1'."
        )
    sizes: dict[str, int] = {}
    for page in label_set.pages:
        sizes[page.writer] = sizes.get(page.writer, 0) + max(1, len(page.lines))
    if len(sizes) < len(parts):
        raise LabelError(
            f"{len(sizes)} writers cannot fill {len(parts)} parts ({', '.join(parts)}). "
            "Collect more hands, or use fewer parts."
        )
    order = np.random.default_rng(seed).permutation(len(sizes))
    writers = [sorted(sizes)[k] for k in order]
    total = sum(sizes.values())
    filled = dict.fromkeys(parts, 0)
    chosen: dict[str, str] = {}
    for number, writer in enumerate(writers):
        empty = [part for part in parts if not filled[part]]
        left = len(writers) - number
        # The last writers go to parts that would have none
        open_parts = empty if len(empty) >= left else list(parts)
        part = max(open_parts, key=lambda name: parts[name] - filled[name] / total)
        filled[part] += sizes[writer]
        chosen[writer] = part
    split = {page.image: chosen[page.writer] for page in label_set.pages}
    check_split(label_set, split)
    return split


def check_split(label_set: LabelSet, split: Mapping[str, str]) -> None:
    """Fail loudly where a writer or a file is in two parts.

    Args:
        label_set: Pages with their writers.
        split: For every image the name of its part.

    Raises:
        LeakError: Names the writers, or the images of the same bytes, that are in two parts.
        LabelError: An image is in no part, or has no writer.
    """
    missing = [page.image for page in label_set.pages if page.image not in split]
    if missing:
        raise LabelError(f"{len(missing)} pages are in no part, {missing[0]!r} first.")
    by_writer: dict[str, dict[str, str]] = {}
    by_file: dict[str, dict[str, str]] = {}
    for page in label_set.pages:
        if not page.writer:
            raise LabelError(f"The page {page.image!r} has no writer; a leak could hide there.")
        by_writer.setdefault(page.writer, {})[split[page.image]] = page.image
        by_file.setdefault(page.sha256, {})[split[page.image]] = page.image
    _no_leak(by_writer, "writer", "Put all pages of a writer into one part.")
    _no_leak(by_file, "image file", "Keep one of the copies.")


def _no_leak(found: Mapping[str, Mapping[str, str]], what: str, cure: str) -> None:
    torn = {name: parts for name, parts in found.items() if len(parts) > 1}
    if torn:
        name, parts = next(iter(torn.items()))
        places = " and ".join(f"{part} ({image})" for part, image in parts.items())
        raise LeakError(
            f"{len(torn)} {what}{'s are' if len(torn) > 1 else ' is'} in two parts of the split: "
            f"{name[:24]!r} is in {places}. {cure}"
        )
