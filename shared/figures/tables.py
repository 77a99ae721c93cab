"""A small table: aligned text for terminals, an accessible table for browsers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any


class Table:
    """Rows of values with a heading for each column; numbers are aligned to the right.

    Example:
        >>> print(Table([("MLP", 0.81), ("CNN", 0.87)], ("network", "accuracy")))
        network  accuracy
        -------  --------
        MLP         0.810
        CNN         0.870
    """

    def __init__(
        self,
        rows: Sequence[Sequence[Any] | Mapping[str, Any]],
        columns: Sequence[str] = (),
        caption: str = "",
        form: str = "{:.3f}",
    ) -> None:
        """Keep the rows.

        Args:
            rows: Sequences in the order of the columns, or dictionaries.
            columns: Headings; with dictionaries, by default, the keys of the first.
            caption: One sentence above the table.
            form: How floats are written.
        """
        rows = list(rows)
        if not columns and rows and isinstance(rows[0], Mapping):
            columns = list(rows[0])
        self.columns = [str(column) for column in columns]
        listed = [[r.get(c, "") for c in columns] if isinstance(r, Mapping) else r for r in rows]
        self.rows = [list(row) for row in listed]
        if any(len(row) != len(self.columns) for row in self.rows):
            raise ValueError(
                f"Every row needs {len(self.columns)} values, one for each of {self.columns}; "
                f"the rows have {sorted({len(row) for row in self.rows})}."
            )
        self.caption = caption
        self.form = form
        self._right = [
            bool(self.rows) and all(isinstance(_plain(row[i]), (int, float)) for row in self.rows)
            for i in range(len(self.columns))
        ]

    def _texts(self) -> list[list[str]]:
        return [[self._text(value) for value in row] for row in self.rows]

    def _text(self, value: Any) -> str:
        value = _plain(value)
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, int):
            return f"{value:,}"
        return self.form.format(value) if isinstance(value, float) else str(value)

    def __str__(self) -> str:
        texts = self._texts()
        widths = [max(map(len, column)) for column in zip(self.columns, *texts, strict=True)]
        rules = ["-" * width for width in widths]
        lines = [self.caption] if self.caption else []
        for row in (self.columns, rules, *texts):
            cells = zip(row, widths, self._right, strict=True)
            parts = [t.rjust(w) if right else t.ljust(w) for t, w, right in cells]
            lines.append("  ".join(parts).rstrip())
        return "\n".join(lines)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        def cell(tag: str, text: str, right: bool, extra: str = "") -> str:
            side = "right" if right else "left"
            return f'<{tag}{extra} style="text-align: {side}">{escape(text)}</{tag}>'

        heads = zip(self.columns, self._right, strict=True)
        head = "".join(cell("th", name, right, ' scope="col"') for name, right in heads)
        body = "".join(
            f"<tr>{''.join(cell('td', t, r) for t, r in zip(row, self._right, strict=True))}</tr>"
            for row in self._texts()
        )
        caption = f"<caption>{escape(self.caption)}</caption>" if self.caption else ""
        return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _plain(value: Any) -> Any:
    """Return Python's own number for one of numpy's."""
    return value.item() if hasattr(value, "item") and getattr(value, "ndim", 0) == 0 else value
