"""Keep versions of a labeled folder: save, compare, bring back, push and pull.

Versions are kept by DVC where it is installed, and by plain copies of every file otherwise, which
teach the same idea. --install is the only time that the network is used.

Examples:
  labs version --install                 put DVC into my/tools (once)
  labs version my/photos --save v1 --note "as first labeled"
  labs version my/photos                 list the versions
  labs version my/photos --compare v1 v2 which labels changed
  labs version my/photos --checkout v1   bring v1 back
  labs version my/photos --push          copy to the remote what it lacks
  labs version my/photos --pull          repair a lost cache from the remote
"""

from __future__ import annotations

import argparse
from pathlib import Path

from shared.course.outline import CourseError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `labs version`."""
    parser.add_argument("folder", nargs="?", type=Path, help="labels and images")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--save", metavar="TAG", help="keep the folder as it is now")
    what.add_argument("--checkout", metavar="TAG", help="bring a version back")
    what.add_argument("--compare", nargs=2, metavar="TAG", help="which labels changed")
    what.add_argument("--verify", action="store_true", help="say what cache and remote have lost")
    what.add_argument("--push", action="store_true", help="copy to the remote what it lacks")
    what.add_argument("--pull", action="store_true", help="bring back what the cache has lost")
    what.add_argument("--install", action="store_true", help="install DVC into my/tools")
    parser.add_argument("--note", default="", help="what to remember about a saved version")
    parser.add_argument("--kind", default="auto", choices=("auto", "dvc", "snapshots"))


def run(arguments: argparse.Namespace) -> int:
    """Do what was asked, and return the exit status."""
    from shared.labeling.records import LabelError
    from shared.labeling.tool_environments import DVC, install_tool

    try:
        if arguments.install:
            install_tool(DVC)
            return 0
        if arguments.folder is None:
            raise CourseError("Versions of what? Name a folder, such as `labs version my/photos`.")
        return _work(arguments)
    except (LabelError, RuntimeError, FileNotFoundError) as error:
        raise CourseError(str(error)) from error


def _work(arguments: argparse.Namespace) -> int:
    from shared.labeling.versioning import open_store

    if not arguments.folder.is_dir():
        raise CourseError(f"There is no folder {arguments.folder}.")
    store = open_store(arguments.folder, arguments.kind)
    if arguments.save:
        version = store.save(arguments.save, arguments.note)
        print(f"saved {version.tag}: {version.files} files, {version.identity[:12]}")
    elif arguments.checkout:
        version = store.checkout(arguments.checkout)
        print(f"{arguments.folder} holds {version.tag} again: {version.identity[:12]}")
    elif arguments.compare:
        _compare(store, *arguments.compare)
    elif arguments.push or arguments.pull:
        store.push() if arguments.push else store.pull()
        print(f"The {'remote' if arguments.push else 'cache'} has every version.")
    elif arguments.verify:
        problems = store.verify()
        print("\n".join(problems) or "Nothing is lost.")
        return 1 if problems else 0
    else:
        how = "by DVC" if store.kind == "DVC" else "without DVC, by copies of every file"
        print(f"Versions of {arguments.folder}, kept {how}:")
        for tag in store.tags():
            version = store.version(tag)
            print(f"  {tag}  {version.files} files  {version.identity[:12]}  {version.note}")
    return 0


def _compare(store: object, first: str, second: str) -> None:
    from shared.labeling.versioning import changes

    found = changes(store.labels(first), store.labels(second))
    for one in found:
        place = " ".join(part for part in (one.page, one.line) if part)
        if one.kind == "text":
            print(f"{place}: {one.before.text!r} -> {one.after.text!r}")
        else:
            print(f"{place}: {one.kind}")
    print(f"{len(found)} changes from {first} to {second}.")
