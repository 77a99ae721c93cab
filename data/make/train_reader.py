"""Train the shipped reader in segments; every stop is usable.

    python data/make/train_reader.py main --state STATE --minutes 60
    python data/make/train_reader.py tail --state STATE --minutes 40

`main` goes on from STATE's last checkpoint at a constant rate and keeps a running average of the
weights. `tail` starts from that checkpoint, lets the rate fall to zero and writes what is
shipped; the main run can go on afterwards. Where only averaged weights are left, `--start FILE`
begins from them. While the file STATE/pause exists, nothing is computed.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import queue
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import cv2
import numpy as np
from reader_lines import ROOM, load

from shared.alphabet import ASCII
from shared.backend import keras, tf
from shared.losses import line_loss
from shared.metrics import character_error_rate
from shared.networks import READER_HEIGHT as HEIGHT
from shared.networks import num_frames, reader_network
from shared.paths import write_atomically
from shared.preparation import BODY_BOTTOM, pad_images, padded_width
from shared.recognizer import compile_inference

POOL = 16  # Batches whose lines are sorted by width together


@dataclass(frozen=True)
class Settings:
    """What decides a training, beside its data.

    Shares of the mix are by source; within a source a writer is drawn with the square root of
    the number of her lines, so that a clerk with a thousand lines does not drown a hundred people.
    """

    batch: int = 32
    rate: float = 1.5e-3
    warm_up: int = 300
    decay: float = 0.01
    average: float = 0.9995
    side: float = 0.1  # Weight of the second CTC loss, on the convolutions alone
    real: float = 0.55
    fonts: float = 0.27
    pens: float = 0.18


#: Weight of each real source; those whose texts run words together count little
SOURCES = {
    "copiste": 3.0, "testaments": 1.5, "lathrop": 4.0, "peraire": 1.0, "cremma_mss_19": 1.0,
    "cremma_mss_20": 1.0, "doniau": 1.0, "repertoires": 0.3, "repertoires_single": 0.05,
    "cremma_mss_18": 0.2, "timeus": 0.05,
}  # fmt: skip
TAIL_SOURCES = {**SOURCES, "testaments": 1.0, "cremma_mss_18": 0, "timeus": 0,
                "repertoires": 0.1, "repertoires_single": 0}  # fmt: skip


class Mix:
    """All training lines, and how often each is drawn."""

    def __init__(self, folder: Path, settings: Settings, sources: dict[str, float]) -> None:
        """Load every set of lines in a folder but the validation lines."""
        self.images: list[np.ndarray] = []
        records: list[dict[str, str]] = []
        for path in sorted(folder.glob("*.npz")):
            if path.stem != "real_val":
                images, more = load(path)
                self.images += images
                records += more
        self.texts = [record["text"] for record in records]
        self.widths = np.array([image.shape[1] for image in self.images])
        writers = [record["writer"] for record in records]
        names, counts = np.unique(writers, return_counts=True)
        lines = dict(zip(names, counts, strict=True))
        weights = np.array([
            sources.get(record["source"], 1.0) / math.sqrt(lines[record["writer"]])
            for record in records
        ])  # fmt: skip
        kinds = np.array(
            [r["source"] if r["source"] in ("fonts", "pens") else "real" for r in records]
        )
        for kind in ("real", "fonts", "pens"):
            here = kinds == kind
            if here.any():
                weights[here] *= getattr(settings, kind) / weights[here].sum()
        self.chances = weights / weights.sum()

    def batches(self, settings: Settings, seed: int) -> Any:
        """Yield images, labels, label lengths and frames, without end."""
        rng = np.random.default_rng(seed)
        count = settings.batch * POOL
        while True:
            picks = rng.choice(len(self.images), count, p=self.chances)
            stretches = np.exp(rng.normal(0, 0.16, count)).clip(0.72, 1.38)
            order = np.argsort(self.widths[picks] * stretches)
            groups = np.split(order, POOL)
            for group in rng.permutation(POOL):
                yield self.batch([(picks[k], stretches[k]) for k in groups[group]], rng)

    def batch(self, chosen: list[tuple[int, float]], rng: np.random.Generator) -> tuple[Any, ...]:
        """Vary the chosen lines and put them into arrays."""
        images = []
        for index, stretch in chosen:
            text = self.texts[index]
            needed = len(text) + sum(a == b for a, b in zip(text, text[1:], strict=False)) + 2
            other = self.images[rng.integers(len(self.images))]
            images.append(vary(self.images[index], other, stretch, 4 * needed, rng))
        labels, lengths = ASCII.encode_batch([self.texts[index] for index, _ in chosen])
        frames = np.array([num_frames(image.shape[1]) for image in images], np.int32)
        width = padded_width(max(image.shape[1] for image in images))
        return pad_images(images, width), labels, lengths, frames


def vary(
    image: np.ndarray, other: np.ndarray, stretch: float, narrowest: int, rng: np.random.Generator
) -> np.ndarray:
    """Return a line 48 rows high: moved, scaled, slanted, bent, on paper that is not empty.

    Args:
        image: A stored line with `ROOM` rows to spare above and below.
        other: Another one, whose tails may hang in.
        stretch: Factor of the width.
        narrowest: Columns that CTC needs.
        rng: Source of all variation.
    """
    if rng.random() < 0.25:
        image = paste_tails(image, other, rng)
    height, width = image.shape
    scale = float(np.exp(rng.normal(0, 0.12)).clip(0.75, 1.3))
    slant = rng.normal(0, 0.16)
    shift = rng.normal(0, 1.5)
    wide = max(narrowest, round(width * stretch))
    # For every pixel of the result: where it comes from
    rows, columns = np.mgrid[:HEIGHT, :wide].astype(np.float32)
    source_rows = BODY_BOTTOM + ROOM + (rows - BODY_BOTTOM - shift) / scale
    source_columns = columns * (width / wide) + slant * (rows - BODY_BOTTOM)
    strength = rng.uniform(0, 1.8)
    coarse = rng.normal(0, strength, (2, 5, max(2, wide // 14))).astype(np.float32)
    size = (wide, HEIGHT)
    source_columns += cv2.resize(coarse[0], size, interpolation=cv2.INTER_CUBIC)
    source_rows += cv2.resize(coarse[1], size, interpolation=cv2.INTER_CUBIC)
    line = cv2.remap(image, source_columns, source_rows, cv2.INTER_LINEAR)
    weight = rng.random()
    if weight < 0.12:
        line = cv2.dilate(line, np.ones((2, 2), np.uint8))
    elif weight < 0.2:
        line = cv2.erode(line, np.ones((2, 1), np.uint8))
    elif weight < 0.35:
        line = cv2.GaussianBlur(line, (0, 0), rng.uniform(0.4, 1.1))
    if rng.random() < 0.15:  # As if it had been stored small
        small = rng.uniform(0.45, 0.8)
        size = max(8, round(wide * small)), round(HEIGHT * small)
        line = cv2.resize(line, size, interpolation=cv2.INTER_AREA)
        line = cv2.resize(line, (wide, HEIGHT), interpolation=cv2.INTER_LINEAR)
    if rng.random() < 0.15:
        line = np.maximum(line, rules(line.shape, rng))
    if rng.random() < 0.3:  # Columns that are missing, up to a character wide
        for _ in range(rng.integers(1, 4)):
            start = int(rng.integers(wide))
            line[:, start : start + int(rng.integers(2, 14))] = 0
    table = 255 * rng.uniform(0.55, 1.0) * (np.arange(256) / 255) ** np.exp(rng.normal(0, 0.3))
    line = cv2.LUT(line, table.astype(np.uint8))
    if rng.random() < 0.3:
        noise = rng.integers(0, int(rng.integers(4, 50)), line.shape, dtype=np.uint8)
        line = cv2.add(line, noise)
    return line


def paste_tails(image: np.ndarray, other: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Let descenders of a line above, or ascenders of one below, hang into a line."""
    image = image.copy()
    width = min(image.shape[1], other.shape[1])
    baseline = BODY_BOTTOM + ROOM
    if rng.random() < 0.5:
        tails = other[baseline + 2 :, :width]
        top = int(rng.integers(0, ROOM))
        part = image[top : top + len(tails), :width]
    else:
        tails = other[: baseline - 14, :width]
        top = int(rng.integers(baseline + 8, len(image) - 2))
        part = image[top : top + len(tails), :width]
    np.maximum(part, tails[: len(part)], out=part)
    return image


