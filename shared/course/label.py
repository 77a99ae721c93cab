"""Label a folder of photographs: pre-label it, open it in Label Studio, fetch what was labeled.

FOLDER holds the photographs, and labels.json beside them is made from them; what is in it already
is never changed. Without --install, nothing here uses the network; Label Studio runs on this
machine alone, and its login is printed.

Examples:
  labs label my/photos --propose        pre-label the photographs with the course's reader
  labs label --install                  put Label Studio into my/tools (once)
  labs label --install dvc              put DVC there, which keeps versions of labels
  labs label my/photos                  open them in Label Studio, until Ctrl-C
  labs label my/photos --fetch          write labels-NAME.json for every annotator
  labs label my/photos --invite         let a second person sign up, while the server runs
  labs label --stop                     stop a server that was left running
  labs label my/photos --check          say what is wrong with the labels
  labs label my/photos --tasks t.json   Label Studio's tasks as a file, without a server
  labs label my/photos --export e.json  read an export of Label Studio from a file
  labs label my/photos --page-xml out   write the labels as PAGE XML
"""

from __future__ import annotations

import argparse
from pathlib import Path

from shared.course.outline import CourseError

#: Each option: what does it in `labeling.commands`, what help says, and the file it takes, if any
ACTS = {
    "propose": ("propose", "pre-label the photographs", None),
    "fetch": ("fetch", "write what was labeled in the server", None),
    "invite": ("invite", "let another person sign up in the server", None),
    "check": ("check", "say what is wrong with the labels", None),
    "tasks": ("write_tasks", "write Label Studio's tasks", "FILE"),
    "export": ("take_export", "read Label Studio's export", "FILE"),
    "page-xml": ("write_pages", "write PAGE XML", "OUT"),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `labs label`."""
    from shared.labeling.tool_environments import TOOLS

    parser.add_argument("folder", nargs="?", type=Path, help="photographs, or their labels.json")
    what = parser.add_mutually_exclusive_group()
    for act, (_, description, file) in ACTS.items():
        taken = {"type": Path, "metavar": file} if file else {"action": "store_true"}
        what.add_argument(f"--{act}", dest=act, help=description, **taken)
    what.add_argument("--stop", action="store_true", help="stop a server that was left running")
    what.add_argument(
        "--install", nargs="?", const="label-studio", choices=TOOLS, help="put a tool into my/tools"
    )
    parser.add_argument("--labels", default="labels.json", help="label file in the folder")
    parser.add_argument("--port", type=int, default=None, help="port of the server; a free one")


def run(arguments: argparse.Namespace) -> int:
    """Do what was asked, and return the exit status."""
    from shared.labeling import label_server
    from shared.labeling.label_studio_api import LabelStudioError
    from shared.labeling.records import LabelError
    from shared.labeling.tool_environments import TOOLS, install_tool

    try:
        if arguments.install:
            install_tool(TOOLS[arguments.install])
        elif arguments.stop:
            label_server.stop()
        else:
            return _on_folder(arguments)
    except (LabelError, LabelStudioError, FileNotFoundError, RuntimeError) as error:
        raise CourseError(str(error)) from error
    return 0


def _on_folder(arguments: argparse.Namespace) -> int:
    from shared.labeling import commands

    folder, name = arguments.folder, arguments.labels
    if folder is None:
        raise CourseError("Which photographs? Name their folder, such as `labs label my/photos`.")
    if folder.is_file():
        folder, name = folder.parent, folder.name
    if not folder.is_dir():
        raise CourseError(f"There is no folder {folder}; put the photographs into one.")
    for option, (act, _, _) in ACTS.items():
        if value := getattr(arguments, option):
            given = () if value is True else (value,)
            return getattr(commands, act)(folder / name, *given)
    return commands.serve(folder / name, arguments.port)
