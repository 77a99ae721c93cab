"""Compare what the code does today with the golden files beside this program.

A golden file is what the code did when it was last written. It names no module, path or address
in memory, so it stays true while files and names move.

Examples:
  python .ci/golden verdicts               every answer of the catalogue, two minutes
  python .ci/golden verdicts lab03 lab08.test_ctc
  python .ci/golden service                what 79 requests are answered, but for what is read
  python .ci/golden readings               the texts, confidences and places in those answers
  python .ci/golden readings --write       a new reader: keep what it reads
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SHOWN = 60


def main() -> int:
    """Compare or write one golden file; return 1 where something changed."""
    parser = argparse.ArgumentParser(
        prog="python .ci/golden",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("kind", choices=["verdicts", "service", "readings"])
    parser.add_argument("only", nargs="*", help="beginnings of names; everything if none is given")
    parser.add_argument("--write", action="store_true", help="keep what is found")
    parser.add_argument("--diff", action="store_true", help="show what changed, as without it")
    arguments = parser.parse_args()

    # Messages may list a set; worker processes inherit the order from here
    os.environ["PYTHONHASHSEED"] = "0"
    os.environ["PYTHONPATH"] = str(ROOT)
    sys.path.insert(0, str(ROOT))
    found = _found(arguments.kind, tuple(arguments.only))

    path = HERE / f"{arguments.kind}.json"
    kept = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    chosen = {key: value for key, value in kept.items() if _chosen(key, arguments.only)}
    if not found and not chosen:
        parser.error(f"nothing is called {' or '.join(arguments.only)}")
    changes = list(differences(chosen, found))
    print("\n".join(changes[:SHOWN]))
    if len(changes) > SHOWN:
        print(f"... and {len(changes) - SHOWN} more")
    print(f"{arguments.kind}: {len(found)} compared, {len(changes)} places changed")
    if arguments.write:
        whole = {**{key: kept[key] for key in kept if key not in chosen}, **found}
        text = json.dumps(whole, indent=1, sort_keys=True, ensure_ascii=False)
        path.write_text(text + "\n", encoding="utf-8")
        return 0
    return int(bool(changes))


def _found(kind: str, only: tuple[str, ...]) -> dict[str, Any]:
    if kind == "verdicts":
        import verdicts

        return verdicts.collect(lambda name: _chosen(name, only))
    import service_answers

    return service_answers.collect(kind, lambda name: _chosen(name, only))


def _chosen(name: str, only: tuple[str, ...] | list[str]) -> bool:
    return not only or name.startswith(tuple(only))


def differences(before: Any, now: Any, place: str = "") -> Iterator[str]:
    """Say each place where two trees of JSON differ."""
    if isinstance(before, dict) and isinstance(now, dict):
        for key in sorted(before.keys() | now.keys()):
            where = f"{place} / {key}" if place else key
            if key not in now:
                yield f"- {where}: {_short(before[key])}"
            elif key not in before:
                yield f"+ {where}: {_short(now[key])}"
            else:
                yield from differences(before[key], now[key], where)
    elif before != now:
        yield f"{place}\n  - {_short(before)}\n  + {_short(now)}"


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return text if len(text) <= 300 else f"{text[:300]} ..."


if __name__ == "__main__":
    sys.exit(main())
