"""The CTC explorer: emissions, greedy decoding, lattice, gradient and training replay.

Four layers, each usable alone: `values` (what is computed), `scene` (what is shown, as
JSON), `png` (the still picture), `live` (the explorer that moves, computed in the browser).
`searching` lists what there is to see: paths of a label, likely labels, the steps of a beam.
A name is loaded when it is first asked for.
"""

from shared import lazy_names

_HOMES = {
    **dict.fromkeys(("Explorer", "explore", "is_static"), "explorer"),
    **dict.fromkeys(("Numbers", "compute"), "values"),
    **dict.fromkeys(("alignments", "beam_steps", "forced_align", "label_table"), "searching"),
    "browse": "browsing",
    "build_scene": "scene",
    "render_png": "png",
}

__all__, __getattr__ = lazy_names(__name__, _HOMES)
