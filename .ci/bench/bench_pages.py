"""The entry about pages: lines found, time added, and what pages cost in errors."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from bench_rows import Row, Sizes

if TYPE_CHECKING:
    from shared.pages import Page, PageReader

PROMISED_F1 = {"regular": 0.99, "unseen": 0.98, "touching": 0.90, "photo": None}


class PagesError(Exception):
    """A folder of real pages cannot be measured; the message says why."""


def measure_pages(sizes: Sizes) -> list[Row]:
    """Find and read the lines of the frozen pages, and of a folder of real ones if it is given."""
    from train_detector import page_scores

    from shared.pages import PageReader, frozen_pages

    reader = PageReader.load()
    pages = {name: frozen_pages(name)[: sizes.test_pages] for name in PROMISED_F1}
    rows = []
    for name, promised in PROMISED_F1.items():
        score = page_scores(reader.detector, pages[name])
        beside = (
            f"F1 at overlap .75 {score['f1_at_75']:.1%}, by boxes {score['box_f1']:.1%}, mean AP "
            f"{score['mean_average_precision']:.2f}; {score['lines']} lines"
        )
        what = f"F1 by covered ink, {name} pages"
        rows.append(Row("pages", what, score["f1"], "{:.1%}", beside, at_least=promised))
    rows += _against_true_lines(reader, pages["regular"])
    rows.append(_time_added(reader, [page.image for page in pages["regular"]], sizes.page_runs))
    return rows + (measure_real(reader, Path(sizes.real)) if sizes.real else [])


def _against_true_lines(reader: PageReader, pages: Sequence[Page]) -> list[Row]:
    """Read pages with the lines that were found and with the true ones."""
    from shared.metrics import bootstrap_interval
    from shared.pages.matching import page_edits

    found = [page_edits(page.text, reader.read(page.image).text) for page in pages]
    true = [page_edits(page.text, reader.read_lines(page.image, page.lines).text) for page in pages]
    lengths = [length for _, length in found]
    more = [a - b for (a, _), (b, _) in zip(found, true, strict=True)]
    low, high = bootstrap_interval(more, lengths, range(len(pages)), seed=0)
    rates = [sum(edits for edits, _ in each) / sum(lengths) for each in (found, true)]
    return [
        Row(
            "pages",
            "page CER above the CER of true lines",
            rates[0] - rates[1],
            "{:+.2%}",
            f"95% interval {low:+.2%} to {high:+.2%} over {len(pages)} regular pages; "
            f"{rates[0]:.1%} against {rates[1]:.1%}",
            at_most=0.01,
        )
    ]


def _time_added(reader: PageReader, images: Sequence[np.ndarray], runs: int) -> Row:
    """Time reading a page, less what the line reader alone needs for the same lines."""
    from bench_timing import median_seconds

    from shared.pages import prepare_page

    added, whole = [], []
    for image in images:
        page = prepare_page(image)
        _, strips = reader.cut_lines(page, reader.detector.maps(page).lines())
        seconds = median_seconds(
            {
                "page": lambda image=image: reader.read(image),
                "lines": lambda strips=strips: reader.recognizer.read_many(strips),
            },
            runs,
        )
        added.append(seconds["page"] - seconds["lines"])
        whole.append(seconds["page"])
    beside = f"longest {max(added):.2f} s; reading a page takes {np.median(whole):.2f} s"
    what = "seconds a page adds to its lines, median"
    return Row("pages", what, float(np.median(added)), "{:.3f} s", beside, at_most=0.15)


def measure_real(reader: PageReader, folder: Path) -> list[Row]:
    """Read real pages: a folder of images with `labels.json`, which says what stands on each.

    An entry of `labels.json` is named by its file and holds `text`, or
    `prompt_text_no_line_breaks` where the lines are not known; `lines` may hold true boxes.
    """
    try:
        labels = json.loads((folder / "labels.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise PagesError(
            f"{folder} needs a labels.json that maps image names to their text: {error}."
        ) from None
    groups: dict[str, list[str]] = {}
    for name in sorted(labels):
        groups.setdefault(labels[name].get("source", "pages"), []).append(name)
    rows = []
    for source, names in groups.items():
        rows += _real_group(reader, folder, source, {name: labels[name] for name in names})
    return rows


def _real_group(reader: PageReader, folder: Path, source: str, labels: dict) -> list[Row]:
    from shared.metrics import bootstrap_interval
    from shared.pages.image_files import UnreadableImageError, open_page_image
    from shared.pages.matching import box_iou, count_hits, page_edits, total

    counts, found, lines = [], [], 0
    for name, label in labels.items():
        try:
            reading = reader.read(open_page_image(folder / name))
        except UnreadableImageError as error:  # Without it the rate is another one: say so, stop
            raise PagesError(f"{folder}: {error}") from error
        text = label.get("text") or label["prompt_text_no_line_breaks"]
        counts.append(page_edits(text, reading.text))
        lines += len(reading.lines)
        if "lines" in label:
            true = [line["box_xyxy"] for line in label["lines"]]
            found.append(count_hits(box_iou([line.box for line in reading.lines], true)))
    edits, lengths = zip(*counts, strict=True)
    writers = [label.get("writer", name) for name, label in labels.items()]
    low, high = bootstrap_interval(edits, lengths, writers, seed=0)
    beside = f"95% interval {low:.1%} to {high:.1%}; {len(labels)} pages, {lines} lines found"
    what = f"page CER, {source}"[:45]
    rows = [Row("pages", what, sum(edits) / sum(lengths), "{:.1%}", beside)]
    if found:
        score = total(found)
        beside = f"precision {score.precision:.1%}, recall {score.recall:.1%}"
        rows.append(Row("pages", f"F1 by boxes, {source}"[:45], score.f1, "{:.1%}", beside))
    return rows
