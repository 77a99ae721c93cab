"""Measure what the course promises, and print figure, promise and peer in one table.

Every entry measures its peer in the same run, in turns, and medians count: the ratios hold on
any machine, the seconds belong to this one. The figures of a busy machine are too slow.

entries (without a name: all but the slow ones):
  import      `import shared` beyond numpy alone, and whether it is silent
  pens        lines written per second of one core
  explorer    one edit in the CTC explorer, beside redrawing with matplotlib
  loss        CTC loss and gradient, beside keras.losses.CTC
  reading     milliseconds a line, beside model.predict
  errors      character error rate of the shipped reader on the frozen test
  planted     a bug planted and a test run, forks beside processes of their own
  pages       lines found on the frozen pages, and what reading whole pages costs
  growth      how the cost of loss, explorer and network grows with the length of a line
  sheet       cells cut rightly out of simulated photographs of the sheet, and where it gives up
  characters  slow: learn from pens alone, read real EMNIST
  emnist      slow: learn and read EMNIST
  study       slow: what the engine of studies adds to a trial, with and without W&B
  decoding    slow: beam and language model, beside the best path
  adaptation  slow: 16 lines of each test hand, before and after
  service     slow: start, latency, throughput, batching and memory of the service

Examples:
  python .ci/bench                          everything but the slow entries
  python .ci/bench loss pens --json FILE    two entries, and the figures as a file
  python .ci/bench pages --real FOLDER      real pages, too: images with a labels.json
  python .ci/bench all --page .github/BENCHMARKS.md   everything on one page, with curves
  python .ci/bench service                  some minutes of load on loopback
"""

from __future__ import annotations

import argparse
import json
import os
import platform
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import bench_adaptation
import bench_decoding
import bench_emnist
import bench_growth
import bench_pages
import bench_planted
import bench_quick
import bench_service
import bench_sheet
import bench_study
from bench_page import write_page
from bench_rows import TINY, Row, Sizes, heading

from shared.backend import cpu_count
from shared.lines import DamagedFileError
from shared.paths import write_atomically
from shared.recognizer import DamagedModelError

#: In the order they run: what TensorFlow would slow down comes before it
ENTRIES: dict[str, Callable[[Sizes], list[Row]]] = {
    "import": bench_quick.measure_import,
    "pens": bench_quick.measure_pens,
    "explorer": bench_quick.measure_explorer,
    "loss": bench_quick.measure_loss,
    "reading": bench_quick.measure_reading,
    "errors": bench_quick.measure_errors,
    "planted": bench_planted.measure_planted,
    "pages": bench_pages.measure_pages,
    "growth": bench_growth.measure_growth,
    "sheet": bench_sheet.measure_sheet,
    "characters": bench_emnist.measure_characters,
    "emnist": bench_emnist.measure_emnist,
    "study": bench_study.measure_study,
    "decoding": bench_decoding.measure_decoding,
    "adaptation": bench_adaptation.measure_adaptation,
    "service": bench_service.measure_service,
}
SLOW = ("characters", "emnist", "study", "decoding", "adaptation", "service")
#: What a person can put right; anything else is a mistake in the course and shows its traceback
MISSING = (
    FileNotFoundError,
    bench_pages.PagesError,
    bench_emnist.emnist.EmnistError,
    DamagedFileError,
    DamagedModelError,
)


def main(words: Sequence[str] | None = None) -> int:
    """Measure, print, and return 1 if an entry could not be measured."""
    parser = argparse.ArgumentParser(
        prog="python .ci/bench",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("entries", nargs="*", metavar="ENTRY", help="what to measure, or `all`")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the numbers there, too")
    parser.add_argument("--page", type=Path, metavar="FILE", help="write a page in Markdown, too")
    parser.add_argument(
        "--real", type=Path, metavar="FOLDER", help="real pages with a labels.json, for `pages`"
    )
    parser.add_argument(
        "--fast", action="store_true", help="tiny sizes: shows that it works, and nothing else"
    )
    arguments = parser.parse_args(words)
    if unknown := [word for word in arguments.entries if word not in (*ENTRIES, "all")]:
        parser.error(
            f"There is no entry {unknown[0]!r}; choose among {', '.join(ENTRIES)}, or say all."
        )
    names = choose(arguments.entries)
    sizes = replace(TINY if arguments.fast else Sizes(), real=arguments.real)
    machine = describe_machine()
    print(", ".join(f"{name} {value}" for name, value in machine.items()))
    print(heading(), flush=True)
    rows: list[Row] = []
    failed: dict[str, str] = {}
    for name in names:
        try:
            found = ENTRIES[name](sizes)
        except MISSING as error:
            failed[name] = str(error)
            print(f"{name:<12}not measured: {error}", flush=True)
            continue
        rows += found
        print("\n".join(row.as_text() for row in found), flush=True)
    if arguments.fast:
        print("These are tiny sizes: the figures mean nothing.")
    date = datetime.now(UTC).isoformat(timespec="seconds")
    if arguments.page:
        write_page(arguments.page, date, machine, rows, failed)
    if arguments.json:
        content = {
            "date": date,
            "machine": machine,
            "tiny": arguments.fast,
            "rows": [row.as_json() for row in rows],
            "not_measured": failed,
        }
        write_atomically(arguments.json, json.dumps(content, indent=1) + "\n")
    return 1 if failed else 0


def choose(words: Sequence[str]) -> list[str]:
    """Return the entries that were asked for, in the order they run."""
    if not words:
        return [name for name in ENTRIES if name not in SLOW]
    return [name for name in ENTRIES if name in words or "all" in words]


def describe_machine() -> dict[str, Any]:
    """Return what the figures depend on: processors, load and versions."""
    machine: dict[str, Any] = {"processors": cpu_count()}
    if hasattr(os, "getloadavg"):
        machine["load"] = round(os.getloadavg()[0], 1)
    machine |= {"system": f"{platform.system()} {platform.machine()}"}
    machine |= {"Python": platform.python_version()}
    return machine | {name: version(name) for name in ("numpy", "tensorflow", "keras")}
