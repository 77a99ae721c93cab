"""Write recorded numbers so that a person can read them, and a change is one line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from shared.paths import DATA, write_atomically


def write_sample(name: str, records: Mapping[str, Mapping[str, Any]]) -> None:
    """Write `data/samples/NAME.json`, with a line for each value of each record."""
    texts = []
    for key, record in records.items():
        lines = [f"  {json.dumps(field)}: {json.dumps(value)}" for field, value in record.items()]
        texts.append(f" {json.dumps(key)}: {{\n" + ",\n".join(lines) + "\n }")
    write_atomically(DATA / "samples" / f"{name}.json", "{\n" + ",\n".join(texts) + "\n}\n")
