"""What may cross between a learner's code and the judge: plain values, written as JSON.

An answer becomes plain before a judge sees it. An object with its own idea of `==` therefore
never meets a comparison: its class stays behind, and what has no plain value is refused.
"""

from __future__ import annotations

import base64
import json
import math
from typing import Any

import numpy as np

#: The most text that one crossing may take
LIMIT = 1_000_000
_MAX_DEPTH = 40
_ASK_FOR_LESS = "can be judged. Return only what the exercise asks for."
_LAZY = {"generator", "map", "filter", "zip", "enumerate", "reversed"}
_CALLABLE = {"function", "method", "builtin_function_or_method", "type"}


class CrossingError(ValueError):
    """A value cannot cross; the message says what it was and what is needed."""


def encode(value: Any) -> str:
    """Return a value as JSON text of at most `LIMIT` characters.

    Tuples become lists, numpy scalars numbers, and tensors arrays; arrays keep dtype and shape.

    Raises:
        CrossingError: The value, or a part of it, is not plain, or too large.
    """
    try:
        text = json.dumps(_plain(value, 0), allow_nan=False)
    except CrossingError:
        raise
    except (RecursionError, MemoryError, ValueError) as error:
        raise CrossingError(f"The value is nested too deeply or too large ({error}).") from None
    if len(text) > LIMIT:
        size = f"The value takes {len(text):,} characters"
        raise CrossingError(f"{size}; at most {LIMIT:,} {_ASK_FOR_LESS}")
    return text


def decode(text: str, writeable: bool = True) -> Any:
    """Return the value that `encode` wrote.

    Args:
        text: JSON text, possibly from a process that is not trusted.
        writeable: Whether arrays may be changed.

    Raises:
        CrossingError: The text is not what `encode` writes.
    """
    if len(text) > LIMIT:
        raise CrossingError(f"{len(text):,} characters came back; at most {LIMIT:,} are read.")
    try:
        return _restore(json.loads(text), writeable)
    except CrossingError:
        raise
    except (ValueError, TypeError, KeyError, RecursionError, AttributeError) as error:
        raise CrossingError(f"What came back is not a plain value ({error}).") from None


def _plain(value: Any, depth: int) -> Any:
    if depth > _MAX_DEPTH:
        raise CrossingError(f"The value is nested more than {_MAX_DEPTH} deep.")
    if isinstance(value, list | tuple | range | dict | set | frozenset) and len(value) * 3 > LIMIT:
        items = f"A {type(value).__name__} of {len(value):,} items is too large"
        raise CrossingError(f"{items}; at most {LIMIT:,} characters {_ASK_FOR_LESS}")
    if value is None or isinstance(value, bool | int | str):
        return value  # Of a subclass, JSON takes the number or text that is stored
    if isinstance(value, np.bool_ | np.integer):
        return value.item()
    if isinstance(value, float | np.floating):
        number = float(value)
        return number if math.isfinite(number) else {"float": repr(number)}
    if isinstance(value, list | tuple | range):
        return [_plain(item, depth + 1) for item in value]
    if isinstance(value, dict):
        pairs = [[_plain(key, depth + 1), _plain(item, depth + 1)] for key, item in value.items()]
        return {"dict": pairs}
    if isinstance(value, set | frozenset):
        return {"set": sorted((_plain(item, depth + 1) for item in value), key=repr)}
    return _plain_array(value, depth)


def _plain_array(value: Any, depth: int) -> Any:
    to_numpy = getattr(value, "numpy", None)  # Tensors and variables of TensorFlow and Keras
    if not callable(to_numpy) and not hasattr(value, "__array__"):
        raise CrossingError(_not_plain(value))
    try:
        array = np.asarray(to_numpy() if callable(to_numpy) else value)
    except Exception as error:  # Whatever a foreign object raises, it is no plain value
        raise CrossingError(f"{_not_plain(value)} ({type(error).__name__}: {error})") from None
    if array.dtype.kind in "OUS":
        if array.dtype.kind == "O" and array.ndim == 0:
            raise CrossingError(_not_plain(value))
        return _plain(array.tolist(), depth + 1)
    if array.dtype.kind == "V" and array.dtype.names is None:  # bfloat16 and its relatives
        array = array.astype(np.float32)
    if array.dtype.kind not in "biuf" or array.dtype.itemsize > 8:
        raise CrossingError(f"An array of dtype {array.dtype} cannot be judged; return numbers.")
    if array.ndim == 0:
        return _plain(array.item(), depth + 1)
    if array.nbytes > LIMIT:
        size = f"An array of shape {array.shape} takes {array.nbytes:,} bytes"
        raise CrossingError(f"{size}; at most {LIMIT:,} {_ASK_FOR_LESS}")
    array = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
    content = base64.b64encode(array.tobytes()).decode("ascii")
    return {"array": {"dtype": array.dtype.str, "shape": list(array.shape), "base64": content}}


def _restore(value: Any, writeable: bool) -> Any:
    if isinstance(value, list):
        return [_restore(item, writeable) for item in value]
    if not isinstance(value, dict):
        return value
    ((tag, content),) = value.items()
    if tag == "float":
        return float(content)
    if tag == "dict":
        return {_key(_restore(k, writeable)): _restore(v, writeable) for k, v in content}
    if tag == "set":
        return {_key(_restore(item, writeable)) for item in content}
    if tag != "array":
        raise CrossingError(f"What came back has an unknown part {tag!r}.")
    dtype = np.dtype(str(content["dtype"]))
    if dtype.kind not in "biuf":
        raise CrossingError(f"What came back has an array of dtype {dtype}.")
    flat = np.frombuffer(base64.b64decode(content["base64"], validate=True), dtype)
    array = flat.reshape([int(length) for length in content["shape"]]).astype(
        dtype.newbyteorder("=")
    )
    array.flags.writeable = writeable
    return array


def _key(value: Any) -> Any:
    return tuple(map(_key, value)) if isinstance(value, list) else value


def _not_plain(value: Any) -> str:
    kind = type(value).__name__
    if kind in _LAZY:
        return f"A {kind} came back, which is not worked out yet; wrap it in list(...)."
    if kind in _CALLABLE:
        return f"A {kind} came back where a value is needed; call it, or return what it returns."
    return (
        f"An object of type {kind} came back; return numbers, text, lists, dicts or arrays, "
        "which is what can be judged."
    )
