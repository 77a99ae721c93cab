"""Comparisons for judges: each returns None, or a message with the first difference.

They take any plain value and never raise. Infinities are compared by identity before any
tolerance is applied, because every number lies within a relative tolerance of infinity.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

_Same = Callable[[Any, Any], bool]
_NUMBERS = int | float | np.bool_ | np.integer | np.floating


def equal(got: Any, expected: Any, call: str) -> str | None:
    """Compare exactly; a list, a tuple and an array of equal numbers count as equal.

    Args:
        got: The answer.
        expected: What it should be.
        call: Text of the call, for the message.
    """
    return _compare(got, expected, call, _same)


def close(got: Any, expected: Any, call: str, rtol: float = 1e-6, atol: float = 1e-9) -> str | None:
    """Compare numbers within `atol + rtol * abs(expected)`, and everything else exactly."""

    def same(left: Any, right: Any) -> bool:
        if _same(left, right):
            return True
        if not (_is_number(left) and isinstance(right, float | np.floating)):
            return False  # Whole numbers and everything else are compared exactly
        if not (_is_finite(left) and _is_finite(right)):
            return False
        return abs(left - right) <= atol + rtol * abs(right)

    return _compare(got, expected, call, same)


def number_between(got: Any, low: float, high: float, call: str) -> str | None:
    """Accept one finite number from low to high, as a guess should be."""
    if _is_number(got) and _is_finite(got) and low <= got <= high:
        return None
    return f"{call} gave {show(got)}, expected one number from {low} to {high}."


def whole_number(got: Any, low: int, high: int, call: str) -> str | None:
    """Accept one whole number from low to high."""
    if number_between(got, low, high, call) is None and got == int(got):
        return None
    return f"{call} gave {show(got)}, expected one whole number from {low} to {high}."


def call_text(name: str, /, **inputs: Any) -> str:
    """Return a call as text: `collapse(path=[8, 8], blank=0)`."""
    return f"{name}({', '.join(f'{key}={show(value)}' for key, value in inputs.items())})"


def show(value: Any, limit: int = 90) -> str:
    """Return a value as short text."""
    if isinstance(value, np.ndarray) and (value.size > 24 or value.ndim > 2):
        return f"an array of shape {value.shape}"
    if isinstance(value, np.ndarray):
        value = value.tolist()
    try:
        text = _repr(value)
    except (ValueError, RecursionError):  # Python refuses to print numbers of over 4,300 digits
        text = f"a {type(value).__name__} too long to print"
    return text if len(text) <= limit else f"{text[: limit - 4]} ..."


def _repr(value: Any) -> str:
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_repr, value))}]"
    if isinstance(value, float | np.floating):
        short = f"{float(value):.10g}"
        return f"{short}.0" if short.lstrip("-").isdigit() else short
    return repr(value.item() if isinstance(value, np.generic) else value)


def _compare(got: Any, expected: Any, call: str, same: _Same) -> str | None:
    try:
        found = _difference(got, expected, (), same)
    except (TypeError, ValueError, RecursionError, OverflowError) as error:
        found = ((), f"it cannot be compared with what was expected ({error})")
    if found is None:
        return None
    place, reason = found
    gave = f"{call} gave {show(got)}, expected {show(expected)}"
    if not place:
        return f"{gave}{': ' + reason if reason else ''}."
    index = "".join(f"[{part!r}]" for part in place)
    if len(place) > 1 and not isinstance(got, np.ndarray):  # Show the item, not everything
        item = f"[{place[0]!r}]"
        gave = f"{call} gave {show(got[place[0]])} at {item}, expected {show(expected[place[0]])}"
    return f"{gave}: the first difference is at {index}, {reason}."


def _difference(got: Any, expected: Any, place: tuple, same: _Same) -> tuple | None:
    """Return the place and the words of the first difference, or None."""
    if isinstance(got, np.ndarray) and isinstance(expected, np.ndarray):
        if got.shape != expected.shape:
            return place, f"the shape is {got.shape} instead of {expected.shape}"
        return _difference(got.tolist(), expected.tolist(), place, same)
    if isinstance(expected, dict):
        if not isinstance(got, dict):
            return place, f"{_kind(got)} instead of a dict"
        for key, value in expected.items():
            if key not in got:
                return place, f"the key {key!r} is missing"
            found = _difference(got[key], value, (*place, key), same)
            if found:
                return found
        extra = [key for key in got if key not in expected]
        return (place, f"the key {extra[0]!r} is not expected") if extra else None
    if isinstance(expected, list | tuple | np.ndarray):
        if not isinstance(got, list | tuple | np.ndarray):
            forgot = "; is a `return` missing" if got is None and not place else ""
            return place, f"{_kind(got)} instead of {_kind(expected)}{forgot}"
        for index, (left, right) in enumerate(zip(got, expected, strict=False)):
            found = _difference(left, right, (*place, index), same)
            if found:
                return found
        if len(got) != len(expected):
            return place, f"the length is {len(got)} instead of {len(expected)}"
        return None
    if same(got, expected):
        return None
    if not place:
        return place, _text_difference(got, expected)
    return place, f"{show(got)} instead of {show(expected)}"


def _same(left: Any, right: Any) -> bool:
    if isinstance(left, _NUMBERS) and isinstance(right, _NUMBERS):
        return bool(left == right or (left != left and right != right))
    return type(left) is type(right) and bool(left == right)


def _text_difference(got: Any, expected: Any) -> str:
    if not (isinstance(got, str) and isinstance(expected, str)):
        if got is None:
            return "None came back, so perhaps a `return` is missing"
        same_kind = type(got) is type(expected) or (_is_number(got) and _is_number(expected))
        return "" if same_kind else f"{_kind(got)} instead of {_kind(expected)}"
    pairs = enumerate(zip(got, expected, strict=False))
    first = next((i for i, (a, b) in pairs if a != b), min(len(got), len(expected)))
    return f"the texts differ from position {first} on"


def _is_number(value: Any) -> bool:
    return isinstance(value, _NUMBERS) and not isinstance(value, bool | np.bool_)


def _is_finite(value: Any) -> bool:
    return isinstance(value, int | np.integer) or math.isfinite(value)


def _kind(value: Any) -> str:
    names = {"ndarray": "an array", "NoneType": "None", "str": "text", "int": "one number"}
    names |= {"float": "one number", "bool": "one truth value", "list": "a list", "dict": "a dict"}
    return names.get(type(value).__name__, f"a {type(value).__name__}")
