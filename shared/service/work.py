"""The work of a request: admitted within bounds, done in a thread, given up in time."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import numpy as np

from shared.service import drift, images, reading
from shared.service.batching import LineBatcher
from shared.service.models import ModelShelf, Served
from shared.service.problems import Problem
from shared.service.reading import PageLineReading, Reading
from shared.service.settings import Settings
from shared.service.shadow import ShadowReport
from shared.service.watching import Figures, Stopwatch, log

Result = TypeVar("Result")


class Workshop:
    """Reads lines and pages for requests.

    Attributes:
        settings: What the service was told.
        shelf: Its models.
        figures: What it counts.
        shadow: The comparison with a candidate, or None where there is no candidate.
    """

    def __init__(self, settings: Settings, shelf: ModelShelf, figures: Figures) -> None:
        self.settings, self.shelf, self.figures = settings, shelf, figures
        self.shadow: ShadowReport | None = None
        self._at_work = 0
        self._executor: ThreadPoolExecutor | None = None
        self._beside: ThreadPoolExecutor | None = None
        #: Gives an upload's pixels while there is room for them; see `images.Decoder`
        self.decoded = images.Decoder(settings.max_pixels).decoded
        self._shadow_tasks: set[asyncio.Future] = set()
        self._random = np.random.default_rng()
        self._batcher: LineBatcher | None = None
        self.use(shelf.current)

    def use(self, served: Served) -> None:
        """Say in the figures which model answers from now on."""
        self.figures.serve(served.model.version)
        for kind, monitor in served.monitors.items():
            self.figures.drift_threshold.labels(kind).set(monitor.reference.threshold)

    def open(self) -> None:
        """Start the threads; a serverless platform may open and close an application often."""
        settings = self.settings
        self._executor = ThreadPoolExecutor(settings.threads, "reading")
        self._beside = ThreadPoolExecutor(1, "corrections")
        if settings.batch > 1:
            self._batcher = LineBatcher(
                lambda served, lines: served.model.recognizer.logits_many(lines),
                self._executor, settings.batch, settings.batch_wait,
                self.figures.batches.observe, settings.threads,
            )  # fmt: skip

    def close(self) -> None:
        """Give the threads back; what runs comes to its end."""
        for executor in (self._executor, self._beside):
            if executor is not None:
                executor.shutdown(wait=False, cancel_futures=True)
        self._executor = self._beside = None

    @contextlib.contextmanager
    def admitted(self) -> Iterator[None]:
        """Hold a place, or turn the request away: a queue without end helps nobody.

        Raises:
            Problem: `too-many-requests`.
        """
        if self._at_work >= self.settings.concurrency:
            raise Problem(
                "too-many-requests",
                f"{self._at_work} requests are being read or wait, which is all that this service "
                "takes at once. Try again in a second.",
            )
        self._at_work += 1
        self.figures.at_work.set(self._at_work)
        try:
            yield
        finally:
            self._at_work -= 1
            self.figures.at_work.set(self._at_work)

    async def in_thread(self, function: Callable[..., Result], *arguments: Any) -> Result:
        """Run a function in a thread of the pool, and turn its refusals into problems."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._executor, function, *arguments)

    async def beside(self, function: Callable[[], Result]) -> Result:
        """Run a function in a thread of its own, so that no reading waits for a disk or a lock."""
        return await asyncio.get_running_loop().run_in_executor(self._beside, function)

    async def read_line(self, content: bytes, watch: Stopwatch) -> tuple[Served, Any, Reading]:
        """Read an uploaded line.

        Returns:
            The model, the shape of the image, and the reading in its pixels.

        Raises:
            Problem: The image cannot be read, or reading took too long.
        """
        served = self.shelf.current
        async with self._deadline():
            if self._batcher is None:
                shape, placed, found, contrast = await self.in_thread(
                    self._read_alone, served, content, watch
                )
            else:
                shape, placed, contrast = await self.in_thread(
                    self._prepare, served, content, watch
                )
                logits = await self._batcher.logits(served, placed.image)
                watch.lap("network")
                found = await self.in_thread(
                    reading.interpret, served.model, placed, logits, contrast
                )
                watch.lap("decoding")
        self._note("line", served, [found], watch)
        self._shadow_line(served, placed, found, contrast)
        return served, shape, found

    async def read_page(
        self, content: bytes, watch: Stopwatch
    ) -> tuple[Served, Any, list[PageLineReading], str]:
        """Find and read the lines of an uploaded page; see `read_line` and `reading.read_page`."""
        served = self.shelf.current

        def read() -> tuple[Any, list[PageLineReading], str]:
            watch.lap("waiting")
            with self.decoded(content) as gray:
                watch.lap("decode")
                found, nothing = reading.read_page(served.model, gray)
                watch.lap("page")
                return gray.shape, found, nothing

        async with self._deadline():
            shape, found, nothing = await self.in_thread(read)
        self._note("page", served, [one.reading for one in found if not one.doubtful], watch)
        return served, shape, found, nothing

    def _prepare(self, served: Served, content: bytes, watch: Stopwatch) -> tuple[Any, Any, float]:
        watch.lap("waiting")  # For a thread
        with self.decoded(content) as gray:
            shape = gray.shape
            small, factor = images.for_line(gray)
        watch.lap("decode")
        try:
            placed = served.model.recognizer.preparation.place_line(small)
        except ValueError as error:
            reason = "not-a-line" if "times as wide" in str(error) else "no-ink"
            raise Problem(reason, str(error)) from error
        contrast = drift.darkness(small)
        placed = placed._replace(left=placed.left / factor, scale=placed.scale * factor)
        watch.lap("prepare")
        return shape, placed, contrast

    def _read_alone(self, served: Served, content: bytes, watch: Stopwatch) -> tuple:
        shape, placed, contrast = self._prepare(served, content, watch)
        logits = served.model.recognizer.logits(placed.image)
        watch.lap("network")
        found = reading.interpret(served.model, placed, logits, contrast)
        watch.lap("decoding")
        return shape, placed, found, contrast

    @contextlib.asynccontextmanager
    async def _deadline(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(self.settings.read_seconds):
                yield
        except TimeoutError:
            raise Problem(
                "timeout",
                f"Reading took longer than {self.settings.read_seconds:g} s and was given up. Try "
                "again later, or send a smaller image.",
            ) from None

    def _note(self, kind: str, served: Served, found: list[Reading], watch: Stopwatch) -> None:
        for stage, seconds in watch.stages.items():
            self.figures.stages.labels(stage).observe(seconds)
        monitor = served.monitors.get(kind)
        for one in found:
            self.figures.lines.labels(kind, one.decision).inc()
            self.figures.confidence.labels(kind).observe(one.confidence)
            alarm = monitor.add(one.features) if monitor else None
            if alarm is not None:
                report = monitor.report()
                self.figures.drift.labels(kind).set(report["score"])
                if alarm:
                    self.figures.alarms.labels(kind).inc()
                    log("drift", level=30, kind=kind, **report)

    def _shadow_line(self, served: Served, placed: Any, found: Reading, contrast: float) -> None:
        candidate, report = self.shelf.candidate, self.shadow
        if candidate is None or report is None or served is not self.shelf.current:
            return
        if self._random.random() >= self.settings.shadow_share:
            return
        if len(self._shadow_tasks) >= 2 * self.settings.threads:  # Requests come first
            report.skip()
            return

        def compare() -> None:
            try:
                logits = candidate.model.recognizer.logits(placed.image)
                other = reading.interpret(candidate.model, placed, logits, contrast)
                report.add(found, other)
            except Exception:  # A candidate's mistake is a figure, never an answer
                report.fail()

        loop = asyncio.get_running_loop()
        task = loop.run_in_executor(self._executor, compare)
        self._shadow_tasks.add(task)
        task.add_done_callback(self._shadow_tasks.discard)
