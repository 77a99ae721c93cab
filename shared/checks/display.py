"""Tick lists as plain text and as HTML; words and signs carry the meaning, never color alone."""

from __future__ import annotations

import contextlib
import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from html import escape

from shared.checks.verdict import NOT_ATTEMPTED, PASSED, CaseResult, Result, points_text
from shared.picture import Table

_SIGNS = {PASSED: "✓", NOT_ATTEMPTED: "–"}
_PATIENCE = 2.0  # Seconds without a word
_STYLE = "border-left:4px solid {color};padding:0.2em 0.8em;margin:0.3em 0"
_COLORS = {PASSED: "#0072B2", NOT_ATTEMPTED: "#8a8a8a"}


@dataclass(frozen=True)
class Shown:
    """Something with a plain text and an HTML form; notebooks choose."""

    text: str
    html: str

    def __repr__(self) -> str:
        """Return the plain text, which is what a terminal and a report show."""
        return self.text

    def _repr_html_(self) -> str:
        return self.html


def print_outside_notebooks(shown: Shown) -> Shown:
    """Print what only a notebook would display, then return it."""
    encoding = sys.stdout.encoding or "utf-8"
    print(shown.text.encode(encoding, "replace").decode(encoding))
    return shown


@contextlib.contextmanager
def signs_of_life() -> Iterator[Callable[[str], None]]:
    """Show in a notebook what is being done, once it takes a while; it goes at the end."""
    start, shown = time.monotonic(), []

    def say(words: str) -> None:
        seconds, notebook = time.monotonic() - start, sys.modules.get("IPython.display")
        if seconds > _PATIENCE and notebook:
            text = {"text/plain": f"{words} ({seconds:.0f} s so far)"}
            notebook.display(text, raw=True, display_id="shared.checks", update=bool(shown))
            shown.append(notebook)

    try:
        yield say
    finally:
        if shown:
            shown[0].clear_output()


def tick_list(result: Result, sentences: list[str]) -> Shown:
    """Show a result: a headline, a line for each case, and sentences on what it means."""
    headline = _headline(result)
    lines = [f"{_SIGNS.get(result.state, '✗')} {headline}"]
    cases = _each_once(result.cases)
    for case in cases:
        lines.append(f"  {_mark(case)} · {case.name} ({points_text(case.points)})")
        lines += [f"      {line}" for line in _details(case)]
        if case.hint:
            lines.append(f"      Hint: {case.hint}")
    lines += [sentence for sentence in sentences if sentence]
    color = _COLORS.get(result.state, "#D55E00")
    items = "".join(map(_item, cases))
    html = (
        f'<section aria-label="Check of {escape(result.exercise.title)}" '
        f'style="{_STYLE.format(color=color)}">'
        f'<p><span aria-hidden="true">{_SIGNS.get(result.state, "✗")}</span> '
        f"<strong>{escape(headline)}</strong></p>"
        + (f'<ul style="list-style:none;padding-left:1em">{items}</ul>' if items else "")
        + "".join(f"<p>{_marked_up(sentence)}</p>" for sentence in sentences if sentence)
        + "</section>"
    )
    return Shown("\n".join(lines), html)


def table(caption: str, columns: list[str], rows: list[list[str]], sentences: list[str]) -> Shown:
    """Show a table with a caption, and sentences below it."""
    shown = Table(rows, columns, caption)
    html = "".join(f"<p>{_marked_up(sentence)}</p>" for sentence in sentences)
    return Shown("\n".join([str(shown), *sentences]), shown._repr_html_() + html)


def _marked_up(sentence: str) -> str:
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(sentence))


def _headline(result: Result) -> str:
    title = result.exercise.title
    if result.state == NOT_ATTEMPTED:
        return f"{title} · not attempted"
    words = "passed" if result.state == PASSED else "not right yet"
    return f"{title} · {words}, {result.points:g} of {points_text(result.possible)}"


def _each_once(cases: Sequence[CaseResult]) -> list[CaseResult]:
    """Return cases so that a message which several share is said at the first alone."""
    said: dict[str, str] = {}
    shown = []
    for case in cases:
        first = said.setdefault(case.message, case.name) if case.message else case.name
        if first != case.name:
            case = replace(case, message=f"As for {first!r}.", hint="", printed="")
        shown.append(case)
    return shown


def _mark(case: CaseResult) -> str:
    return "✓ passed" if case.passed else "✗ failed"


def _details(case: CaseResult) -> list[str]:
    lines = case.printed.strip().splitlines()
    printed = [f"It printed: {' / '.join(lines[:6])}"] if lines else []
    return case.message.splitlines() + printed


def _item(case: CaseResult) -> str:
    sign, word = _mark(case).split()
    text = (
        f'<li><span aria-hidden="true">{sign}</span> <strong>{word}</strong> · '
        f"{escape(case.name)} ({points_text(case.points)})"
    )
    if details := _details(case):
        style = "white-space:pre-wrap;margin:0.2em 1.4em"
        text += f'<pre style="{style}">{escape(chr(10).join(details))}</pre>'
    if case.hint:
        text += f'<div style="margin:0.2em 1.4em"><em>Hint:</em> {escape(case.hint)}</div>'
    return f"{text}</li>"
