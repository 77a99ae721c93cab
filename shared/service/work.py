"""The work of a request: admitted within bounds, done in a thread, given up in time."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from shared.service import images, reading
from shared.service.models import ModelShelf, Served
from shared.service.problems import Problem
from shared.service.reading import PageLineReading, Reading
from shared.service.settings import Settings
from shared.service.watching import Figures, Stopwatch, log

Result = TypeVar("Result")


class Workshop:
    """Reads lines and pages for requests.

    Attributes:
        settings: What the service was told.
        shelf: Its models.
        figures: What it counts.
        decoded: Gives an upload's pixels while there is room for them; see `images.Decoder`.
    """

    def __init__(self, settings: Settings, shelf: ModelShelf, figures: Figures) -> None:
        self.settings, self.shelf, self.figures = settings, shelf, figures
        self.decoded = images.Decoder(settings.max_pixels).decoded
        self._places = asyncio.Semaphore(settings.concurrency)
        self._reading = ThreadPoolExecutor(settings.threads, "reading")
        self._beside = ThreadPoolExecutor(1, "corrections")
        self.use(shelf.current)

    def use(self, served: Served) -> None:
        """Say in the figures which model answers from now on."""
        self.figures.serve(served.model.version)
        for kind, monitor in served.monitors.items():
            self.figures.drift_threshold.labels(kind).set(monitor.reference.threshold)

    @contextlib.asynccontextmanager
    async def admitted(self) -> AsyncIterator[None]:
        """Hold a place, or turn the request away: a queue without end helps nobody.

        Raises:
            Problem: `too-many-requests`.
        """
        if self._places.locked():
            raise Problem(
                "too-many-requests",
                f"{self.settings.concurrency} requests are being read or wait, which is all that "
                "this service takes at once. Try again in a second.",
            )
        async with self._places:
            with self.figures.at_work.track_inprogress():
                yield

    async def in_thread(self, function: Callable[..., Result], *arguments: Any) -> Result:
        """Run a function in a thread of those that read."""
        return await asyncio.get_running_loop().run_in_executor(self._reading, function, *arguments)

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

        def read(served: Served, gray: Any) -> Reading:
            try:
                return reading.read_line(served.model, gray, watch.lap)
            except ValueError as error:
                reason = "not-a-line" if "times as wide" in str(error) else "no-ink"
                raise Problem(reason, str(error)) from error

        served, shape, found = await self._read(read, content, watch)
        self._note("line", served, [found], watch)
        return served, shape, found

    async def read_page(
        self, content: bytes, watch: Stopwatch
    ) -> tuple[Served, Any, tuple[list[PageLineReading], str]]:
        """Find and read the lines of an uploaded page; see `read_line` and `reading.read_page`."""

        def read(served: Served, gray: Any) -> tuple[list[PageLineReading], str]:
            found = reading.read_page(served.model, gray)
            watch.lap("page")
            return found

        served, shape, found = await self._read(read, content, watch)
        self._note("page", served, [one.reading for one in found[0] if not one.doubtful], watch)
        return served, shape, found

    async def _read(
        self, read: Callable[[Served, Any], Result], content: bytes, watch: Stopwatch
    ) -> tuple[Served, Any, Result]:
        """Decode and read with the model that is served now, which it keeps to the end."""
        served = self.shelf.current

        def work() -> tuple[Any, Result]:
            watch.lap("waiting")
            with self.decoded(content) as gray:
                watch.lap("decode")
                return gray.shape, read(served, gray)

        try:
            async with asyncio.timeout(self.settings.read_seconds):
                return served, *await self.in_thread(work)
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
            if report := monitor and monitor.add(one.features):
                self.figures.drift.labels(kind).set(report["score"])
                self.figures.alarms.labels(kind).inc(report["alarm"])
                if report["alarm"]:
                    log("drift", level=30, kind=kind, **report)
