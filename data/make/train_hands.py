"""How much more hands help: the same lines and updates, written by 3, 12, 48 or all hands."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from cells import train_cells

from shared.paths import DATA, my_directory
from shared.writers import NUM_HANDS

if TYPE_CHECKING:
    import keras

    from shared.figures import Picture

COUNTS = (3, 12, 48, NUM_HANDS["train"])
UPDATES = 800
LINES = 6000
OWN_LINES = 200
SEED = 5
COMMAND = "python data/make/train.py hands"


def train_hands(
    path: Path = DATA / "samples" / "hands.json",
    counts: tuple[int, ...] = COUNTS,
    updates: int = UPDATES,
    lines: int = LINES,
    seed: int = SEED,
) -> dict[str, Any]:
    """Train one network per number of hands, write the run file, and draw it beside.

    A run that was stopped goes on: finished cells are read from the part file in `my/`, the one
    that was broken off from its checkpoint.

    Args:
        path: The run file.
        counts: Numbers of training hands; a smaller group is part of a larger one.
        updates: Batches of 16 lines, the same for every cell.
        lines: Lines that they are drawn from; their texts are the same in every cell.
        seed: Decides the lines, their order and the first weights.

    Returns:
        `command`, the settings, and `cells` with the error rates.
    """
    settings = {"command": COMMAND, "updates": updates, "lines": lines, "seed": seed}
    settings |= {"batch_size": 16, "own_lines": OWN_LINES}

    def train(key: dict[str, Any], checkpoint: Path) -> dict[str, Any]:
        print(f"{key['hands']} hands:", flush=True)
        cell = train_cell(key["hands"], updates, lines, seed, checkpoint)
        print(f"  CER {cell['cer']:.1%} on the frozen test", flush=True)
        return cell

    folder = my_directory() / "runs" / "hands"
    run = train_cells(Path(path), folder, settings, [{"hands": n} for n in counts], train)
    plot_hands(run).save(Path(path).with_suffix(".png"))
    print(format_hands(run))
    return run


def train_cell(
    count: int, updates: int, lines: int, seed: int, checkpoint: Path | None = None
) -> dict[str, Any]:
    """Train on lines by the first `count` training hands, and measure.

    The frozen test is by hands that no cell has seen; beside it stand new sentences by the very
    hands that the cell learned from, which tell whether anything is missing but hands.
    """
    from train import held_out_rates

    from shared import pen
    from shared.lines import compose_lines, frozen_lines
    from shared.recognizer import LineTextRecognizer
    from shared.training import train_line_network

    hands = pen.hands("train", count)
    network = hands_network(seed)
    training = train_line_network(
        network,
        compose_lines(lines, "train", seed, hands),
        updates,
        seed=seed,
        checkpoint=checkpoint,
    ).wait()
    reader = LineTextRecognizer(network)
    frozen = frozen_lines()
    own = compose_lines(OWN_LINES, "validation", seed, hands)
    return {
        "hands": count,
        "updates": updates,
        "seed": seed,
        "cer": round(reader.error_rate(frozen), 4),
        "cer_own_hands": round(reader.error_rate(own), 4),
        "wrong": held_out_rates(reader, frozen),
        "seconds": round(training.seconds),
    }


def hands_network(seed: int = SEED) -> keras.Model:
    """Build the network that every cell begins with."""
    from shared.backend import keras
    from shared.networks import line_network

    keras.utils.set_random_seed(seed)
    return line_network()


def format_hands(run: dict[str, Any]) -> str:
    """Return the error rates as a table."""
    rows = [f"{'hands':>6}{'frozen test':>14}{'own hands, new texts':>23}"]
    for cell in run["cells"]:
        rows.append(f"{cell['hands']:>6}{cell['cer']:>14.1%}{cell['cer_own_hands']:>23.1%}")
    return "\n".join(rows)


def plot_hands(run: dict[str, Any]) -> Picture:
    """Draw the error rate against the number of training hands.

    Args:
        run: What `train_hands` returned.
    """
    from shared.figures import plot_curves

    counts = [cell["hands"] for cell in run["cells"]]
    names = {"cer": "test hands, never seen", "cer_own_hands": "training hands, new sentences"}
    series = {
        name: (counts, [100 * cell[key] for cell in run["cells"]]) for key, name in names.items()
    }
    title = f"{run['lines']:,} lines and {run['updates']:,} updates, by more and more hands"
    return plot_curves(series, "training hands", "character error rate (%)", title)
