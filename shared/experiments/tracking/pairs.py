"""Pictures of one run or of two: what differs, and which examples were read differently."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shared.experiments.tracking.history import unpack_image
from shared.experiments.tracking.records import RunRecord, differing_settings, text_of
from shared.picture import LINE_STYLES, MARKERS, OKABE_ITO, Picture, draw, number, shorten

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def changed_predictions(
    first: RunRecord, second: RunRecord, table: str = "validation"
) -> list[dict[str, Any]]:
    """Return the examples that two runs read differently, with `first` and `second` readings.

    Raises:
        ValueError: A run has no such table, or the two were asked about different examples.
    """
    for run in (first, second):
        if table not in run.tables:
            raise ValueError(
                f"The run {run.name!r} has no predictions called {table!r}; it has "
                f"{', '.join(run.tables) or 'none'}."
            )
    a, b = first.tables[table], second.tables[table]
    if [row["text"] for row in a] != [row["text"] for row in b]:
        raise ValueError(
            f"The runs {first.name!r} and {second.name!r} read different examples, so their "
            "readings cannot be compared one by one."
        )
    return [
        {**left, "first": left["prediction"], "second": right["prediction"]}
        for left, right in zip(a, b, strict=True)
        if left["prediction"] != right["prediction"]
    ]


def compare_two(
    first: RunRecord, second: RunRecord, metric: str, table: str = "validation", top: int = 10
) -> Picture:
    """Draw two runs: their curves, the settings that differ, and what they read differently.

    Args:
        first: One run.
        second: The other.
        metric: Whose curves are drawn.
        table: The predictions to compare, where both runs have them.
        top: How many of the changed examples to show.
    """
    both = table in first.tables and table in second.tables
    changed = changed_predictions(first, second, table) if both else []
    gained = [row for row in changed if row["second"] == row["text"]]
    lost = [row for row in changed if row["first"] == row["text"]]
    shown = _mixed(gained, lost, top)
    keys = differing_settings([first, second])

    def paint(figure: Figure) -> str:
        upper, lower = figure.subfigures(2, 1, height_ratios=[2.6, 1.5])
        curves, words = upper.subplots(1, 2, width_ratios=[3, 2])
        said = []
        for run, name, place in ((first, "A", 0), (second, "B", 1)):
            if metric in run.curves:
                curves.plot(
                    *run.curves[metric], label=name, color=OKABE_ITO[place + 1], lw=2,
                    linestyle=LINE_STYLES[place], marker=MARKERS[place],
                )  # fmt: skip
                said.append(f"{name} ends at {metric} {number(run.curves[metric][1][-1])}")
        curves.set(xlabel="updates", ylabel=metric)
        curves.legend(frameon=False)
        words.set_axis_off()
        values = [(k, *(text_of(r.config.get(k, "-")) for r in (first, second))) for k in keys]
        lines = [f"{key}\n  A {a}\n  B {b}" for key, a, b in values] or ["the same settings"]
        difference = [line.replace("\n", " ").replace("  ", " ") for line in lines]
        counts = f"{len(gained)} right in B alone\n{len(lost)} right in A alone"
        words.text(
            0, 1, "\n".join([*lines, "", counts if both else "no predictions kept"]),
            va="top", fontsize=10, parse_math=False,
        )  # fmt: skip
        cells = lower.subplots(1, top, squeeze=False).ravel()
        for axes in cells:
            axes.set_axis_off()
        for axes, row in zip(cells, shown, strict=False):
            if "image" in row:
                axes.imshow(unpack_image(row["image"]), cmap="gray_r", vmin=0, vmax=255)
            title = f"{row['text']}\nA {row['first']}\nB {row['second']}"
            axes.set_title(title, fontsize=9, parse_math=False)
        read = [f"{row['text']} read {row['first']} by A, {row['second']} by B" for row in shown]
        return (
            f"Two runs compared by {metric}. {'; '.join(said)}. Settings that differ: "
            f"{'; '.join(difference)}. {counts.replace(chr(10), ', ')}. "
            f"{'Examples: ' + shorten(read, top) if read else 'No example to show'}."
        )

    return draw(paint, 4.6)


def best_and_worst(
    run: RunRecord, table: str = "validation", count: int = 4, title: str = ""
) -> Picture:
    """Show the examples of a run that were read best and worst, by edits per character.

    Args:
        run: A run whose predictions hold images.
        table: Which predictions.
        count: How many of each.
        title: Heading.
    """
    from shared.figures import show_characters, show_lines
    from shared.metrics import edit_distance

    rows = [row for row in run.tables.get(table, []) if "image" in row]
    if not rows:
        raise ValueError(
            f"The run {run.name!r} keeps no predictions called {table!r} with images; it has "
            f"{', '.join(run.tables) or 'none'}."
        )
    order = sorted(
        rows, key=lambda row: edit_distance(row["text"], row["prediction"]) / len(row["text"])
    )
    chosen = order if len(order) <= 2 * count else order[:count] + order[-count:]
    images = [unpack_image(row["image"]) for row in chosen]
    texts, read = [row["text"] for row in chosen], [row["prediction"] for row in chosen]
    heading = title or f"Best and worst of {len(rows)}"
    if all(len(text) == 1 for text in texts):
        return show_characters(images, texts, read, columns=2 * count, title=heading)
    return show_lines(images, texts, read, title=heading)


def _mixed(gained: list, lost: list, top: int) -> list:
    """Return examples of both kinds, as many of each as there is room for."""
    half = max(top // 2, top - len(lost))
    return (gained[:half] + lost[: top - min(half, len(gained))])[:top]
