"""`explore`: one line, one target, everything CTC does with them.

A cell that ends in `explore(...)` shows a picture first, with its alt text; where a live
front end is present, the widget follows and hides the picture in the browser.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from shared import ctc
from shared.alphabet import Alphabet
from shared.explorer.inputs import checked_image, checked_logits
from shared.explorer.png import render_png
from shared.explorer.replay_panel import check_snapshots
from shared.explorer.scene import Scene, build_scene, view_name
from shared.explorer.values import Numbers, Options, choose_rows, compute, sgd_step
from shared.picture import img
from shared.picture import is_static as is_static  # Whoever has a control asks


def explore(
    logits: np.ndarray,
    alphabet: Alphabet | str,
    target: str | None = None,
    image: np.ndarray | None = None,
    view: str = "all",
    snapshots: Sequence[dict] | None = None,
) -> Explorer:
    """Look at what CTC makes of the logits of one line, and change them by hand.

    Args:
        logits: (time steps, classes), unnormalized; class 0 is the blank.
        alphabet: the characters of classes 1 onward.
        target: the text to compute loss, lattice and gradient for; the greedy text if None.
        image: the line, (height, width) uint8, ink 255 on paper 0.
        view: "all", "emissions", "greedy" (or "collapse"), "lattice", "gradient" or "replay".
        snapshots: of training: dicts with update, logits (time steps, classes) and loss.

    Returns:
        An `Explorer`; as the last line of a cell it displays itself.

    Example:
        >>> explore(np.zeros((6, 4)), "abc", "ab", view="lattice").loss  # doctest: +SKIP
    """
    return Explorer(logits, alphabet, target, image, view, snapshots)


class Explorer:
    """The state of one explorer: logits, target, options; everything else follows.

    Attributes:
        logits: (T, K) free logits, as edited so far.
        target: the text in use.
        options: how it is shown.
        view: which panels are shown.
    """

    def __init__(
        self,
        logits: np.ndarray,
        alphabet: Alphabet | str,
        target: str | None = None,
        image: np.ndarray | None = None,
        view: str = "all",
        snapshots: Sequence[dict] | None = None,
    ) -> None:
        self.alphabet = Alphabet(alphabet) if isinstance(alphabet, str) else alphabet
        self._original = checked_logits(logits, self.alphabet)
        self._first_target = target
        self.image = None if image is None else checked_image(image)
        self.snapshots = check_snapshots(snapshots or (), self._original.shape)
        self.view = view_name(view)
        if self.view == "replay" and not self.snapshots:
            raise ValueError(
                "The replay view needs snapshots of training, and none were given; "
                "pass snapshots=training.snapshots, or choose another view."
            )
        self.options = Options()
        self.logits = self._original.copy()
        self.target_is_greedy = target is None
        self.target = ""
        self._rows: tuple[int, ...] = ()
        self.set_target(self.greedy_text if target is None else target)

    @property
    def label(self) -> list[int]:
        """Class numbers of the target."""
        return self.alphabet.encode(self.target)

    @property
    def numbers(self) -> Numbers:
        """Every number the pictures show."""
        return compute(self.logits, self.label, self.options)

    @property
    def loss(self) -> float:
        """CTC loss of the target in nats, infinity when it does not fit."""
        return self.numbers.loss

    @property
    def greedy_text(self) -> str:
        """Text of the best symbol of each frame, collapsed."""
        log_probs = ctc.log_softmax(self.logits)
        return self.alphabet.decode(ctc.greedy(log_probs)[1])

    def set_target(self, text: str) -> None:
        """Change the target text.

        Raises:
            UnknownCharacterError: a character has no class; the old target stays.
        """
        label = self.alphabet.encode(text)
        shown = self._original
        if self.snapshots and self.view == "replay":
            shown = self.snapshots[-1]["logits"]
        self._rows = choose_rows(ctc.log_softmax(shown), label)
        self.target = text

    def set_logit(self, t: int, k: int, value: float) -> None:
        """Set one logit; the softmax renormalizes its frame."""
        frames, classes = self.logits.shape
        if not (0 <= t < frames and 0 <= k < classes):
            raise ValueError(
                f"There is no logit ({t}, {k}): frames go from 0 to {frames - 1}, "
                f"classes from 0 to {classes - 1}."
            )
        if not np.isfinite(value):
            raise ValueError(f"A logit must be a finite number; {value} was given.")
        self.logits[t, k] = value

    def step(self, rate: float = 1.0) -> float:
        """Take one step of gradient descent on the free logits; return the new loss."""
        self.logits = sgd_step(self.logits, self.label, self.options, rate)
        return self.loss

    def reset(self) -> None:
        """Go back to the logits, target and options of the beginning."""
        self.logits = self._original.copy()
        self.options = Options(page_width=self.options.page_width)
        first = self._first_target
        self.set_target(self.greedy_text if first is None else first)

    def scene(self, *, moving: bool = False) -> Scene:
        """Describe the current picture; `moving` is what the browser gets."""
        return build_scene(
            self.logits, self.alphabet.characters, self.label, self.options, view=self.view,
            image=self.image, snapshots=self.snapshots, rows=self._rows, moving=moving,
            target_is_greedy=self.target_is_greedy and self._first_target is None,
        )  # fmt: skip

    def replay_scene(self) -> Scene:
        """Describe the training replay for the browser; empty without snapshots."""
        if not self.snapshots:
            return {}
        return build_scene(
            self.snapshots[-1]["logits"], self.alphabet.characters, self.label,
            Options(page_width=self.options.page_width),
            view="replay", snapshots=self.snapshots, moving=True,
        )  # fmt: skip

    def apply(self, change: dict) -> None:
        """Apply what the front end asks for; nothing changes when any part is refused.

        Args:
            change: any of reset (bool), snapshot (index to take the logits of), target,
                view, options (dict), select (t, s), edits (list of t, k, logit), steps and
                rate (gradient descent).
        """
        before = (self.logits.copy(), self.target, self.options, self.view, self._rows)
        try:
            if change.get("reset"):
                self.reset()
                return
            if "snapshot" in change:
                self.logits = self.snapshots[int(change["snapshot"])]["logits"].copy()
            if change.get("target", self.target) != self.target:
                self.set_target(change["target"])
            if "view" in change:
                self.view = view_name(change["view"])
            options = dict(change.get("options", {}))
            if "select" in change and "target" not in change:
                options["select"] = tuple(int(i) for i in change["select"])
            self.options = self.options.with_changes(**options)
            for t, k, value in change.get("edits", ()):
                self.set_logit(int(t), int(k), float(value))
            for _ in range(int(change.get("steps", 0))):
                self.step(float(change.get("rate", 1.0)))
        except Exception:
            self.logits, self.target, self.options, self.view, self._rows = before
            raise

    def bundle(self) -> dict[str, str]:
        """Return the static picture as Jupyter output, data by type."""
        scene = self.scene()
        picture = img(render_png(scene), "png", scene["alt"], round(scene["width"]))
        return {"text/html": picture, "text/plain": scene["alt"]}

    def _ipython_display_(self) -> None:
        from IPython.display import display

        display(self.bundle(), raw=True)
        if not is_static():
            from shared.explorer.widget import ExplorerWidget

            display(ExplorerWidget(self))
