"""Prepare the lines that the shipped reader is trained on: real ones, fonts, pens.

    python data/make/reader_lines.py real --data FOLDER --state STATE
    python data/make/reader_lines.py fonts --data FOLDER --state STATE --lines N --fonts FOLDER
    python data/make/reader_lines.py pens --data FOLDER --state STATE --lines N

Every line goes through `shared.preparation.place_bodies`, the function that readers meet,
with rows to spare above and below. The data stays outside the repository; its folders and their
licences are named in the model's card.
"""

from __future__ import annotations

import argparse
import io
import json
import re
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont
from real_lines import real_lines

from shared import pen, sentences
from shared.alphabet import ASCII
from shared.preparation import place_bodies

ROOM = 12  # Rows kept above and below, so that training can move and scale a line
SOURCES = ("copiste", "testaments", "lathrop", "peraire", "cremma_mss_19", "cremma_mss_20",
           "doniau", "repertoires", "repertoires_single", "cremma_mss_18", "timeus")  # fmt: skip
CAPITALS_ONLY = ("rock-salt", "permanent-marker")
FRAME = 4  # Columns of a frame, see `networks.reader_network`


class Lines:
    """Prepared lines as they are stored: one array of pixels, one record a line."""

    def __init__(self) -> None:
        """Begin empty."""
        self.images: list[np.ndarray] = []
        self.records: list[dict[str, str]] = []

    def add(self, image: np.ndarray, **record: str) -> bool:
        """Keep a line if CTC has frames enough for its text."""
        if image.shape[1] // FRAME < 1.15 * len(record["text"]) + 2:
            return False
        self.images.append(image)
        self.records.append(record)
        return True

    def save(self, path: Path) -> None:
        """Write `path` (npz) and its records beside it."""
        flat = np.concatenate([image.reshape(-1) for image in self.images])
        np.savez(path, flat=flat, widths=np.array([image.shape[1] for image in self.images]))
        path.with_suffix(".json").write_text(json.dumps(self.records))
        print(f"{path.name}: {len(self.images)} lines", flush=True)


def load(path: Path) -> tuple[list[np.ndarray], list[dict[str, str]]]:
    """Return the images and the records of a stored set of lines."""
    stored = np.load(path)
    widths, flat = stored["widths"], stored["flat"]
    height = len(flat) // int(widths.sum())
    ends = np.cumsum(widths) * height
    images = [part.reshape(height, -1) for part in np.split(flat, ends[:-1])]
    return images, json.loads(path.with_suffix(".json").read_text())


def prepare_real(data: Path, split: str) -> Lines:
    """Prepare all real lines of a split."""
    lines, left_out = Lines(), 0
    for source in SOURCES:
        for image, text, writer in zip(*real_lines(data, source, split), strict=True):
            try:
                placed = place_bodies(image, ROOM).image
            except ValueError:  # Nothing that stands out from its paper
                left_out += 1
                continue
            record = {"text": text, "source": source, "writer": f"{source}/{writer}"}
            left_out += not lines.add(placed, **record)
    print(f"{split}: {left_out} lines left out")
    return lines


class Texts:
    """What synthetic lines say: English prose, our own sentences, and what prose lacks."""

    def __init__(self, data: Path) -> None:
        """Read the prose, one paragraph a line."""
        self.paragraphs = [
            paragraph
            for book in sorted((data / "english_text").glob("*.txt"))
            for paragraph in book.read_text(encoding="ascii", errors="ignore").splitlines()
            if len(paragraph) > 40
        ]

    def draw(self, rng: np.random.Generator) -> str:
        """Return one line of text of 2 to about 60 characters."""
        kind = rng.random()
        if kind < 0.25:
            return sentences.sample(rng, "train")
        paragraph = self.paragraphs[rng.integers(len(self.paragraphs))]
        words = re.sub(r"[^ -~]", "", paragraph.replace("_", "")).split()
        start = int(rng.integers(len(words)))
        longest, text = int(rng.integers(4, 60)), ""
        for word in words[start:]:
            if len(text) + len(word) > longest:
                break
            text += word + " "
        text = text.strip() or words[start][:longest]
        if kind > 0.93:
            text = text.upper()
        elif kind > 0.88:
            text = text.title()
        elif kind > 0.80:
            text = self.strew(text, rng)
        return text

    @staticmethod
    def strew(text: str, rng: np.random.Generator) -> str:
        """Put numbers and signs between the words, and some strings without sense."""
        words = text.split()
        for _ in range(int(rng.integers(1, 4))):
            digits = "".join(rng.choice(list("0123456789"), int(rng.integers(1, 6))))
            signs = "".join(rng.choice(list(ASCII.characters[1:]), int(rng.integers(1, 5))))
            piece = [digits, signs, f"({words[0]})", f'"{words[-1]}"'][int(rng.integers(4))]
            words.insert(int(rng.integers(len(words) + 1)), piece)
        return " ".join(words)[:60].strip()


