"""The pad's end in the kernel: strokes in, and word of what is on the disk out.

Works with ipywidgets 7 and 8 through anywidget, in JupyterLab and Colab.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from shared.handwriting.files import HandwritingError

if TYPE_CHECKING:
    from shared.handwriting.pad import Pad


class PadWidget(anywidget.AnyWidget):
    """The live view of one `Pad`.

    Attributes:
        content: As JSON text what is asked and what was written when it was opened; what came
            later is sent when a view asks for it, so that strokes are not sent back at each one.
    """

    _esm = Path(__file__).with_name("pad.js")
    _css = Path(__file__).with_name("pad.css")
    content = traitlets.Unicode("{}").tag(sync=True)

    def __init__(self, pad: Pad) -> None:
        self.pad = pad
        key = hashlib.sha256(str(pad.folder.resolve()).encode()).hexdigest()[:16]
        super().__init__(content=json.dumps({"key": key, "screens": pad.screens, **self._state()}))
        self.on_msg(self._receive)

    def _state(self) -> dict[str, Any]:
        fields = {
            name: {"strokes": one.strokes, "done": one.done, "device": one.device}
            for name, one in self.pad.written.items()
        }
        return {"fields": fields, "progress": self.pad.progress()}

    def _receive(self, _widget: Any, message: dict[str, Any], _buffers: Any) -> None:
        """Answer one message; whatever goes wrong is shown where the person looks."""
        if message.get("kind") == "open":
            self.send({"kind": "state", **self._state()})
            return
        saved, failed, said = [], [], ""
        for item in message.get("items", []):
            try:
                self.pad.save(item["name"], item["strokes"], item["done"], item["device"])
            except HandwritingError as error:  # Told to the person; sent again it would be refused
                said = str(error)
            except OSError as error:  # A full disk or a lock: the browser sends it again
                said = f"Not saved yet: {error}. The pad tries again."
                failed.append(item["id"])
                continue
            saved.append(item["id"])
        self.send(
            {"kind": "saved", "ids": saved, "failed": failed, "problem": said,
             "progress": self.pad.progress()}
        )  # fmt: skip
