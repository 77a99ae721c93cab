"""What the explorer says in words: one node explained, the summary line, the alt text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from shared import ctc
from shared.explorer.searching import beam_steps
from shared.explorer.values import Numbers

if TYPE_CHECKING:
    from shared.explorer.page import Page

MOST_LISTED = 24  # Frames an alt text names one by one
BEAM = 8
BEAM_FLOOR = -6.0  # Less likely symbols are not tried for the alt text


def signed(value: float) -> str:
    """Write a number of nats with two decimals and a true minus."""
    if np.isinf(value):
        return "∞" if value > 0 else "−∞"
    return f"{value:.2f}".replace("-", "−")


def explain(page: Page, t: int, s: int) -> list[str]:
    """Explain a node in five lines: posterior, logarithms, probability, arrivals, skip."""
    numbers = page.numbers
    k = int(numbers.states[s])
    name = page.name(k)
    first = f"Frame {t}, state {s} ({name}): posterior {numbers.posterior[t, s]:.3f}"
    second = (
        f"ln α = {signed(numbers.alpha[t, s])}, ln β = {signed(numbers.beta[t, s])}, "
        f"ln p(target) = {signed(-numbers.loss)}; posterior = exp(ln α + ln β − ln p)."
    )
    third = f"p({name}) in this frame: {np.exp(numbers.log_probs[t, k]):.3f}."
    skip = skip_in_words(page, s) if t else ""
    return [first, second, third, arrivals_in_words(page, t, s), skip]


def arrivals_in_words(page: Page, t: int, s: int) -> str:
    """Say which edges lead into a node, with their shares of alpha, and which do not."""
    numbers = page.numbers
    if t == 0:
        return "A path may start here." if s < 2 else "No path starts here: only in states 0 and 1."
    if not np.isfinite(numbers.alpha[t, s]):
        return "No path reaches this node yet."
    parts = [
        f"{kind} {'in' if kind == 'stay' else 'from'} {page.name(int(numbers.states[before]))} "
        f"({before}) {share:.2f}"
        for kind, before, share in numbers.arrivals(t, s)
    ]
    return f"Arrives by {', '.join(parts)}."


def skip_in_words(page: Page, s: int) -> str:
    """Say why a state cannot be entered by a skip, nothing when it can."""
    numbers = page.numbers
    if s < 2 or numbers.can_skip[s]:
        return ""
    name = page.name(int(numbers.states[s]))
    if s % 2:
        return f"Skip forbidden: the letter before is also {name}, and the blank keeps them apart."
    return "Skip forbidden: from blank to blank it would jump over a letter."


def summary(page: Page, target_is_greedy: bool = False) -> list[str]:
    """Two lines above the picture: target with its loss, and what greedy decoding reads."""
    numbers = page.numbers
    target = page.spelled_short(numbers.label)
    greedy = page.spelled_short(numbers.greedy_label)
    if numbers.feasible:
        chance = f"loss {numbers.loss:.4g} nats, p = {np.exp(-numbers.loss):.3g}"
    else:
        chance = "loss ∞"
    origin = " (the greedy text, as no target was given)" if target_is_greedy else ""
    path = f"p of its best path {np.exp(numbers.greedy_log_p):.3g}"
    return [f"Target {target}{origin} · {chance}", f"Greedy reads {greedy} · {path}"]


def alt_text(page: Page, view: str) -> str:
    """Describe the picture for those who do not see it."""
    numbers = page.numbers
    path = [page.name(int(k)) for k in numbers.path]
    listed = " ".join(path[:MOST_LISTED]) + (" and so on" if len(path) > MOST_LISTED else "")
    target = page.spelled(numbers.label) or "empty"
    greedy = page.spelled(numbers.greedy_label) or "empty"
    parts = [
        f"CTC explorer, view {view}: {numbers.num_frames} frames, "
        f"{numbers.log_probs.shape[1]} classes.",
        f"Best symbol per frame: {listed}.",
        f"Greedy text: {greedy}. Target: {target}.",
    ]
    if numbers.feasible:
        parts.append(f"Loss {numbers.loss:.4g} nats.")
    else:
        parts.append(f"Loss infinite. {numbers.status}")
    parts.append(f"Mean probability of the blank {blank_share(numbers):.3f}.")
    best = likeliest_labels(page)
    if best:
        parts.append(f"Likely labels: {best}.")
    return " ".join(parts)


def blank_share(numbers: Numbers) -> float:
    """Mean probability of the blank over the frames."""
    return float(np.exp(numbers.log_probs[:, numbers.blank]).mean())


def likeliest_labels(page: Page) -> str:
    """List three likely labels with their exact probabilities, found by a narrow beam."""
    numbers = page.numbers
    if numbers.num_frames > MOST_LISTED:
        return ""
    beam = beam_steps(numbers.log_probs, BEAM, numbers.blank, symbol_floor=BEAM_FLOOR)
    found = [entry.prefix for entry in beam[-1].kept]
    log_p = {label: ctc.forward(numbers.log_probs, label, numbers.blank)[1] for label in found}
    best = sorted(found, key=lambda label: (-log_p[label], label))[:3]
    return ", ".join(f"{page.spelled(label) or 'empty'} {np.exp(log_p[label]):.3g}"
                     for label in best)  # fmt: skip
