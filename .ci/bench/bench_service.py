"""The entry about the service: start, latency, throughput, batching, memory."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from bench_rows import Row, Sizes

STAGES = ("waiting", "decode", "prepare", "network", "decoding")
BATCH = 16
LEAST_GAIN, WORST_LOSS = 2.0, 0.9


def measure_service(sizes: Sizes) -> list[Row]:
    """Load a service of this machine, and compare batching in two runtimes."""
    from shared.service import fresh_hands, load, send_lines

    sent = send_lines(fresh_hands(8), max(1, sizes.service_lines // 8), 21)
    images = [_encoded(line.image) for line in sent]
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        with load.LocalService(Path(folder) / "alone") as child:
            status, _ = child.ask("/v1/line", images[0])
            first = child.started
            load.press(child.port, "/v1/line", images, min(40, sizes.service_requests))
            rows += _alone(load, child, images, sizes, first, status)
        rows += _together(load, Path(folder), images, sizes)
        rows += _memory(load, Path(folder) / "long", images, sizes)
    return rows + _batching(sizes)


def _alone(
    load: Any, child: Any, images: Sequence[bytes], sizes: Sizes, first: float, status: int
) -> list[Row]:
    """One client: start, latency, and where the time of a request goes."""
    before = child.cpu_seconds()
    one = load.press(child.port, "/v1/line", images, sizes.service_requests)
    cpu = (child.cpu_seconds() - before) / sizes.service_requests * 1e3
    beside = f"p50 {one.quantile(0.5):.1f}, p99 {one.quantile(0.99):.1f} ms; CPU {cpu:.1f} ms each"
    started = f"first line answered with {status}"
    mean = load.stage_means(child)
    stages = ", ".join(f"{name} {mean.get(name, 0):.1f}" for name in STAGES)
    return [
        Row("service", "seconds from start to ready", first, "{:.1f} s", started, at_most=5),
        Row("service", "p95 of a line, one client", one.quantile(0.95), "{:.1f} ms", beside,
            at_most=40),
        Row("service", "CPU of a line request", cpu, "{:.1f} ms", f"wall by stage, ms: {stages}"),
    ]  # fmt: skip


def _together(load: Any, folder: Path, images: Sequence[bytes], sizes: Sizes) -> list[Row]:
    """Many clients, with and without batching, in turns on two services."""
    found: dict[int, list[Any]] = {1: [], BATCH: []}
    cpu: dict[int, float] = {}
    for run in range(sizes.service_runs):
        for batch in found:
            words = ("--batch", str(batch))
            with load.LocalService(folder / f"batch-{batch}-{run}", *words) as child:
                load.press(child.port, "/v1/line", images, min(40, sizes.service_requests))
                before = child.cpu_seconds()
                found[batch].append(
                    load.press(
                        child.port, "/v1/line", images, sizes.service_requests,
                        sizes.service_clients,
                    )
                )  # fmt: skip
                cpu[batch] = (child.cpu_seconds() - before) / sizes.service_requests * 1e3
    rate = {
        batch: float(np.median([one.per_second for one in all])) for batch, all in found.items()
    }
    tails = {
        batch: ", ".join(f"p{100 * q:.0f} {np.median([o.quantile(q) for o in all]):.0f}"
                         for q in (0.5, 0.95, 0.99)) + " ms"
        for batch, all in found.items()
    }  # fmt: skip
    mistakes = sum(one.mistakes for all in found.values() for one in all)
    clients = sizes.service_clients
    return [
        Row("service", f"lines a second, {clients} clients", rate[1], "{:.0f}/s",
            f"{tails[1]}; CPU {cpu[1]:.1f} ms each"),
        Row("service", f"the same in batches up to {BATCH}", rate[BATCH], "{:.0f}/s",
            f"{tails[BATCH]}; CPU {cpu[BATCH]:.1f} ms each"),
        Row("service", "answers that are a mistake of ours", mistakes, "{:.0f}",
            f"of {2 * sizes.service_runs * sizes.service_requests}", at_most=0),
    ]  # fmt: skip


def _memory(load: Any, folder: Path, images: Sequence[bytes], sizes: Sizes) -> list[Row]:
    """Resident memory over thousands of requests, a page among every hundred lines."""
    from shared.pages import compose_pages
    from shared.service import fresh_hands

    pages = [
        _encoded(compose_pages(1, "photo", "validation", 31 + k, [hand])[0].image)
        for k, hand in enumerate(fresh_hands(2))
    ]
    total, steps = sizes.service_memory_requests, 10
    with load.LocalService(folder) as child:
        seen = []
        for _ in range(steps):
            load.press(child.port, "/v1/line", images, total // steps, 4)
            load.press(child.port, "/v1/page", pages, max(1, total // steps // 100))
            seen.append(child.memory())
    growth = seen[-1] - seen[1]
    shown = " ".join(f"{value:.0f}" for value in seen)
    what = f"resident memory after {total} requests"
    beside = f"after each tenth: {shown} MB; {growth:+.0f} MB since the second"
    return [Row("service", what, max(seen), "{:.0f} MB", beside, at_most=300)]


def _batching(sizes: Sizes) -> list[Row]:
    """Batching by runtime, without HTTP: the same queue before the same lines."""
    from shared.lines import frozen_lines
    from shared.paths import data_file
    from shared.recognizer import LineTextRecognizer
    from shared.service import OnnxLineTextRecognizer, load

    lines = frozen_lines()
    readers = {
        "tf.function": (LineTextRecognizer.load(), LEAST_GAIN),
        "ONNX Runtime": (
            OnnxLineTextRecognizer.load(data_file("models/reader.onnx")), WORST_LOSS
        ),
    }  # fmt: skip
    rows = []
    for name, (reader, least) in readers.items():
        images = [reader.preparation.prepare(image) for image in lines.images]
        images = [images[k % len(lines)] for k in range(sizes.service_lines * 4)]
        gains, rates, sizes_seen = [], [], []
        load.through_queue(reader, images[: 4 * BATCH], 1)  # The first call compiles
        for _ in range(sizes.service_runs):
            alone, _ = load.through_queue(reader, images, 1)
            batched, seen = load.through_queue(reader, images, BATCH)
            gains.append(alone[0] / batched[0])
            rates.append((1 / alone[0], 1 / batched[0], alone[1], batched[1]))
            sizes_seen += seen
        slow, fast, cpu_alone, cpu_batched = np.median(rates, axis=0)
        beside = (
            f"{slow:.0f} -> {fast:.0f} lines/s, CPU {cpu_alone * 1e3:.1f} -> "
            f"{cpu_batched * 1e3:.1f} ms; {np.mean(sizes_seen):.1f} lines a batch"
        )
        what = f"times faster in batches, {name}"
        rows.append(Row("service", what, float(np.median(gains)), "{:.2f}", beside, at_least=least))
    return rows


def _encoded(pixels: np.ndarray) -> bytes:
    import io

    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()
