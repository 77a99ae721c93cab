"""Lab 1: four pages that went wrong, told by what each stage passed on (exercise 1.8)."""

from __future__ import annotations

from shared import ctc
from shared.alphabet import ASCII
from shared.metrics import character_error_rate

DOT = "·"


def _collapse(path: str) -> str:
    return ASCII.decode(ctc.collapse(_classes(path)))


def _classes(path: str) -> list[int]:
    return [0 if character == DOT else ASCII.encode(character)[0] for character in path]


def _drop_first(path: str) -> str:
    """Decode with the two rules in the wrong order: the fault of page A."""
    kept = [number for number in _classes(path) if number]
    return ASCII.decode(ctc.collapse(kept))


def _padded_rate(written: str, read: str, width: int) -> float:
    """Count padding characters that one text has and the other lacks: the fault of page C."""
    return character_error_rate([written.ljust(width, "_")], [read])


def broken_pages() -> dict[str, dict[str, str]]:
    """Return for each page what is written and what each stage gave, as text.

    The faults are real: page A is decoded with its blanks dropped first, page C is scored with
    its padding, and every other value is computed by the course's own code.
    """
    pages = {}
    path = "··ss··oo··rr··r··yy··"
    written, read = "sorry", _drop_first(path)
    pages["A"] = _evidence(written, 1, 1, path, read, character_error_rate([written], [read]))
    path = "t·m·e·n··o·o··n·"
    written, read = "ten\nmoon", _collapse(path)
    pages["B"] = _evidence(written, 2, 1, path, read, character_error_rate([written], [read]))
    path = "··l·a·m·pp··"
    written, read = "lamp", _collapse(path)
    pages["C"] = _evidence(written, 1, 1, path, read, _padded_rate(written, read, 10))
    path = "·c·l·oo·c·h·"
    written, read = "clock", _collapse(path)
    pages["D"] = _evidence(written, 1, 1, path, read, character_error_rate([written], [read]))
    return pages


def _evidence(
    written: str, lines: int, found: int, path: str, read: str, rate: float
) -> dict[str, str]:
    shown = written.replace("\n", "⏎")
    return {
        "written": f"{shown}   ({lines} line{'s' * (lines > 1)} on the page)",
        "lines": f"{found} box found",
        "network": f"path {path}",
        "decoding": f"text {read}",
        "score": f"CER {rate:.0%}",
    }
