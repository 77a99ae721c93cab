"""How much of the paths of a label runs along each edge of the lattice."""

from __future__ import annotations

import numpy as np

from shared.explorer.values import Numbers


def edge_flows(numbers: Numbers, frames: slice) -> np.ndarray:
    """Return (frames, S, 3): probability, given the label, of the edges into s at t + 1.

    By stay, step and skip, for t in `frames`.
    """
    begin, end = frames.start, min(frames.stop, numbers.num_frames - 1)
    emission = numbers.log_probs[begin + 1 : end + 1][:, numbers.states]
    source = np.full((end - begin, len(numbers.states), 3), -np.inf)
    left = numbers.alpha[begin:end]
    source[:, :, 0] = left
    source[:, 1:, 1] = left[:, :-1]
    source[:, 2:, 2] = np.where(numbers.can_skip[2:], left[:, :-2], -np.inf)
    onward = emission + numbers.beta[begin + 1 : end + 1]
    return np.exp(source + onward[:, :, None] + numbers.loss)
