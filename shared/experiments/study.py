"""A study: one function, many configurations, a few seeds, one number to compare."""

from __future__ import annotations

import hashlib
import importlib
import inspect
import itertools
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from shared.experiments.settings import ConfigError, complete
from shared.experiments.tracking.history import plain
from shared.experiments.tracking.records import RunRecord, ranked, runs_in, text_of
from shared.paths import my_directory, write_atomically

if TYPE_CHECKING:
    from optuna.pruners import BasePruner


class StudyError(Exception):
    """A study that cannot be run as it is; shown in a notebook as one sentence."""

    def _render_traceback_(self) -> list[str]:  # IPython shows this instead of a long traceback
        return [str(self)]


@dataclass(frozen=True)
class Planned:
    """One trial to run: a whole configuration and a seed.

    Attributes:
        id: Made from both, so that the same trial has the same id in every run of the study.
        label: What distinguishes it from the study's other trials.
        varied: The settings that are not the same in all trials; Optuna's parameters.
    """

    id: str
    config: dict[str, Any]
    seed: int
    label: str
    varied: dict[str, Any]


@dataclass
class Study:
    """What is tried, how it is judged, and when it ends.

    Attributes:
        name: Names the folder `my/studies/NAME`.
        function: `function(config, trial)` that trains and returns its numbers, given as
            "package.module:name", or as a function where no cluster is meant.
        metric: The number that trials are compared by, reported or returned by the function.
        goal: Whether a larger or a smaller one is better.
        fixed: Settings that all trials share.
        space: Settings to vary, each a list; all combinations are tried.
        configs: Settings listed trial by trial; combined with the space where there is one.
            A `seed` among them is the only one that they run with.
        seeds: Each configuration runs once with each seed.
        stop: One of `optuna.pruners`, which ends hopeless trials early.
        seconds: Budget: after that no trial starts, and those at work pause.
        folder: Where everything is kept, if not in `my/studies/NAME`.
    """

    name: str
    function: str | Callable
    metric: str
    goal: Literal["max", "min"] = "max"
    fixed: Mapping[str, Any] = field(default_factory=dict)
    space: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    configs: Sequence[Mapping[str, Any]] = ()
    seeds: Sequence[int] = (0,)
    stop: BasePruner | None = None
    seconds: float | None = None
    folder: Path | None = None

    def __post_init__(self) -> None:
        """Refuse what could not be run, before anything is."""
        if self.goal not in ("max", "min"):
            raise StudyError(f"The goal of a study is 'max' or 'min'; {self.goal!r} was given.")
        if not self.seeds:
            raise StudyError(f"The study {self.name!r} has no seed; give one, such as [0].")
        if not self.name.replace("-", "").replace("_", "").isalnum():
            raise StudyError(
                f"The study is called {self.name!r}, but its name is also a folder's: use letters, "
                "digits, - and _."
            )
        self.folder = Path(self.folder) if self.folder else my_directory() / "studies" / self.name
        self.planned()

    def load_function(self) -> Callable:
        """Return the function itself."""
        if callable(self.function):
            return self.function
        module, colon, name = self.function.partition(":")
        try:
            return getattr(importlib.import_module(module), name)
        except (ImportError, AttributeError, ValueError) as error:
            hint = "" if colon else " Write it as 'package.module:name'."
            raise StudyError(
                f"The function {self.function!r} cannot be imported: {error}.{hint}"
            ) from None

    def planned(self) -> list[Planned]:
        """Return all trials, in the order they are started.

        Raises:
            ConfigError: A configuration has an unknown setting or an impossible value.
        """
        settings = getattr(self.load_function(), "settings", {})
        for key, values in self.space.items():
            if isinstance(values, str) or not isinstance(values, Sequence) or not values:
                raise ConfigError(
                    f"The space of {key!r} is {values!r}; give a list of values, such as "
                    "[0.001, 0.01]."
                )
        varied = [
            dict(zip(self.space, one, strict=True))
            for one in itertools.product(*self.space.values())
        ]
        given = [{**one, **other} for one in self.configs or [{}] for other in varied]
        own = [one.pop("seed", None) for one in given]
        wholes = [complete(settings, {**self.fixed, **one}) for one in given]
        keys = [key for key in dict.fromkeys(key for one in given for key in one)]
        keys = [key for key in keys if len({repr(one.get(key)) for one in wholes}) > 1]
        pairs = [  # All configurations with the first seed come first
            (config, int(seed if only is None else only))
            for seed in self.seeds
            for config, only in zip(wholes, own, strict=True)
        ]
        seeded = len({seed for _, seed in pairs}) > 1
        trials = {}
        for config, seed in pairs:
            varied = {key: config.get(key) for key in keys}
            words = [f"{key}={text_of(value)}" for key, value in varied.items()]
            label = ", ".join([*words, *[f"seed {seed}"] * seeded]) or "defaults"
            text = json.dumps(plain(config), sort_keys=True)
            name = f"{hashlib.sha256(text.encode()).hexdigest()[:8]}-{seed}"
            trials[name] = Planned(name, config, seed, label, varied)
        return list(trials.values())

    def results(self) -> list[RunRecord]:
        """Return the trials that have begun, in the order of the plan, then earlier ones."""
        runs = {run.folder.name: run for run in runs_in(self.folder)}
        order = [one.id for one in self.planned() if one.id in runs]
        return [runs[name] for name in dict.fromkeys([*order, *runs])]

    def best(self) -> RunRecord:
        """Return the finished trial with the best metric.

        Raises:
            StudyError: None has finished.
        """
        done = [run for run in self.results() if run.state == "finished"]
        if not done:
            raise StudyError(f"No trial of the study {self.name!r} has finished yet.")
        return ranked(done, self.metric, self.goal == "max")[0]

    def open(self) -> None:
        """Claim the folder for this study, or recognize it as an earlier run of the same.

        Raises:
            StudyError: Another study has this name.
        """
        path = self.folder / "study.json"
        function, source = self.function, ""
        if callable(function):
            source = _fingerprint(function)
            function = f"{function.__module__}:{function.__name__}"
        now = {"function": function, "metric": self.metric, "goal": self.goal, "source": source}
        if path.exists():
            before = json.loads(path.read_text(encoding="utf-8"))
            for key, value in now.items():
                if before.get(key) != value:
                    was = f"{before.get(key)!r}, now {value!r}" if key != "source" else "edited"
                    raise StudyError(
                        f"There is another study called {self.name!r} in {self.folder}: its {key} "
                        f"was {was}. Choose another name, or set the old one aside by fresh=True."
                    )
        write_atomically(path, json.dumps({"version": 1, "name": self.name, **now}, indent=1))


def _fingerprint(function: Callable) -> str:
    """Return a mark of a function's text where it has no home: a cell may be edited any time."""
    if function.__module__ != "__main__" and "<" not in function.__qualname__:
        return ""  # Another process can import it by its name
    try:
        text = inspect.getsource(function)
    except (OSError, TypeError):
        text = function.__code__.co_code.hex()
    return hashlib.sha256(text.encode()).hexdigest()[:12]
