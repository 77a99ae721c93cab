"""Paper, pen and light of a page, and how they are chosen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shared.pages.plan import Plan
from shared.pages.texts import clipped_normal
from shared.pen import Hand


@dataclass(frozen=True)
class Paper:
    """How a page looks; lengths in pixels at zoom 1, grays from 0 to 255.

    Attributes:
        pen: Width of the pen.
        nib: Half the length of a broad nib.
        ink: Gray of the ink.
        flow: How unevenly the ink flows, 0 to 1.
        tone: Gray of the paper.
        texture: How far the paper's own gray wanders.
        rules: Distance of the printed lines across, and of those down; 0 for none.
        phase: A printed line across stands here.
        edge: A printed line down stands here, as a margin; 0 for none.
        print: How much darker than the paper the printed lines are.
        folds: How much darker the paper's two folds are; 0 for none.
        ghost: How strongly writing on the other side shows through, 0 to 1.
        desk: Gray of what lies around the paper; -1 for more of the paper's own.
        rim: Width of the dark rim that a scanner leaves at one edge; 0 for none.
        slope: How the light falls off to the right, downward, and to the corners.
        shadows: Depth of two shadows, 0 to 1.
        blur: Of the lens.
        noise: Of the sensor.
        jpeg: Quality of compression; 0 for none.
        seed: Of the places of all this.
    """

    pen: float
    nib: float
    ink: float
    flow: float
    tone: float
    texture: float
    rules: tuple[float, float]
    phase: float
    edge: float
    print: float
    folds: float
    ghost: float
    desk: float
    rim: float
    slope: tuple[float, float, float]
    shadows: tuple[float, float]
    blur: float
    noise: float
    jpeg: int
    seed: int


def choose_paper(grade: str, plan: Plan, hand: Hand, rng: np.random.Generator) -> Paper:
    """Choose pen, paper and light: a scanner's for most pages, a camera's for "photo"."""
    photo = grade == "photo"
    clean = not photo and rng.random() < 0.4
    chance = rng.random(12)
    strong = 1.0 if photo else 0.25
    pencil = chance[0] < 0.2
    rules, edge = (0.0, 0.0), 0.0
    if plan.ruled:
        rules = (plan.ruled, 0.0)
        if chance[1] < 0.3:
            cell = plan.ruled / (1 if chance[2] < 0.5 else 2)
            rules = (cell, cell)
        elif chance[2] < 0.4:
            edge = max(plan.margins[0] - rng.uniform(0.2, 1.2) * plan.x_height, 1.0)
    elif chance[1] < 0.06:  # Printed lines that the writer does not keep to
        rules = (plan.pitch * rng.uniform(0.5, 1.5), 0.0)
    tone = rng.uniform(248, 255) if clean else rng.uniform(175 if photo else 215, 252)
    return Paper(
        pen=hand.style.pen * rng.uniform(0.8, 1.15) * plan.x_height,
        nib=hand.style.nib * plan.x_height,
        ink=tone * (rng.uniform(0.32, 0.55) if pencil else rng.uniform(0.08, 0.42)),
        flow=rng.uniform(0.25, 0.65) if pencil else 0.6 * rng.random() ** 2,
        tone=tone,
        texture=0.0 if clean else 6.0 * rng.random() ** 2 * (1.3 if photo else 1.0),
        rules=rules,
        phase=plan.margins[1] + rng.uniform(-0.05, 0.15) * plan.x_height,
        edge=edge,
        print=tone * rng.uniform(0.08, 0.38),
        folds=float(chance[3] < 0.3) * strong * tone * rng.uniform(0.03, 0.2),
        ghost=float(chance[4] < 0.16) * float(not clean) * rng.uniform(0.04, 0.22),
        desk=float(rng.uniform(15, 150)) if photo and chance[5] < 0.6 else -1.0,
        rim=float(not photo and chance[9] < 0.08) * rng.uniform(0.5, 4),
        slope=tuple((0.0 if clean else strong) * v for v in
                    (0.16 * clipped_normal(rng), 0.16 * clipped_normal(rng), 0.12 * rng.random())),
        shadows=tuple(float(photo) * float(c < 0.5) * rng.uniform(0.1, 0.42) for c in chance[6:8]),
        blur=rng.uniform(0.4, 1.05) if photo else rng.uniform(0.3, 0.75),
        noise=rng.uniform(0, 2) if clean else rng.uniform(1, 10 if photo else 5),
        jpeg=int(rng.integers(35, 92)) if chance[8] < (0.6 if photo else 0.25) else 0,
        seed=int(rng.integers(2**62)),
    )  # fmt: skip
