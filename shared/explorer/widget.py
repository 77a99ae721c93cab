"""Layer (d): the scene, live in the browser; a thin door between front end and `Explorer`.

The kernel computes and describes; the browser draws, points and explains.  Works with
ipywidgets 7 and 8 through anywidget.
"""

from __future__ import annotations

import json
import traceback
from importlib import resources
from typing import TYPE_CHECKING

import anywidget
import traitlets

from shared.explorer.palette import THEMES

if TYPE_CHECKING:
    from shared.explorer.explorer import Explorer

FRONT_END = ("draw.js", "words.js", "pointing.js", "controls.js", "main.js")


def front_end(*names: str) -> str:
    """Return the text of files of the front end, joined: they are one module."""
    folder = resources.files("shared.explorer") / "front"
    return "\n".join((folder / name).read_text(encoding="utf-8") for name in names)


def _json(scene: dict) -> str:
    """Write a scene as browsers read it: compact, and no infinity in it."""
    return json.dumps(scene, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


class ExplorerWidget(anywidget.AnyWidget):
    """The live view of one `Explorer`.

    Attributes:
        scene: what to draw, `Explorer.scene(moving=True)` as JSON text: one string passes
            through the widget machinery faster than thousands of numbers.
        replay: the training replay, sent only when it changes.
        error: the sentence to show when the last change failed, or nothing.
        moved: whether the kernel chose the selection anew.
        seq: counts the answers; the front end draws when it changes.
    """

    _esm = front_end(*FRONT_END)
    _css = front_end("explorer.css")
    scene = traitlets.Unicode("{}").tag(sync=True)
    replay = traitlets.Unicode("{}").tag(sync=True)
    themes = traitlets.Dict(THEMES).tag(sync=True)
    error = traitlets.Unicode("").tag(sync=True)
    moved = traitlets.Bool(False).tag(sync=True)
    seq = traitlets.Int(0).tag(sync=True)

    def __init__(self, explorer: Explorer) -> None:
        self.explorer = explorer
        self._replayed = explorer.target
        super().__init__(
            scene=_json(explorer.scene(moving=True)), replay=_json(explorer.replay_scene())
        )
        self.on_msg(self._receive)

    def _receive(self, _widget, content: dict, _buffers) -> None:
        """Answer one message; whatever goes wrong is shown where the learner looks."""
        if content.get("kind") == "change":
            self.change(content["change"])

    def change(self, change: dict) -> None:
        """Apply a change of the front end and send the new scene, or the error.

        A `ValueError` is the learner's input and is shown as its sentence.  Anything else
        is a fault of the explorer: shown with its traceback, and raised.
        """
        error, fault = "", None
        try:
            self.explorer.apply(change)
            scene = _json(self.explorer.scene(moving=True))
        except ValueError as problem:
            error, scene = str(problem), self.scene
        except Exception as problem:
            error, scene, fault = traceback.format_exc(), self.scene, problem
        with self.hold_sync():
            self.error = error
            self.scene = scene
            self.moved = bool(change.get("reset"))
            if not error and self.explorer.target != self._replayed:
                self._replayed = self.explorer.target
                self.replay = _json(self.explorer.replay_scene())
            self.seq += 1
        if fault is not None:
            raise fault
