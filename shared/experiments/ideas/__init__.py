"""The ideas that Lab 5 tries: a configuration, a menu, networks, trials of all of them, a night.

A name is loaded when it is first asked for.
"""

from importlib import import_module

_HOMES = {
    **dict.fromkeys(("Configuration", "ConfigurationError"), "configuration"),
    **dict.fromkeys(("IDEAS", "Idea", "find_idea"), "menu"),
    **dict.fromkeys(("load_study", "with_own_trials"), "study"),
    "Results": "analysis",
    "night": "night",
    "report_page": "report",
    "run_trial": "trial",
}

__all__ = [*_HOMES]  # noqa: PLE0604


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = import_module(f"{__name__}.{_HOMES[name]}")
    return module if name == _HOMES[name] else getattr(module, name)