def rules(shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Return the rules of ruled or squared paper, as ink."""
    paper = np.zeros(shape, np.uint8)
    height, width = shape
    ink, distance = int(rng.integers(40, 220)), int(rng.integers(14, 46))
    climb = rng.normal(0, 1.2)
    start = BODY_BOTTOM + int(rng.normal(1, 3))
    for row in range(start - 5 * distance, height + 5, distance):
        cv2.line(paper, (0, round(row - climb)), (width, round(row + climb)), ink, 1, cv2.LINE_AA)
    if rng.random() < 0.4:
        for column in range(int(rng.integers(distance)), width, distance):
            cv2.line(paper, (column, 0), (column, height), ink, 1, cv2.LINE_AA)
    return paper


class Training:
    """A network, its optimizer, its averaged weights, and where they are kept."""

    def __init__(self, folder: Path, settings: Settings, network: dict[str, Any]) -> None:
        """Build everything anew; see `restore`."""
        self.folder, self.settings = folder, settings
        keras.utils.set_random_seed(0)
        self.network = reader_network(**network)
        features = self.network.get_layer("features").output
        side = keras.layers.Dense(ASCII.num_classes, dtype="float32", name="side")(features)
        self.both = keras.Model(self.network.input, [self.network.output, side])
        self.optimizer = keras.optimizers.AdamW(
            settings.rate, weight_decay=settings.decay, clipnorm=1.0
        )
        self.optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
        self.optimizer.build(self.both.trainable_variables)
        self.update, self.seconds = 0, 0.0
        self.averages = [weight.numpy() for weight in self.network.weights]
        self.average_network = reader_network(**network)
        self._infer = compile_inference(self.average_network, (HEIGHT, None, 1))
        self._step = self._compile()

    def _compile(self) -> Any:
        signature = [
            tf.TensorSpec((None, HEIGHT, None, 1), tf.uint8),
            tf.TensorSpec((None, None), tf.int32),
            tf.TensorSpec((None,), tf.int32),
            tf.TensorSpec((None,), tf.int32),
        ]

        @tf.function(input_signature=signature)
        def step(images: Any, labels: Any, lengths: Any, frames: Any) -> Any:
            with tf.GradientTape() as tape:
                logits, side = self.both(tf.cast(images, tf.float32) / 255.0, training=True)
                loss = tf.reduce_mean(line_loss(logits, labels, lengths, frames))
                extra = tf.reduce_mean(line_loss(side, labels, lengths, frames))
                total = loss + self.settings.side * extra
            variables = self.both.trainable_variables
            gradients = tape.gradient(total, variables)
            self.optimizer.apply_gradients(zip(gradients, variables, strict=True))
            return loss

        return step

    def advance(self, batch: tuple[Any, ...], rate: float) -> float:
        """Take one update and let the average follow."""
        self.optimizer.learning_rate.assign(rate)
        loss = float(self._step(*batch))
        self.update += 1
        if self.update % 4 == 0:  # Every fourth is as good and costs a quarter
            keep = min(self.settings.average**4, (self.update + 4) / (self.update + 40))
            for average, weight in zip(self.averages, self.network.weights, strict=True):
                average *= keep
                average += (1 - keep) * weight.numpy()
        return loss

    def save(self, name: str = "checkpoint") -> None:
        """Write the whole state, atomically."""
        arrays = {f"a{k}": value for k, value in enumerate(self.averages)}
        arrays |= {f"n{k}": v.numpy() for k, v in enumerate(self.both.weights)}
        arrays |= {f"o{k}": v.numpy() for k, v in enumerate(self.optimizer.variables)}
        part = self.folder / f".{name}.npz"
        np.savez(part, update=self.update, seconds=self.seconds, **arrays)
        part.replace(self.folder / f"{name}.npz")

    def restore(self, name: str = "checkpoint") -> bool:
        """Read the whole state back; False where there is none."""
        path = self.folder / f"{name}.npz"
        if not path.exists():
            return False
        with np.load(path) as stored:
            self.update, self.seconds = int(stored["update"]), float(stored["seconds"])
            self.averages = [stored[f"a{k}"] for k in range(len(self.averages))]
            for k, weight in enumerate(self.both.weights):
                weight.assign(stored[f"n{k}"])
            for k, variable in enumerate(self.optimizer.variables):
                variable.assign(stored[f"o{k}"])
        return True

    def start_from(self, path: Path) -> None:
        """Begin with averaged weights alone; the side head and the optimizer start anew."""
        if path.name.endswith(".weights.h5"):  # What is shipped will do as well
            self.network.load_weights(path)
        else:
            with np.load(path) as stored:
                values = [stored[f"a{k}"].astype(np.float32) for k in range(len(self.averages))]
            self.network.set_weights(values)
        self.averages = [weight.numpy() for weight in self.network.weights]

    def write_average(self, path: Path) -> None:
        """Write the averaged weights as float16, to be committed or shipped."""
        np.savez(path, **{f"a{k}": v.astype(np.float16) for k, v in enumerate(self.averages)})

    def measure(self, lines: Validation) -> dict[str, float]:
        """Return the error rate of each validation set, with the averaged weights."""
        self.average_network.set_weights(self.averages)
        return lines.measure(self._infer)


class Validation:
    """Lines of people who are in no training line."""

    SETS = {"copiste": 120, "testaments": 60, "lathrop": 54}

    def __init__(self, folder: Path) -> None:
        """Take some lines of each set, always the same."""
        images, records = load(folder / "real_val.npz")
        rng = np.random.default_rng(0)
        self.lines = {}
        for name, count in self.SETS.items():
            members = [k for k, record in enumerate(records) if record["source"] == name]
            chosen = rng.permutation(members)[:count]
            self.lines[name] = [
                (images[k][ROOM:-ROOM], records[k]["text"]) for k in chosen
            ]  # fmt: skip

    def measure(self, infer: Any) -> dict[str, float]:
        """Read greedily and return the error rate of each set."""
        rates = {}
        for name, lines in self.lines.items():
            order = sorted(range(len(lines)), key=lambda k: lines[k][0].shape[1])
            texts, read = [], []
            for start in range(0, len(order), 16):
                part = [lines[k] for k in order[start : start + 16]]
                width = max(image.shape[1] for image, _ in part)
                batch = np.zeros((len(part), HEIGHT, width, 1), np.uint8)
                for row, (image, _) in zip(batch, part, strict=True):
                    row[:, : image.shape[1], 0] = image
                for logits, (image, text) in zip(infer(batch).numpy(), part, strict=True):
                    best = logits[: num_frames(image.shape[1])].argmax(axis=-1)
                    kept = best[np.r_[True, best[1:] != best[:-1]]]
                    read.append(ASCII.decode(kept[kept > 0]))
                    texts.append(text)
            rates[name] = character_error_rate(texts, read)
        return rates


def ahead(batches: Any, depth: int = 6) -> Any:
    """Make batches in a thread, a few ahead of the network."""
    waiting: queue.Queue[Any] = queue.Queue(depth)

    def fill() -> None:
        for batch in batches:
            waiting.put(batch)

    threading.Thread(target=fill, daemon=True).start()
    while True:
        yield waiting.get()


def run(training: Training, options: argparse.Namespace, settings: Settings) -> None:
    """Train for so many minutes, reporting, saving and pausing on the way."""
    tail = options.part == "tail"
    validation = Validation(options.lines)
    mix = Mix(options.lines, settings, TAIL_SOURCES if tail else SOURCES)
    print(f"{len(mix.images)} lines, {training.network.count_params():,} parameters, "
          f"update {training.update}", flush=True)  # fmt: skip
    batches = ahead(mix.batches(settings, seed=training.update + 1 + 10**6 * tail))
    pause, limit = options.state / "pause", 60 * options.minutes
    used, last_saved, last_told, losses = 0.0, 0.0, 0.0, []
    while used < limit and (not options.updates or training.update < options.updates):
        if pause.exists():
            time.sleep(2)
            continue
        begun = time.monotonic()
        rate = settings.rate * min(1.0, (training.update + 1) / settings.warm_up)
        if options.restart:  # A fresh optimizer has no idea yet of how long its steps may be
            rate *= min(1.0, (len(losses) + 1) / settings.warm_up)
        if tail:
            rate *= 0.5 * (1 + math.cos(math.pi * min(1.0, used / limit)))
        losses.append(training.advance(next(batches), rate))
        if len(losses) == 1:
            begun = time.monotonic()  # Compiling is no training
        used += time.monotonic() - begun
        training.seconds += time.monotonic() - begun
        if used - last_told > options.report:
            rates = training.measure(validation)
            shown = ", ".join(f"{name} {value:.1%}" for name, value in rates.items())
            print(f"update {training.update}, {training.seconds / 60:.0f} min in all, "
                  f"loss {np.mean(losses[-300:]):.3f}; {shown}", flush=True)  # fmt: skip
            record = {
                "part": options.part,
                "update": training.update,
                "minutes": training.seconds / 60,
                "loss": float(np.mean(losses[-300:])),
                **rates,
            }
            with (options.state / "log.jsonl").open("a") as log:
                log.write(json.dumps(record) + "\n")
            last_told = used
        if used - last_saved > 120:
            training.save("tail" if tail else "checkpoint")
            last_saved = used
    training.save("tail" if tail else "checkpoint")
    training.write_average(options.state / ("release.npz" if tail else "average.npz"))
    print(f"stopped at update {training.update}: {training.measure(validation)}")


def main() -> None:
    """Run one segment."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("part", choices=("main", "tail"))
    parser.add_argument("--lines", type=Path, required=True, help="what reader_lines.py wrote")
    parser.add_argument("--state", type=Path, required=True, help="folder outside the repository")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--updates", type=int, default=0, help="stop there, for comparisons")
    parser.add_argument("--report", type=float, default=300, help="seconds between measurements")
    parser.add_argument("--start", type=Path, help="averaged weights to begin from")
    parser.add_argument("--network", type=json.loads, default={}, help="of networks.reader_network")
    parser.add_argument("--settings", type=json.loads, default={})
    options = parser.parse_args()
    cv2.setNumThreads(1)
    options.state.mkdir(parents=True, exist_ok=True)
    settings = Settings(**options.settings)
    training = Training(options.state, settings, options.network)
    options.restart = False
    if not training.restore():
        if options.start:
            training.start_from(options.start)
            options.restart = True
        about = {"settings": asdict(settings), "network": options.network}
        write_atomically(options.state / "settings.json", json.dumps(about, indent=2))
    run(training, options, settings)


if __name__ == "__main__":
    main()
