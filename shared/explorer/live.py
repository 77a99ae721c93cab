"""Layer (d): the explorer that moves, in a notebook or as a page of its own.

Python sends one line, once; what a person drags, types or steps is computed in the browser
by `front/*.js`, which the tests hold equal to `shared.ctc`.
"""

from __future__ import annotations

import base64
import json
import math
import re
from collections import Counter
from functools import cache
from html import escape
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from shared.explorer.palette import THEMES, indexed_png
from shared.explorer.replay_panel import derive
from shared.sentences import WORDS_FILE

if TYPE_CHECKING:
    from shared.explorer.explorer import Explorer

FRONT = Path(__file__).with_name("front")
SCRIPTS = (
    "ctc.js", "draw.js", "collapse.js", "lattice.js", "beam.js", "puzzles.js", "state.js",
    "network.js", "ink.js", "own.js", "main.js",
)  # fmt: skip
#: Where the live explorer opens for each view of the picture: level, and what the lattice shows
OPENS = {
    "lattice": ("lattice", "posterior"), "gradient": ("lattice", "gradient"),
    "all": ("lattice", "river"),
}  # fmt: skip
RARE = 0.002  # Share given to a pair of letters that no word of the course has


def read_front(*names: str) -> str:
    """Return files of the front end, joined: its scripts are one module."""
    return "\n".join((FRONT / name).read_text(encoding="utf-8") for name in names)


def style() -> str:
    """Return the style sheet, with the colors of the static pictures."""
    colors = [
        f'.ctcx[data-theme="{theme}"] {{ {" ".join(f"--{k}: {v};" for k, v in roles.items())} }}'
        for theme, roles in THEMES.items()
    ]
    return "\n".join((*colors, read_front("explorer.css")))


def packed(logits: np.ndarray) -> str:
    """Write logits (T, K) as base64 of float32, row by row."""
    return base64.b64encode(np.ascontiguousarray(logits, dtype="<f4")).decode("ascii")


@cache
def letter_pairs() -> dict[str, object]:
    """Return how much likelier than chance a letter follows another in the course's words, in nats.

    By the letter before, a space at the beginning of a word; "floor" is for any other pair.
    """
    lines = WORDS_FILE.read_text(encoding="utf-8").splitlines()
    words = re.findall(r"[a-z]+", " ".join(line for line in lines if line[:1] not in (";", "[")))
    pairs = Counter(pair for word in words for pair in pairwise(f" {word}"))
    total = Counter(before for before, _ in pairs.elements())
    found: dict[str, object] = {"floor": round(math.log(RARE * 27), 2)}
    for (before, after), count in sorted(pairs.items()):
        row = found.setdefault(before, {})
        row[after] = round(math.log(count / total[before] * 27), 2)
    return found


def line_data(explorer: Explorer, note: str = "") -> str:
    """Return what the front end is sent, as JSON: logits, image, target, snapshots of training."""
    level, mode = OPENS.get(explorer.view, ("collapse", "river"))
    image = explorer.image
    derived = derive(explorer.snapshots, explorer.label, 0)
    data = {
        "characters": explorer.alphabet.characters, "target": explorer.target, "level": level,
        "mode": mode, "frames": len(explorer.logits), "logits": packed(explorer.logits),
        "image": None if image is None else base64.b64encode(indexed_png(image, "ink")).decode(),
        "imageSize": None if image is None else image.shape[::-1],
        "snapshots": [
            {"update": one["update"], "loss": loss if np.isfinite(loss := said["loss"]) else None,
             "logits": packed(one["logits"])}
            for one, said in zip(explorer.snapshots, derived, strict=True)
        ],
        "bigrams": letter_pairs(), "note": note, "puzzle": explorer.puzzle,
        "own": explorer.own,
    }  # fmt: skip
    return json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def page(data: str, title: str, description: str) -> str:
    """Return a whole page as HTML: it asks no host for anything, and works from a file."""
    fillings = {
        "title": escape(title), "description": escape(description), "style": style(),
        "script": read_front(*SCRIPTS), "line": data.replace("<", "\\u003c"),
    }  # fmt: skip
    template = read_front("page.html")
    return re.sub(r"\{(\w+)\}", lambda found: fillings[found[1]], template)
