"""What every lab imports: the files here first, then a room for each larger subject.

Importing it is quick and silent; TensorFlow loads when something first needs it.
"""

from collections.abc import Callable, Mapping
from importlib import import_module


def lazy_names(room: str, homes: Mapping[str, str]) -> tuple[list[str], Callable[[str], object]]:
    """Return `__all__` and `__getattr__` of a room whose names are loaded when first asked for.

    Args:
        room: The room's `__name__`.
        homes: By name the module of the room that it is in.
    """

    def load(name: str) -> object:
        if name not in homes:
            raise AttributeError(f"module {room!r} has no attribute {name!r}")
        return getattr(import_module(f"{room}.{homes[name]}"), name)

    return [*homes], load
