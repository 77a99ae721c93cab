"""Start the recognizer as a service on this machine, with a page to use it.

It listens on this machine alone unless another address is given. Corrections that people keep on
the page go into my/service/corrections, and nowhere else. Stop it with Ctrl-C.

Examples:
  labs serve                          http://127.0.0.1:8000
  labs serve --open                   and open the page in a browser
  labs serve --port 0                 on a free port, which is printed
  labs serve --line my/service/models/line_mine.onnx
  labs serve --admin-token-file FILE  allow swapping models from this machine
"""

from __future__ import annotations

import argparse
import functools
import webbrowser
from pathlib import Path
from typing import Any

from shared.course.outline import CourseError, needed

NEEDED = ("fastapi", "uvicorn", "onnxruntime", "pydantic_settings",
          "prometheus_fastapi_instrumentator")  # fmt: skip


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `labs serve`."""
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="0.0.0.0 lets other machines in")
    add("--port", type=_port, default=8000, help="0 takes a free one")
    add("--admin-token-file", type=Path, default=None, help="holds the secret")
    # What is not typed is left to the variables, and to the defaults of the settings
    add = functools.partial(add, default=argparse.SUPPRESS)
    add("--host-name", dest="hosts", action="append", help="what a proxy calls it, * for any name")
    add("--line", type=Path, help="model file of the line reader")
    add("--detector", type=Path, help="model file of the detector")
    add("--models", type=Path, help="folder for models to swap in")
    add("--corrections", type=Path, help="folder for corrections")
    add("--no-corrections", dest="keep_corrections", action="store_false", help="keep none")
    add("--no-language", dest="language", action="store_false", help="for text not in English")
    add("--root-path", help="prefix at which a proxy publishes it")
    add("--threads", type=int, help="images read at the same time")
    parser.add_argument("--open", action="store_true", help="open the page in a browser")
    parser.add_argument(
        "--with-parent", action="store_true",
        help="stop when standard input ends, as it does when the starting program is gone",
    )  # fmt: skip


def run(arguments: argparse.Namespace) -> int:
    """Serve, and return the exit status."""
    needed("serve", *NEEDED)
    from shared.service.server import serve

    def announce(port: int, shelf: Any) -> None:
        host = "127.0.0.1" if arguments.host in ("0.0.0.0", "::") else arguments.host
        address = f"http://{f'[{host}]' if ':' in host else host}:{port}/"
        print(f"Serving {shelf.current.file} ({shelf.current.model.version}): {shelf.because}.")
        print(f"The page is at {address}; stop with Ctrl-C.", flush=True)
        if arguments.open:
            webbrowser.open(address)

    settings = settings_from(arguments)
    try:
        status = serve(settings, arguments.host, arguments.port, arguments.with_parent, announce)
    except (FileNotFoundError, ValueError) as error:
        raise CourseError(str(error)) from error
    if status == 0:
        kept = f"{settings.corrections}, where `labs improve` finds them"
        print(f"Stopped. Corrections are in {kept}; the same command starts it again.")
    return status


def _port(word: str) -> int:
    if not word.isdigit() or int(word) > 65535:
        raise argparse.ArgumentTypeError(f"{word!r} is no port: give a number from 0 to 65535")
    return int(word)


def settings_from(arguments: argparse.Namespace) -> Any:
    """Return the service's settings: what was typed, then the environment, then the defaults."""
    from pydantic import ValidationError

    from shared.service.settings import Settings, explain

    typed = vars(arguments)
    given = {name: typed[name] for name in Settings.model_fields if name in typed}
    if arguments.admin_token_file:
        given["admin_token"] = arguments.admin_token_file.read_text(encoding="utf-8").strip()
        if not given["admin_token"]:
            raise CourseError(f"{arguments.admin_token_file} is empty; it has to hold a secret.")
    try:
        return Settings(**given)
    except ValidationError as error:
        raise CourseError(explain(error)) from error
