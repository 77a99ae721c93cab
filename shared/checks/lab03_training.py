"""Lab 3, sitting C: what broken runs look like, and a stride that fits every line."""

from __future__ import annotations

from collections.abc import Callable

from shared.checks.compare import show
from shared.checks.exercise import Case, Exercise
from shared.checks.lab03_runs import FAULTS
from shared.ctc import min_frames


def diagnose_loss() -> tuple[str, str, str, str, str]:
    """Name the faults of the runs A to E."""
    return ("blank", "plateau", "double softmax", "padding", "stride")


#: What a run with this fault would show
_SIGNS = {
    "padding": "texts with something stray behind their last letter",
    "double softmax": "a loss that stays high and frames that are never sure",
    "blank": "a loss near zero and texts that are nothing like it",
    "stride": "texts that lack letters, doubled ones above all",
    "plateau": "empty texts, a blank that is nearly certain, and a loss that still falls",
}


def judge_run(index: int) -> Callable[[dict, object], str | None]:
    """Return a judge for one of the five names."""

    def judge(inputs: dict, answer: object) -> str | None:
        if not isinstance(answer, list | tuple) or len(answer) != len(FAULTS):
            return f"diagnose_loss() gave {show(answer)}, expected five names, of runs A to E."
        given = answer[index]
        name = given.strip().casefold() if isinstance(given, str) else given
        if not isinstance(name, str) or name not in FAULTS:
            return (
                f"diagnose_loss() gave {show(given)} for run {'ABCDE'[index]}, expected one of "
                f"{', '.join(FAULTS)}."
            )
        if name == diagnose_loss()[index]:
            return None
        return (
            f"diagnose_loss() gave {name!r} for run {'ABCDE'[index]}. That fault would show "
            f"{_SIGNS[name]}; run {'ABCDE'[index]} does not."
        )

    return judge


DIAGNOSE_LOSS = Exercise(
    id="lab03.diagnose_loss",
    kind="debug",
    title="Name five broken runs",
    reference=diagnose_loss,
    doc="Each run is broken in one way; its curve and its texts say which.",
    cases=(
        Case(
            "run A",
            1,
            judge=judge_run(0),
            hint="Its loss is as good as a loss can be, so training found no fault: look at what "
            "happens after it.",
        ),
        Case(
            "run B",
            1,
            judge=judge_run(1),
            hint="Compare its loss with that of a network with nothing but a bias (about 10), and "
            "its confidence with the share of blanks there.",
        ),
        Case(
            "run C",
            1,
            judge=judge_run(2),
            hint="Its most probable class never gets far above the rest: what keeps a "
            "probability small, whatever the weights?",
        ),
        Case(
            "run D",
            1,
            judge=judge_run(3),
            hint="Its texts are right, and then go on.",
        ),
        Case(
            "run E",
            1,
            judge=judge_run(4),
            hint="Its loss is low from the first update, because lines that do not fit count 0.",
        ),
    ),
)

#: Width and text of the lines in question
LINES = (
    (312, "Thursday, 14 November"),
    (104, "a committee"),
    (88, "15.11.1999"),
    (25, "1111"),
    (72, "balloon"),
)
STRIDES = (2, 4, 8, 16)


def choose_stride() -> int:
    """Return the largest stride that leaves every line enough frames."""
    return 4


def judge_stride(inputs: dict, answer: object) -> str | None:
    """Show the first line that does not fit, or that a larger stride would do."""
    if isinstance(answer, bool) or answer not in STRIDES:
        return f"choose_stride() gave {show(answer)}, expected one of 2, 4, 8, 16."
    stride = int(answer)
    for width, text in LINES:
        frames, needed = -(-width // stride), min_frames([ord(letter) for letter in text])
        if frames < needed:
            return (
                f"choose_stride() gave {stride}: {text!r}, {width} pixels wide, then has {frames} "
                f"frames and needs {needed}."
            )
    if stride < choose_stride():
        return f"choose_stride() gave {stride}: every line fits, and at twice that stride as well."
    return None


CHOOSE_STRIDE = Exercise(
    id="lab03.choose_stride",
    kind="decide",
    title="Choose the stride",
    reference=choose_stride,
    options=STRIDES,
    doc="The largest stride that leaves every line enough frames.",
    cases=(
        Case(
            "the largest stride that every line survives",
            2,
            judge=judge_stride,
            hint="Compare ceil(width / stride) with min_frames of the text, line by line; "
            "doubled letters cost a frame more.",
        ),
    ),
)
