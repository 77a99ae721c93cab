"""The CTC explorer: emissions, greedy decoding, lattice, gradient and training replay.

Four layers, each usable alone: `values` (what is computed), `scene` (what is shown, as
JSON), `svg` and `png` (still pictures), `widget` (the same scene, live in the browser).
"""

from shared.explorer.explorer import Explorer, explore, is_static
from shared.explorer.png import render_png
from shared.explorer.scene import build_scene
from shared.explorer.svg import render_svg
from shared.explorer.values import Numbers, Options, compute

__all__ = [
    "Explorer",
    "Numbers",
    "Options",
    "build_scene",
    "compute",
    "explore",
    "is_static",
    "render_png",
    "render_svg",
]
