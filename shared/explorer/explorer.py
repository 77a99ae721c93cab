"""`explore`: one line, one target, everything CTC does with them.

A cell that ends in `explore(...)` shows a picture first, with its alt text; where a live
front end is present, the widget follows and hides the picture in the browser.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path

import numpy as np

from shared import ctc
from shared.alphabet import Alphabet
from shared.explorer.inputs import checked_image, checked_logits, checked_puzzle
from shared.explorer.live import line_data, page
from shared.explorer.own import compare_own
from shared.explorer.png import render_png
from shared.explorer.replay_panel import check_snapshots
from shared.explorer.scene import Scene, build_scene, view_name
from shared.explorer.values import Numbers, choose_rows, compute
from shared.paths import write_atomically
from shared.picture import img
from shared.picture import is_static as is_static  # Whoever has a control asks


class Explorer:
    """Look at what CTC makes of the logits of one line, and change them by hand.

    As the last line of a cell it displays itself. What is moved in the browser stays there.

    Attributes:
        logits: (T, K) free logits.
        target: the text in use.
        view: which panels are shown.

    Example:
        >>> explore(np.zeros((6, 4)), "abc", "ab", view="lattice").loss  # doctest: +SKIP
    """

    def __init__(
        self,
        logits: np.ndarray,
        alphabet: Alphabet | str,
        target: str | None = None,
        image: np.ndarray | None = None,
        view: str = "all",
        snapshots: Sequence[dict] | None = None,
        puzzle: int = 0,
        own: Sequence[Callable] = (),
    ) -> None:
        """Look at one line.

        Args:
            logits: (time steps, classes), unnormalized; class 0 is the blank.
            alphabet: the characters of classes 1 onward.
            target: the text to compute loss, lattice and gradient for; the greedy text if None.
            image: the line, (height, width) uint8, ink 255 on paper 0.
            view: "all", "emissions", "greedy" (or "collapse"), "lattice", "gradient" or "replay".
            snapshots: of training: dicts with update, logits (time steps, classes) and loss.
            puzzle: Number of the puzzle, 1 to 6, that the live explorer opens at; 0 for the line.
            own: Your `collapse` or `forward_log_probability` of Lab 3; where it differs is said.

        Raises:
            ValueError: Something given does not fit; the message says what is needed.
        """
        self.alphabet = Alphabet(alphabet) if isinstance(alphabet, str) else alphabet
        self.logits = checked_logits(logits, self.alphabet)
        self.image = None if image is None else checked_image(image)
        self.snapshots = check_snapshots(snapshots or (), self.logits.shape)
        self.view = view_name(view)
        self.puzzle = checked_puzzle(puzzle)
        if self.view == "replay" and not self.snapshots:
            raise ValueError(
                "The replay view needs snapshots of training, and none were given; "
                "pass snapshots=training.snapshots, or choose another view."
            )
        self._target_is_greedy = target is None
        self.target = self.greedy_text if target is None else target
        log_probs = ctc.log_softmax(self.logits)
        self.own = compare_own(own, log_probs, self.label, self.alphabet)
        shown = self.snapshots[-1]["logits"] if self.view == "replay" else self.logits
        self._rows = choose_rows(ctc.log_softmax(shown), self.label)

    @property
    def label(self) -> list[int]:
        """Class numbers of the target."""
        return self.alphabet.encode(self.target)

    @property
    def numbers(self) -> Numbers:
        """Every number the pictures show."""
        return compute(self.logits, self.label)

    @property
    def loss(self) -> float:
        """CTC loss of the target in nats, infinity when it does not fit."""
        return self.numbers.loss

    @property
    def greedy_text(self) -> str:
        """Text of the best symbol of each frame, collapsed."""
        log_probs = ctc.log_softmax(self.logits)
        return self.alphabet.decode(ctc.greedy(log_probs)[1])

    def scene(self) -> Scene:
        """Describe the picture."""
        return build_scene(
            self.logits, self.alphabet.characters, self.label, view=self.view, image=self.image,
            snapshots=self.snapshots, rows=self._rows, target_is_greedy=self._target_is_greedy,
        )  # fmt: skip

    def save_html(self, path: Path | str, note: str = "") -> Path:
        """Save the live explorer as one page that needs no network and no Python; return its path.

        The page works from a file, and its address holds what a person did in it, to be sent.

        Args:
            path: the file to write.
            note: a sentence about the line, shown below it.
        """
        path = Path(path)
        text = page(line_data(self, note), self.target, self.scene()["alt"])
        write_atomically(path, text)
        return path

    def bundle(self) -> dict[str, str]:
        """Return the static picture as Jupyter output, data by type."""
        scene = self.scene()
        picture = img(render_png(scene), "png", scene["alt"], round(scene["width"]))
        picture += f"<p>{escape(self.own)}</p>" if self.own else ""
        return {"text/html": picture, "text/plain": f"{scene['alt']} {self.own}".strip()}

    def _ipython_display_(self) -> None:
        from IPython.display import display

        display(self.bundle(), raw=True)
        if not is_static():
            from shared.explorer.widget import ExplorerWidget

            display(ExplorerWidget(self))


explore = Explorer  # A cell says what it does: `explore(logits, "abc")`