def prepare_fonts(data: Path, fonts: Path, count: int, seed: int) -> Lines:
    """Write lines with handwriting fonts, each bent in its own way."""
    from fontTools.ttLib import TTFont

    faces, known = {}, {}
    for path in sorted(fonts.glob("@fontsource/*/files/*-latin-400-normal.woff2")):
        name = path.name.removesuffix("-latin-400-normal.woff2")
        if name not in CAPITALS_ONLY:
            font = TTFont(path)
            font.flavor, buffer = None, io.BytesIO()
            font.save(buffer)
            faces[name], known[name] = buffer.getvalue(), set(font.getBestCmap())
    names, texts, lines, drawn = sorted(faces), Texts(data), Lines(), 0
    while len(lines.images) < count:
        rng = np.random.default_rng([seed, drawn])
        drawn += 1
        name, text = names[rng.integers(len(names))], texts.draw(rng)
        if not text or any(ord(c) not in known[name] for c in text.replace(" ", "")):
            continue
        font = ImageFont.truetype(io.BytesIO(faces[name]), int(rng.uniform(44, 64)))
        try:
            placed = place_bodies(bend(write_with(font, text, rng), rng), ROOM).image
        except ValueError:
            continue
        lines.add(placed, text=text, source="fonts", writer=f"fonts/{name}")
    return lines


def write_with(font: ImageFont.FreeTypeFont, text: str, rng: np.random.Generator) -> np.ndarray:
    """Draw words one by one, as uint8 ink, on a baseline that wanders a little."""
    words, size = text.split(" "), font.size
    width = int(sum(font.getlength(word) for word in words) + 1.2 * len(text) * size * 0.2)
    image = Image.new("L", (width + len(words) * size + 80, 3 * size), 0)
    draw, x, baseline = ImageDraw.Draw(image), 20.0, 1.86 * size
    gap, track = rng.uniform(0.2, 0.7) * size, rng.normal(0, 0.03) * size
    for word in words:
        y = baseline + rng.normal(0, 0.03) * size
        if abs(track) < 0.8:  # Kept whole, so that joined fonts stay joined
            draw.text((x, y), word, font=font, fill=255, anchor="ls")
            x += font.getlength(word)
        else:
            for c in word:
                place = (x, y + rng.normal(0, 0.015) * size)
                draw.text(place, c, font=font, fill=255, anchor="ls")
                x += font.getlength(c) + track
        x += gap * rng.uniform(0.8, 1.2)
    return np.array(image)[:, : int(x) + 30]


def bend(ink: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Slant, stretch and warp drawn ink, and return it as dark strokes on white paper."""
    height, width = ink.shape
    slant, stretch = rng.normal(0, 0.22), rng.uniform(0.75, 1.25)
    wide = int(width * stretch + abs(slant) * height) + 60
    shift = abs(slant) * height / 2 + 20
    matrix = np.array([[stretch, -slant, shift + slant * height / 2], [0, 1, 0]])
    ink = cv2.warpAffine(ink, matrix, (wide, height))

    def field(rows: int, cell: int, strength: float) -> np.ndarray:
        coarse = rng.normal(0, 1, (max(2, rows // cell + 2), max(2, wide // cell + 2)))
        return strength * cv2.resize(
            coarse.astype(np.float32), (wide, rows), interpolation=cv2.INTER_CUBIC
        )

    right = field(height, 24, rng.uniform(0.3, 2.2))
    down = field(height, 24, rng.uniform(0.3, 2.2)) + field(1, 160, rng.uniform(0, 4))
    rows, columns = np.mgrid[:height, :wide].astype(np.float32)
    ink = cv2.remap(ink, columns + right, rows + down, cv2.INTER_LINEAR)
    weight = int(rng.integers(-2, 4))
    if weight > 0:
        nib = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (weight + 1, weight + 1))
        ink = cv2.dilate(ink, nib)
    elif weight < -1:
        ink = cv2.erode(ink, np.ones((2, 2), np.uint8))
    ink = cv2.GaussianBlur(ink, (0, 0), rng.uniform(0.5, 1.8))
    return (255 - ink * rng.uniform(0.5, 1)).astype(np.uint8)


def prepare_pens(data: Path, count: int, seed: int) -> Lines:
    """Write lines with the course's own pens, at twice the size of the labs' lines."""
    hands, texts, lines, drawn = pen.hands("train", 400), Texts(data), Lines(), 0
    while len(lines.images) < count:
        rng = np.random.default_rng([seed, 1, drawn])
        hand, text = hands[drawn % len(hands)], texts.draw(rng)
        drawn += 1
        if not text:
            continue
        try:
            placed = place_bodies(pen.write_line(text, hand, rng, 64).image, ROOM).image
        except ValueError:
            continue
        lines.add(placed, text=text, source="pens", writer=f"pens/{hand.name}")
    return lines


def main() -> None:
    """Prepare one kind of line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kind", choices=("real", "fonts", "pens"))
    parser.add_argument(
        "--data", type=Path, required=True, help="folder with real_lines, english_text"
    )
    parser.add_argument("--state", type=Path, required=True, help="folder outside the repository")
    parser.add_argument("--fonts", type=Path, help="node_modules with @fontsource packages")
    parser.add_argument("--lines", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    options.state.mkdir(parents=True, exist_ok=True)
    if options.kind == "real":
        for split in ("val", "train"):
            prepare_real(options.data, split).save(options.state / f"real_{split}.npz")
        return
    if options.kind == "fonts":
        lines = prepare_fonts(options.data, options.fonts, options.lines, options.seed)
    else:
        lines = prepare_pens(options.data, options.lines, options.seed)
    lines.save(options.state / f"{options.kind}_{options.seed}.npz")


if __name__ == "__main__":
    main()
