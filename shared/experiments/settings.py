"""Settings that say what they may be, so that a typing mistake stops before any training."""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


class ConfigError(ValueError):
    """A configuration that cannot be meant; shown in a notebook as one sentence."""

    def _render_traceback_(self) -> list[str]:  # IPython shows this instead of a long traceback
        return [str(self)]


@dataclass(frozen=True)
class Setting:
    """One setting of an experiment.

    Attributes:
        default: Its value where none is given; its type is the setting's type.
        low: Smallest number allowed.
        high: Largest number allowed.
        choices: The values allowed, where they can be listed.
        help: What it does, in a few words.
    """

    default: Any
    low: float | None = None
    high: float | None = None
    choices: tuple = ()
    help: str = ""

    def problem(self, value: Any) -> str:
        """Return what is wrong with a value and the nearest right one, or nothing."""
        if self.choices:
            if value in self.choices and type(value) is type(self.default):
                return ""
            listed = ", ".join(map(repr, self.choices))
            near = _nearest(value, self.choices)
            return f"it is one of {listed}" + (f"; did you mean {near!r}?" if near else "")
        kind, wanted = _KINDS.get(type(self.default), (type(self.default), "of another type"))
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            return f"it must be {wanted}, such as {self.default!r}"
        if isinstance(value, int | float) and not isinstance(value, bool):
            if not math.isfinite(value):
                return f"it must be a finite number, such as {self.default!r}"
            for word, bound, sign in (("least", self.low, 1), ("most", self.high, -1)):
                if bound is not None and sign * value < sign * bound:
                    return f"it is at {word} {bound:g}; the nearest value is {bound:g}"
        return ""


_KINDS = {
    bool: (bool, "True or False"),
    int: (int, "a whole number"),
    float: ((int, float), "a number"),
    str: (str, "a text"),
    tuple: ((tuple, list), "a list"),
}


def with_settings(**settings: Setting) -> Callable[[Callable], Callable]:
    """Declare the settings of an experiment's function, as its attribute `settings`."""

    def declare(function: Callable) -> Callable:
        function.settings = settings
        return function

    return declare


def complete(settings: Mapping[str, Setting], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return a whole configuration: what is given, and the defaults for the rest.

    Args:
        settings: What there is to set. Without any, everything given is taken as it is.
        given: Some settings by name.

    Raises:
        ConfigError: A name is unknown or a value impossible; the message has the nearest right one.
    """
    if not settings:
        return dict(given)
    for key, value in given.items():
        if key not in settings:
            near = _nearest(key, settings)
            advice = f"Did you mean {near!r}?" if near else f"There are {', '.join(settings)}."
            raise ConfigError(f"There is no setting {key!r}. {advice}")
        if problem := settings[key].problem(value):
            stop = "" if problem.endswith("?") else "."
            raise ConfigError(f"The setting {key!r} cannot be {value!r}: {problem}{stop}")
    return {key: given.get(key, setting.default) for key, setting in settings.items()}


def _nearest(value: Any, options: Any) -> Any:
    """Return the option that was probably meant, or None."""
    numbers = [one for one in options if isinstance(one, int | float)]
    if isinstance(value, int | float) and not isinstance(value, bool) and numbers:
        return min(numbers, key=lambda one: abs(one - value))
    texts = {str(one).lower(): one for one in options}
    found = difflib.get_close_matches(str(value).lower(), texts, n=1, cutoff=0.5)
    return texts[found[0]] if found else None
