"""What an operator sees: figures for Prometheus, and a log line per request without its content."""

from __future__ import annotations

import json
import logging
import sys
import time
from datetime import UTC, datetime
from typing import Any

from fastapi import FastAPI
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_fastapi_instrumentator import Instrumentator, metrics

SECONDS = (0.005, 0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5, 10, 20)
SHARES = tuple(k / 10 for k in range(1, 11))
logger = logging.getLogger("shared.service")


class Figures:
    """The service's figures, in a registry of its own: two services can share a process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()

        def figure(kind: Any, name: str, what: str, *labels: str, **more: Any) -> Any:
            name = f"handwriting_{name}"
            return kind(name, what, labels, registry=self.registry, **more)

        self.stages = figure(
            Histogram, "stage_seconds", "Time of a stage of reading", "stage", buckets=SECONDS
        )
        self.problems = figure(
            Counter, "problems", "Requests that were refused or failed, by reason", "reason"
        )
        self.lines = figure(Counter, "lines", "Lines read", "kind", "decision")
        self.confidence = figure(
            Histogram, "confidence", "Confidence of lines", "kind", buckets=SHARES
        )
        self.at_work = figure(Gauge, "at_work", "Requests at work or waiting")
        self.corrections = figure(Counter, "corrections", "Lines kept")
        self.drift = figure(
            Gauge, "drift_score", "Distance of the last window from normal traffic", "kind"
        )
        self.drift_threshold = figure(
            Gauge, "drift_threshold", "Distance that raises the alarm", "kind"
        )
        self.alarms = figure(Counter, "drift_alarms", "Windows that raised the alarm", "kind")
        self.model = figure(Gauge, "model", "The model that answers", "version")

    def serve(self, version: str) -> None:
        """Say which model answers."""
        self.model.clear()
        self.model.labels(version).set(1)

    def count_requests(self, app: FastAPI) -> None:
        """Count and time the requests of an application, and show all figures at /metrics.

        The method is no label: a stranger may send any word, and each would become a figure.
        """
        shared = {"should_include_method": False, "metric_namespace": "handwriting"}
        shared["registry"] = self.registry
        counting = Instrumentator(should_group_status_codes=False, registry=self.registry)
        counting.add(metrics.requests(**shared))
        counting.add(metrics.latency(should_include_status=False, buckets=SECONDS, **shared))
        counting.instrument(app).expose(app, include_in_schema=False)


class JsonLines(logging.Formatter):
    """Writes a record as one JSON object; a traceback is kept, the content of requests never is."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        entry: dict[str, Any] = {"time": moment, "level": record.levelname.lower()}
        entry["event"] = record.getMessage()
        entry.update(getattr(record, "fields", {}))
        if record.exc_info:
            entry["traceback"] = self.formatException(record.exc_info)
        return json.dumps(entry, default=str)


def log(event: str, level: int = logging.INFO, trace: bool = False, **fields: Any) -> None:
    """Write one line of the log, with the traceback of the error in hand if asked."""
    logger.log(level, event, exc_info=trace, extra={"fields": fields})


def log_to_stdout() -> None:
    """Send the service's log, and the web server's own, to standard output as JSON lines."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonLines())
    for name in ("shared.service", "uvicorn", "uvicorn.error"):
        found = logging.getLogger(name)
        found.handlers, found.propagate = [handler], False
        found.setLevel(logging.INFO)
    logging.getLogger("uvicorn.access").handlers = []  # Our own line says more
    logging.getLogger("uvicorn.access").propagate = False


class Stopwatch:
    """Measures stages of a request.

    Attributes:
        stages: Seconds of each stage, in order.
    """

    def __init__(self) -> None:
        self._begun = self._last = time.perf_counter()
        self.stages: dict[str, float] = {}

    def lap(self, stage: str) -> None:
        """End a stage."""
        now = time.perf_counter()
        self.stages[stage] = self.stages.get(stage, 0.0) + now - self._last
        self._last = now

    @property
    def milliseconds(self) -> float:
        """Time since the beginning."""
        return round((time.perf_counter() - self._begun) * 1e3, 2)
