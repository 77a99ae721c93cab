"""Is one idea better than another? Effects with intervals, paired, clustered by writer."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

EXACT_CLUSTERS = 14  # Up to here every change of signs is tried, 2 ** 14 of them


class ComparisonError(ValueError):
    """Results that cannot be compared with each other."""


@dataclass(frozen=True)
class Difference:
    """What changes from a first to a second way, as edits a character: negative is better.

    Attributes:
        effect: Rate of the second minus rate of the first, over all common seeds.
        low: Lower end of the 95 % interval.
        high: Upper end.
        p_value: How often a difference of this size or more comes about if the two are alike.
        by_seed: The difference for each common seed.
        by_cluster: The difference for each writer.
    """

    effect: float
    low: float
    high: float
    p_value: float
    by_seed: dict[int, float]
    by_cluster: dict[str, float]

    @property
    def decided(self) -> bool:
        """Whether the interval leaves out zero."""
        return self.low > 0 or self.high < 0

    def __str__(self) -> str:
        points = f"{100 * self.effect:+.1f} points [{100 * self.low:+.1f}, {100 * self.high:+.1f}]"
        seeds = f"{len(self.by_seed)} seed{'s' * (len(self.by_seed) != 1)}"
        return f"{points}, {seeds}, p = {self.p_value:.3f}"


def paired_difference(
    first: Mapping[int, Sequence[int]],
    second: Mapping[int, Sequence[int]],
    lengths: Sequence[int],
    clusters: Sequence,
    seed: int = 0,
    repeats: int = 2000,
) -> Difference:
    """Compare two ways that read the same lines, over the seeds that both have.

    The interval draws again what a new study would draw again: writers, because lines of one
    writer resemble each other, and seeds. Both ways keep the same draw, so that whatever makes
    a writer or a line hard for both cancels out.

    Args:
        first: Edits of each line, by seed.
        second: The same of the other way.
        lengths: Reference length of each line.
        clusters: Writer of each line.
        seed: Of the draws.
        repeats: Number of draws.

    Raises:
        ComparisonError: No common seed, or lines that do not match.
    """
    seeds = sorted(set(first) & set(second))
    if not seeds:
        raise ComparisonError(
            f"The first has the seeds {sorted(first)}, the second {sorted(second)}: none is in "
            "both, so nothing is paired. Run both with the same seeds."
        )
    for edits in (*first.values(), *second.values()):
        if not len(edits) == len(lengths) == len(clusters) > 0:
            raise ComparisonError(
                f"{len(edits)} edits, {len(lengths)} lengths and {len(clusters)} writers were "
                "given; every line needs one of each, and there must be a line."
            )
    names = list(dict.fromkeys(clusters))
    members = np.array([names.index(cluster) for cluster in clusters])
    extra = np.array([np.subtract(second[s], first[s]) for s in seeds], dtype=np.float64)
    # Sums by seed and writer, (seeds, writers), and by writer
    sums = np.array([np.bincount(members, row, len(names)) for row in extra])
    sizes = np.bincount(members, np.asarray(lengths, dtype=np.float64), len(names))
    if (sizes == 0).any():
        raise ComparisonError("A writer's lines have no character at all; leave that writer out.")
    rng = np.random.default_rng(seed)
    writers = rng.integers(len(names), size=(repeats, len(names)))
    drawn = rng.integers(len(seeds), size=(repeats, len(seeds)))
    edits = sums[drawn[:, :, None], writers[:, None, :]].mean(axis=1).sum(axis=1)
    low, high = np.quantile(edits / sizes[writers].sum(axis=1), [0.025, 0.975])
    mean = sums.mean(axis=0)
    return Difference(
        float(mean.sum() / sizes.sum()),
        float(low),
        float(high),
        sign_flip_p_value(mean, rng),
        {s: float(row.sum() / sizes.sum()) for s, row in zip(seeds, sums, strict=True)},
        dict(zip(map(str, names), (mean / sizes).tolist(), strict=True)),
    )


def sign_flip_p_value(
    differences: Sequence[float], rng: np.random.Generator | None = None, draws: int = 10_000
) -> float:
    """Return how often chance signs give a sum at least as far from zero (Fisher's test).

    If two ways are alike, each writer's difference could as well have had the other sign.

    Args:
        differences: One a writer.
        rng: Draws the signs where there are too many writers to try all of them.
        draws: How many are drawn then.
    """
    values = np.asarray(differences, dtype=np.float64)
    if values.ndim != 1 or not len(values):
        raise ComparisonError("A paired test needs one difference a writer, at least one.")
    if len(values) <= EXACT_CLUSTERS:
        signs = np.array(list(itertools.product((1, -1), repeat=len(values))))
        more = 0
    else:
        rng = rng or np.random.default_rng(0)
        signs = rng.choice((1, -1), size=(draws, len(values)))
        more = 1  # The signs that were seen count, too
    extreme = np.abs(signs @ values) >= abs(values.sum()) * (1 - 1e-12)
    return float((extreme.sum() + more) / (len(signs) + more))
