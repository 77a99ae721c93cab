"""The entry about the service: start, latency, throughput, memory, and batches by runtime."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from bench_rows import Row, Sizes

STAGES = ("waiting", "decode", "prepare", "network", "decoding")
BATCH = 16
LEAST_GAIN, WORST_LOSS = 2.0, 0.9


def measure_service(sizes: Sizes) -> list[Row]:
    """Load a service of this machine, and compare batches in two runtimes."""
    from shared.service import LocalService, as_png, fresh_hands, send_lines

    sent = send_lines(fresh_hands(8), max(1, sizes.service_lines // 8), 21)
    images = [as_png(line.image) for line in sent]
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        with LocalService(Path(folder) / "lines") as child:
            rows += _lines(child, images, sizes)
        with LocalService(Path(folder) / "long") as child:
            rows += _memory(child, images, sizes)
    return rows + _batches(sizes)


def _lines(child: Any, images: Sequence[bytes], sizes: Sizes) -> list[Row]:
    """One client and many: start, latency, throughput, and where the time of a request goes."""
    from pressing import press

    status, _ = child.ask("/v1/line", images[0])
    press(child, "/v1/line", images, min(40, sizes.service_requests))
    cpu, before = [], _cpu_seconds(child)
    one = press(child, "/v1/line", images, sizes.service_requests)
    cpu.append((_cpu_seconds(child) - before) / sizes.service_requests * 1e3)
    stages = ", ".join(f"{name} {mean:.1f}" for name, mean in _stages(child).items())
    many, before = [], _cpu_seconds(child)
    for _ in range(sizes.service_runs):
        requests, clients = sizes.service_requests, sizes.service_clients
        many.append(press(child, "/v1/line", images, requests, clients))
    total = sizes.service_runs * sizes.service_requests
    cpu.append((_cpu_seconds(child) - before) / total * 1e3)
    beside = f"p50 {one.quantile(0.5):.1f}, p99 {one.quantile(0.99):.1f} ms; CPU {cpu[0]:.1f} ms"
    tails = ", ".join(f"p{100 * q:.0f} {np.median([o.quantile(q) for o in many]):.0f}"
                      for q in (0.5, 0.95, 0.99))  # fmt: skip
    return [
        Row("service", "seconds from start to ready", child.started, "{:.1f} s",
            f"first line answered with {status}", at_most=5),
        Row("service", "p95 of a line, one client", one.quantile(0.95), "{:.1f} ms", beside,
            at_most=40),
        Row("service", "CPU of a line request", cpu[0], "{:.1f} ms", f"by stage, ms: {stages}"),
        Row("service", f"lines a second, {sizes.service_clients} clients",
            float(np.median([o.per_second for o in many])), "{:.0f}/s",
            f"{tails} ms; CPU {cpu[1]:.1f} ms each"),
        Row("service", "answers that are a mistake of ours", sum(o.mistakes for o in many),
            "{:.0f}", f"of {total}", at_most=0),
    ]  # fmt: skip


def _cpu_seconds(child: Any) -> float:
    import psutil

    times = psutil.Process(child.process.pid).cpu_times()
    return times.user + times.system


def _stages(child: Any) -> dict[str, float]:
    """Return the mean time of each stage in milliseconds, from the service's own figures."""
    import urllib.request

    from prometheus_client.parser import text_string_to_metric_families

    text = urllib.request.urlopen(f"{child.address}metrics", timeout=10).read().decode()
    values = {
        (one.name.rpartition("_")[2], one.labels.get("stage")): one.value
        for family in text_string_to_metric_families(text)
        if family.name == "handwriting_stage_seconds"
        for one in family.samples
    }
    return {name: 1e3 * values["sum", name] / values["count", name] for name in STAGES}


def _memory(child: Any, images: Sequence[bytes], sizes: Sizes) -> list[Row]:
    """Resident memory over thousands of requests, a page among every hundred lines."""
    import psutil
    from pressing import press

    from shared.pages import compose_pages
    from shared.service import as_png, fresh_hands

    pages = [
        as_png(compose_pages(1, "photo", "validation", 31 + k, [hand])[0].image)
        for k, hand in enumerate(fresh_hands(2))
    ]
    total, steps, seen = sizes.service_memory_requests, 10, []
    for _ in range(steps):
        press(child, "/v1/line", images, total // steps, 4)
        press(child, "/v1/page", pages, max(1, total // steps // 100))
        seen.append(psutil.Process(child.process.pid).memory_info().rss / 1e6)
    growth = seen[-1] - seen[1]
    shown = " ".join(f"{value:.0f}" for value in seen)
    what = f"resident memory after {total} requests"
    beside = f"after each tenth: {shown} MB; {growth:+.0f} MB since the second"
    return [Row("service", what, max(seen), "{:.0f} MB", beside, at_most=300)]


def _batches(sizes: Sizes) -> list[Row]:
    """What a batch gains by runtime, without HTTP: the same lines, alone and together."""
    from shared.lines import frozen_lines
    from shared.paths import data_file
    from shared.recognizer import LineTextRecognizer
    from shared.service import OnnxLineTextRecognizer

    small = OnnxLineTextRecognizer.load(data_file("models/reader.onnx"))
    readers = {
        "tf.function": (LineTextRecognizer.load(), LEAST_GAIN),
        "ONNX Runtime": (small, WORST_LOSS),
    }
    rows, count = [], sizes.service_lines * 4
    for name, (reader, least) in readers.items():
        prepared = [reader.preparation.prepare(image) for image in frozen_lines().images]
        # Only lines of about one width share a call of the network
        images = sorted((prepared[k % len(prepared)] for k in range(count)), key=np.size)
        parts = [images[k : k + BATCH] for k in range(0, count, BATCH)]
        times = []
        for _ in range(sizes.service_runs + 1):
            alone = _seconds(lambda r=reader, i=images: [r.logits(one) for one in i])
            together = _seconds(lambda r=reader, p=parts: [r.logits_many(one) for one in p])
            times.append((alone, together))
        slow, fast = np.median(times[1:], axis=0)  # The first call compiles
        beside = f"{count / slow:.0f} -> {count / fast:.0f} lines/s in batches of {BATCH}"
        what = f"times faster in batches, {name}"
        rows.append(Row("service", what, float(slow / fast), "{:.2f}", beside, at_least=least))
    return rows


def _seconds(act: Callable[[], Any]) -> float:
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun
