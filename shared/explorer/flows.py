"""What the lattice shows as areas and widths: shares of nodes and flows along edges."""

from __future__ import annotations

import numpy as np

from shared.explorer.values import Numbers


def node_shares(numbers: Numbers, quantity: str) -> np.ndarray:
    """Return (T, S) in [0, 1]: the posterior, or alpha or beta as a share of their frame."""
    if quantity == "posterior":
        return numbers.posterior
    values = numbers.alpha if quantity == "alpha" else numbers.beta
    top = values.max(axis=1, keepdims=True)
    weights = np.exp(values - np.where(np.isfinite(top), top, 0))
    total = weights.sum(axis=1, keepdims=True)
    return np.divide(weights, total, out=np.zeros_like(weights), where=total > 0)


def edge_flows(numbers: Numbers, quantity: str, frames: slice) -> np.ndarray:
    """Return (frames, S, 3): flow into s at t + 1 by stay, step, skip, for t in `frames`.

    Posterior: probability of the edge given the label.  Alpha and beta: the edge's part
    of the node it flows into, or out of, times that node's share.
    """
    begin, end = frames.start, min(frames.stop, numbers.num_frames - 1)
    alpha, beta = numbers.alpha, numbers.beta
    emission = numbers.log_probs[begin + 1 : end + 1][:, numbers.states]
    source = np.full((end - begin, len(numbers.states), 3), -np.inf)
    left = alpha[begin:end] if quantity != "beta" else np.zeros(alpha[begin:end].shape)
    source[:, :, 0] = left
    source[:, 1:, 1] = left[:, :-1]
    source[:, 2:, 2] = np.where(numbers.can_skip[2:], left[:, :-2], -np.inf)
    log_flow = source + emission[:, :, None]
    if quantity == "alpha":
        scale = np.logaddexp.reduce(alpha[begin + 1 : end + 1], axis=1)
    elif quantity == "beta":
        log_flow = log_flow + beta[begin + 1 : end + 1, :, None]
        scale = np.logaddexp.reduce(beta[begin:end], axis=1)
    else:
        log_flow = log_flow + beta[begin + 1 : end + 1, :, None]
        scale = np.full(end - begin, -numbers.loss)
    scale = np.where(np.isfinite(scale), scale, np.inf)
    return np.exp(log_flow - scale[:, None, None])
