"""Pages of handwriting: writing them, finding their lines, reading them.

A page is written in this order: `plan` decides on paper and pitch, `texts` on what stands there,
`script` has the pen write it, `layout` places it, `camera` and `paper` decide how it is seen, and
`photograph` shows it; `writing` does all of that once, `composing` many times, and `frozen` holds
the test pages. A page is read in this order: `preparation`, `detector` (with `tracing` and
`joining`), `rectifying`, `reader`. `targets`, `clutter`, `losses` and `training` make a detector,
`matching` says how good it is. A name is loaded when it is first asked for.
"""

from shared import lazy_names

_HOMES = {
    **dict.fromkeys(("LineDetector", "PageMaps"), "detector"),
    **dict.fromkeys(("Line", "reading_order"), "line"),
    **dict.fromkeys(("PageReader", "PageReading"), "reader"),
    **dict.fromkeys(("place_crop", "rectify", "rectify_all"), "rectifying"),
    **dict.fromkeys(("baseline_maps", "class_maps", "page_batches", "page_example"), "targets"),
    **dict.fromkeys(("show_page", "show_pages"), "figures"),
    "Confidence": "confidence",
    "GRADES": "plan",
    "Page": "page",
    "compose_pages": "composing",
    "frozen_pages": "frozen",
    "open_page_image": "image_files",
    "prepare_page": "preparation",
    "train_detector": "training",
    "write_page": "writing",
}

__all__, __getattr__ = lazy_names(__name__, _HOMES)
