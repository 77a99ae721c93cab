"""The labeling widget's end in the kernel: messages in, what the page looks like out.

The browser shows an action at once and keeps it until the kernel has answered with its id; the
kernel answers when the action is on the disk. Works with ipywidgets 7 and 8 through anywidget.
"""

from __future__ import annotations

import hashlib
import json
import re
import traceback
from collections.abc import Sequence
from dataclasses import asdict
from importlib import resources
from typing import Any

import anywidget
import traitlets

from shared.labeling.records import LabelError
from shared.labeling.widget.editing import EditError
from shared.labeling.widget.pictures import page_jpeg
from shared.labeling.widget.session import LabelSession, progress_text

FRONT_END = ("edits.js", "stage.js", "rows.js", "editor.js", "widget.js")


def front_end(*names: str) -> str:
    """Return files of the front end as one module, which is what a notebook takes.

    The page of the service loads the same files one by one, so they import from each other.
    """
    folder = resources.files("shared.labeling") / "front"
    text = "\n".join((folder / name).read_text(encoding="utf-8") for name in names)
    return re.sub(r"^(import .+\n|export (?!default))", "", text, flags=re.MULTILINE)


class LabelWidget(anywidget.AnyWidget):
    """The live view of one `LabelSession`.

    Attributes:
        view: What to show, as JSON text: the page, the list of pages, progress, the ids of the
            actions that are on the disk, and sentences for the person.
    """

    _esm = front_end(*FRONT_END)
    _css = front_end("editor.css")
    view = traitlets.Unicode("{}").tag(sync=True)

    def __init__(self, session: LabelSession, index: int = 0) -> None:
        self.session = session
        self.index = index
        self._count = 0
        super().__init__(view=self._view([], []))
        self.on_msg(self._receive)

    def _receive(self, _widget: Any, message: dict[str, Any], _buffers: Any) -> None:
        """Answer one message; whatever goes wrong is shown where the person looks."""
        kind = message.get("kind")
        if kind == "image":
            self._send_image(int(message["index"]))
            return
        acks, failed, errors, said, fault = [], [], [], "", None
        if kind == "page":
            self.index = int(message["index"])
            try:
                self.session.refresh()
            except (LabelError, OSError) as error:
                errors.append(str(error))
        items = message.get("items", [])
        for number, item in enumerate(items):
            try:
                said = self._do(item) or said
            except (EditError, LabelError) as error:  # Refused for good: it must not come again
                errors.append(_with_typed_text(str(error), item))
            except OSError as error:  # A full disk, a lock: this one and what follows come again
                errors.append(f"Not saved yet: {error}. It is tried again with the next change.")
                failed = [one["id"] for one in items[number:]]
                break
            except Exception as error:
                errors.append(traceback.format_exc())
                fault = error
            acks.append(item["id"])
        self.view = self._view(acks, errors, said, failed)
        if fault is not None:
            raise fault

    def _do(self, item: dict[str, Any]) -> str:
        if item.get("undo"):
            return f"Undone: {self.session.undo(item['id'])}."
        if item.get("redo"):
            return f"Done again: {self.session.redo(item['id'])}."
        self.session.act(item["action"], item["id"])
        return ""

    def _send_image(self, index: int) -> None:
        page = self.session.labels.pages[index]
        try:
            content = page_jpeg(self.session.path.parent / page.image)
        except (OSError, ValueError) as error:
            self.view = self._view([], [str(error)])
            return
        self.send({"kind": "image", "image": page.image, "type": "image/jpeg"}, [content])

    def _view(
        self, acks: list[str], errors: list[str], said: str = "", failed: Sequence[str] = ()
    ) -> str:
        """Describe everything the browser shows; `seq` makes each answer a change."""
        labels = self.session.labels
        path = str(self.session.path.resolve())
        self.index = min(max(self.index, 0), len(labels.pages) - 1)
        self._count += 1
        content = {
            "seq": self._count,
            "key": hashlib.sha256(path.encode()).hexdigest()[:16],
            "index": self.index,
            "page": asdict(labels.pages[self.index]),
            "pages": [
                {
                    "image": page.image,
                    "status": page.status,
                    "lines": len(page.lines),
                    "decided": sum(line.status != "proposed" for line in page.lines),
                }
                for page in labels.pages
            ],
            "progress": progress_text(self.session.progress()),
            "can": self.session.can(),
            "acks": acks,
            "failed": list(failed),
            "errors": errors,
            "said": said,
        }
        return json.dumps(content, ensure_ascii=False)


def _with_typed_text(sentence: str, item: dict[str, Any]) -> str:
    """Add what was typed to a refusal, so that it can be copied instead of typed again."""
    text = item.get("action", {}).get("text")
    return f"{sentence} You typed: {text}" if text else sentence
