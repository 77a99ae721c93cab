"""Write the CTC explorer as a page: `python data/make/explorer_page.py`, seconds."""

from __future__ import annotations

import base64
import json
import string

import numpy as np

from shared.paths import DATA, write_atomically

TEXT, HAND, SEED = "hello", 4, 1
SHIFTS = range(-4, 4)  # One reading is so sure that one would see a single path
SHARPER = 4  # The picture shows the same ink, drawn larger than the reader sees it
NOTE = (
    "The word is by an invented hand. The small network of the labs read it eight times, shifted "
    "by a pixel each time; the bars are the mean, among the small letters and the space."
)


def pack_reader(reader) -> dict[str, object]:
    """Return a small line reader as `front/network.js` takes it: weights in order, 16 bits each.

    Batch normalization is folded into the convolution before it.
    """
    layers = reader.network.layers
    kinds = [type(layer).__name__ for layer in layers]
    convolutions = [one for one, kind in zip(layers, kinds, strict=True) if "Conv" in kind]
    normalizations = [one for one, kind in zip(layers, kinds, strict=True) if "Batch" in kind]
    parts = []
    for convolution, after in zip(convolutions, normalizations, strict=True):
        gamma, beta, mean, variance = after.get_weights()
        scale = gamma / np.sqrt(variance + after.epsilon)
        parts += [convolution.get_weights()[0] * scale, beta - mean * scale]
    both = layers[kinds.index("Bidirectional")]
    parts += [*both.forward_layer.get_weights(), *both.backward_layer.get_weights()]
    parts += layers[-1].get_weights()
    flat = np.concatenate([np.ravel(part) for part in parts]).astype("<f2")
    built = reader.card["network"]
    return {
        "weights": base64.b64encode(flat.tobytes()).decode("ascii"),
        "channels": built["channels"], "features": built["features"],
        "blocks": built.get("blocks", 2), "classes": reader.alphabet.num_classes,
        "characters": reader.alphabet.characters,
    }  # fmt: skip


def pack_hand(hand) -> dict[str, object]:
    """Return a hand's letters and style as `front/ink.js` writes with them, in x-heights."""
    glyphs = {}
    for character in map(chr, range(33, 127)):
        glyph = hand.glyph(character, 1.0)
        lines = np.split(glyph.points.round(2), glyph.starts[1:])
        glyphs[character] = {
            "left": round(float(glyph.left), 2), "right": round(float(glyph.right), 2),
            "lines": [line.tolist() for line in lines],
        }  # fmt: skip
    style = hand.style
    lengths = {
        "xHeight": style.x_height, "pen": style.pen, "slant": style.slant, "size": style.size,
        "letterGap": style.letter_gap + 0.8 * style.pen, "wordGap": style.word_gap,
        "gap": style.gap, "wander": style.wander, "rotation": style.rotation,
    }  # fmt: skip
    return {"glyphs": glyphs, **{key: round(float(value), 3) for key, value in lengths.items()}}


def main() -> None:
    """Write a word, read it with the labs' reader, and save what CTC makes of it."""
    from shared import ctc
    from shared.alphabet import ASCII, Alphabet
    from shared.explorer import Explorer
    from shared.explorer.live import line_data, page
    from shared.pen import LINE_HEIGHT, draw, hands, write
    from shared.recognizer import LineTextRecognizer

    def on_frames(image: np.ndarray, scale: int) -> np.ndarray:
        """Put paper around the ink: two columns left, and on the right up to a whole frame."""
        right = -(image.shape[1] // scale + 2) % 4 + 4
        frames = (image.shape[1] // scale + 2 + right) * scale
        image = np.pad(image, ((0, 0), (2 * scale, right * scale)))
        return image[:, :frames]

    hand = hands("validation")[HAND]
    writing = write(TEXT, hand, np.random.default_rng(SEED))
    line = on_frames(draw(writing), 1)
    reader = LineTextRecognizer.load("line_small")
    read = reader.logits_many([np.roll(line, shift, axis=1) for shift in SHIFTS])
    letters = Alphabet(string.ascii_lowercase + " ")
    among = [0, *ASCII.encode(letters.characters)]
    mean = np.mean([np.exp(ctc.log_softmax(logits[:, among])) for logits in read], axis=0)
    image = on_frames(draw(writing, SHARPER * LINE_HEIGHT), SHARPER)
    explorer = Explorer(np.log(mean), letters, TEXT, image, "greedy")
    own = {"reader": pack_reader(reader), "hand": pack_hand(hand)}
    data = json.dumps(
        json.loads(line_data(explorer, NOTE)) | own, ensure_ascii=False, separators=(",", ":")
    )
    path = DATA / "samples" / "explorer.html"
    write_atomically(path, page(data, TEXT, explorer.scene()["alt"]))
    print(f"Wrote {path}: {path.stat().st_size / 1e3:.0f} kB, p {np.exp(-explorer.loss):.2f}")


if __name__ == "__main__":
    main()
