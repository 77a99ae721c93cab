"""Pack the labs and the small weights into the wheel; an editable installation has the checkout.

Written as a hook because a plain `force-include` would also copy them beside an editable
installation, where they go stale and leave a second folder named `shared`.
"""

from __future__ import annotations

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PACKED = {
    "data/answers.json": "shared/data/answers.json",
    "data/models": "shared/data/models",
    "data/samples": "shared/data/samples",
    "labs": "shared/data/labs",
}


class PackData(BuildHookInterface):
    """Add the data to a standard wheel, so that it runs a lab in an empty folder."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Extend what hatchling packs; `version` is "standard" or "editable"."""
        if version == "standard":
            build_data["force_include"].update(PACKED)
