"""Draw the README's picture with Lab 3's reader: `python data/make/readme_picture.py`."""

from __future__ import annotations

from shared.paths import DATA, write_atomically


def main() -> None:
    """Draw a test line that the reader reads without an error, frame by frame to text."""
    from shared.alphabet import ASCII
    from shared.explorer import Explorer, render_png
    from shared.lines import frozen_lines
    from shared.recognizer import LineTextRecognizer

    lines = frozen_lines()
    reader = LineTextRecognizer.load("line_small")
    texts = reader.read_many(lines.images)
    # About 15 characters fill the width of a page and can still be read on a phone
    right = [
        index
        for index, (text, written) in enumerate(zip(texts, lines.texts, strict=True))
        if text == written and 10 <= len(text) <= 22 and " " in text and text.isascii()
    ]
    chosen = min(right, key=lambda index: abs(lines.images[index].shape[1] - 150))
    image = lines.images[chosen]
    explorer = Explorer(reader.logits(image), ASCII, lines.texts[chosen], image, "greedy")
    path = DATA / "samples" / "readme.png"
    write_atomically(path, render_png(explorer.scene()))
    print(f"Wrote {path}: {lines.texts[chosen]!r}")


if __name__ == "__main__":
    main()
