"""Write the CTC explorer as a page: `python data/make/explorer_page.py`, seconds."""

from __future__ import annotations

import string

import numpy as np

from shared.paths import DATA

TEXT, HAND, SEED = "hello", 4, 1
SHIFTS = range(-4, 4)  # One reading is so sure that one would see a single path
SHARPER = 4  # The picture shows the same ink, drawn larger than the reader sees it
NOTE = (
    "The word is by an invented hand. The small network of the labs read it eight times, shifted "
    "by a pixel each time; the bars are the mean, among the small letters and the space."
)


def main() -> None:
    """Write a word, read it with the labs' reader, and save what CTC makes of it."""
    from shared import ctc
    from shared.alphabet import ASCII, Alphabet
    from shared.explorer import Explorer
    from shared.pen import LINE_HEIGHT, draw, hands, write
    from shared.recognizer import LineTextRecognizer

    def on_frames(image: np.ndarray, scale: int) -> np.ndarray:
        """Put paper around the ink: two columns left, and on the right up to a whole frame."""
        right = -(image.shape[1] // scale + 2) % 4 + 4
        frames = (image.shape[1] // scale + 2 + right) * scale
        image = np.pad(image, ((0, 0), (2 * scale, right * scale)))
        return image[:, :frames]

    writing = write(TEXT, hands("validation")[HAND], np.random.default_rng(SEED))
    line = on_frames(draw(writing), 1)
    reader = LineTextRecognizer.load("line_small")
    read = reader.logits_many([np.roll(line, shift, axis=1) for shift in SHIFTS])
    letters = Alphabet(string.ascii_lowercase + " ")
    among = [0, *ASCII.encode(letters.characters)]
    mean = np.mean([np.exp(ctc.log_softmax(logits[:, among])) for logits in read], axis=0)
    image = on_frames(draw(writing, SHARPER * LINE_HEIGHT), SHARPER)
    explorer = Explorer(np.log(mean), letters, TEXT, image, "greedy")
    path = explorer.save_html(DATA / "samples" / "explorer.html", NOTE)
    print(f"Wrote {path}: {path.stat().st_size / 1e3:.0f} kB, p {np.exp(-explorer.loss):.2f}")


if __name__ == "__main__":
    main()
