"""What the labs ask: one module a lab, in the order of its exercises, loaded when it is used.

A lab module says what is asked, which mistakes are known, and holds the faulty things that its
lab shows. The right answers stand in the solutions (`shared.checks.answers`).
"""

from __future__ import annotations

import importlib
import re
from types import ModuleType


def __getattr__(name: str) -> ModuleType:
    """Load the module of a lab, such as `exercises.lab07`."""
    if re.fullmatch(r"lab\d\d", name):
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"There is no {__name__}.{name}; labs are called lab01 to lab09.")
