"""Answers to the exercises of Lab 3, sitting B: probabilities, greedy decoding, losses."""

from shared.tests.catalogue.lab03_changes import changed, every

FORWARD = """
def forward_log_probability(log_probs, label, blank=0):
    states, can_skip = extend_label(label, blank)
    alpha = np.full(len(states), -np.inf)
    alpha[:2] = log_probs[0, states[:2]]
    for frame in log_probs[1:]:
        step = np.concatenate([[-np.inf], alpha])[: len(alpha)]
        skip = np.concatenate([[-np.inf, -np.inf], alpha])[: len(alpha)]
        skip = np.where(can_skip, skip, -np.inf)
        alpha = np.logaddexp.reduce([alpha, step, skip]) + frame[states]
    return float(np.logaddexp.reduce(alpha[-2:]))
"""
BEGIN = "    alpha = np.full(len(states), -np.inf)\n"
END = "float(np.logaddexp.reduce(alpha[-2:]))"
SUM = "np.logaddexp.reduce([alpha, step, skip])"
LOOP = """
def forward_log_probability(log_probs, label, blank=0):
    states, can_skip = extend_label(label, blank)
    alpha = [-np.inf] * len(states)
    for s in range(min(2, len(states))):
        alpha[s] = log_probs[0][states[s]]
    for t in range(1, len(log_probs)):
        before = alpha
        alpha = []
        for s in range(len(states)):
            total = before[s]
            if s > 0:
                total = np.logaddexp(total, before[s - 1])
            if can_skip[s]:
                total = np.logaddexp(total, before[s - 2])
            alpha.append(total + log_probs[t][states[s]])
    return np.logaddexp.reduce(alpha[-2:])
"""
PROBABILITIES = """
def forward_log_probability(log_probs, label, blank=0):
    states, can_skip = extend_label(label, blank)
    p = np.exp(log_probs)
    alpha = np.zeros(len(states))
    alpha[:2] = p[0, states[:2]]
    for frame in p[1:]:
        step = np.concatenate([[0], alpha])[: len(alpha)]
        skip = np.concatenate([[0, 0], alpha])[: len(alpha)] * can_skip
        alpha = (alpha + step + skip) * frame[states]
    return float(np.log(alpha[-2:].sum()))
"""
SCALED = """
def forward_log_probability(log_probs, label, blank=0):
    states, can_skip = extend_label(label, blank)
    p = np.exp(log_probs)
    alpha = np.zeros(len(states))
    alpha[:2] = p[0, states[:2]]
    log_scale = 0.0
    for frame in p[1:]:
        step = np.concatenate([[0], alpha])[: len(alpha)]
        skip = np.concatenate([[0, 0], alpha])[: len(alpha)] * can_skip
        alpha = (alpha + step + skip) * frame[states]
        scale = alpha.sum()
        if scale == 0:
            return -np.inf
        log_scale += np.log(scale)
        alpha = alpha / scale
    with np.errstate(divide="ignore"):
        return log_scale + np.log(alpha[-2:].sum())
"""
OWN_SUM = """
    def add(rows):
        top = np.max(rows, axis=0)
        return top + np.log(np.exp(rows - top).sum(axis=0))
"""

WRONG = {
    "lab03.forward_log_probability": [
        ("multiplies probabilities", PROBABILITIES, {"400 frames"}),
        (
            "normalizes over time",
            changed(
                FORWARD,
                BEGIN,
                BEGIN + "    log_probs = log_probs - np.logaddexp.reduce(log_probs, axis=0)\n",
            ),
            every("lab03.forward_log_probability") - {"a label that does not fit is impossible"},
        ),
        (
            "takes class 0 for the blank",
            changed(FORWARD, "(label, blank)\n", "(label)\n"),
            {"another class as the blank"},
        ),
        (
            "no blank at the beginning",
            changed(
                FORWARD,
                BEGIN,
                "    states, can_skip = states[1:], can_skip[1:]\n" + BEGIN,
                "alpha[:2] = log_probs[0, states[:2]]",
                "alpha[:1] = log_probs[0, states[:1]]",
            ),
            every("lab03.forward_log_probability")
            - {"a label that does not fit is impossible", "classes that cannot occur"},
        ),
        (
            "no blank at the end",
            changed(
                FORWARD,
                BEGIN,
                "    states, can_skip = states[:-1], can_skip[:-1]\n" + BEGIN,
                "alpha[-2:]",
                "alpha[-1:]",
            ),
            every("lab03.forward_log_probability")
            - {"a label that does not fit is impossible", "classes that cannot occur"},
        ),
        (
            "merges the label first",
            changed(
                FORWARD,
                "    states, can",
                "    label = [s for i, s in enumerate(label) if i == 0 or s != label[i - 1]]\n"
                "    states, can",
            ),
            every("lab03.forward_log_probability")
            - {"one frame", "five frames, letters that differ", "no letters"},
        ),
        (
            "begins in the blank only",
            changed(
                FORWARD, "alpha[:2] = log_probs[0, states[:2]]", "alpha[0] = log_probs[0, blank]"
            ),
            every("lab03.forward_log_probability")
            - {"no letters", "a label that does not fit is impossible"},
        ),
        (
            "begins anywhere",
            changed(
                FORWARD, "alpha[:2] = log_probs[0, states[:2]]", "alpha = log_probs[0, states]"
            ),
            every("lab03.forward_log_probability") - {"no letters"},
        ),
        (
            "takes the best path",
            changed(
                FORWARD,
                SUM,
                "np.max([alpha, step, skip], axis=0)",
                "np.logaddexp.reduce(alpha[-2:])",
                "np.max(alpha[-2:])",
            ),
            every("lab03.forward_log_probability")
            - {"one frame", "no letters", "a label that does not fit is impossible"},
        ),
        (
            "never stays",
            changed(FORWARD, "[alpha, step, skip]", "[step, skip]"),
            every("lab03.forward_log_probability")
            - {"one frame", "a label that does not fit is impossible"},
        ),
        (
            "never skips",
            changed(FORWARD, "[alpha, step, skip]", "[alpha, step]"),
            every("lab03.forward_log_probability")
            - {"one frame", "no letters", "a label that does not fit is impossible"},
        ),
        (
            "skips between equal letters",
            changed(FORWARD, "np.where(can_skip,", "np.where(states != blank,"),
            {
                "seven frames, equal letters",
                "a label that does not fit is impossible",
                "another class as the blank",
                "400 frames",
            },
        ),
        (
            "skips into blanks",
            changed(FORWARD, "        skip = np.where(can_skip, skip, -np.inf)\n", ""),
            every("lab03.forward_log_probability")
            - {"one frame", "no letters", "classes that cannot occur"},
        ),
        (
            "lets indices wrap",
            changed(LOOP, "            if s > 0:\n    ", ""),
            {
                "five frames, letters that differ",
                "no letters",
                "classes that cannot occur",
                "400 frames",
            },
        ),
        (
            "ends in the last blank only",
            changed(FORWARD, "alpha[-2:]", "alpha[-1:]"),
            every("lab03.forward_log_probability")
            - {"no letters", "a label that does not fit is impossible"},
        ),
        (
            "ends in the last letter only",
            changed(FORWARD, END, "float(alpha[-2:][0])"),
            {
                "five frames, letters that differ",
                "seven frames, equal letters",
                "another class as the blank",
                "400 frames",
            },
        ),
        (
            "ends anywhere",
            changed(FORWARD, "alpha[-2:]", "alpha"),
            every("lab03.forward_log_probability") - {"no letters", "classes that cannot occur"},
        ),
        (
            "calls an impossible label certain",
            changed(
                FORWARD, END, "float(np.nan_to_num(np.logaddexp.reduce(alpha[-2:]), neginf=0.0))"
            ),
            {
                "five frames, letters that differ",
                "seven frames, equal letters",
                "a label that does not fit is impossible",
            },
        ),
        (
            "refuses a label that does not fit",
            changed(
                FORWARD,
                BEGIN,
                BEGIN
                + "    if len(label) > len(log_probs):\n        raise ValueError('too long')\n",
            ),
            {
                "five frames, letters that differ",
                "seven frames, equal letters",
                "a label that does not fit is impossible",
            },
        ),
        (
            "divides by the number of letters",
            changed(FORWARD, END, END + " / len(label)"),
            every("lab03.forward_log_probability") - {"a label that does not fit is impossible"},
        ),
        (
            "returns the loss",
            changed(FORWARD, "return float", "return -float"),
            every("lab03.forward_log_probability"),
        ),
        (
            "returns a probability",
            changed(
                FORWARD,
                "return float(np.logaddexp.reduce(alpha[-2:]))",
                "return float(np.exp(np.logaddexp.reduce(alpha[-2:])))",
            ),
            every("lab03.forward_log_probability"),
        ),
        (
            "subtracts infinities",
            changed(FORWARD, BEGIN, BEGIN + OWN_SUM, SUM, "add([alpha, step, skip])"),
            every("lab03.forward_log_probability") - {"one frame", "no letters"},
        ),
        (
            "a large number for infinity",
            changed(FORWARD, "-np.inf", "-1e5"),
            {
                "five frames, letters that differ",
                "seven frames, equal letters",
                "a label that does not fit is impossible",
            },
        ),
        (
            "adds a tiny probability",
            changed(PROBABILITIES, "np.exp(log_probs)", "np.exp(log_probs) + 1e-9"),
            {"classes that cannot occur", "400 frames"},
        ),
        (
            "counts the first frame twice",
            changed(FORWARD, "in log_probs[1:]", "in log_probs"),
            every("lab03.forward_log_probability"),
        ),
    ],
}

RIGHT = {
    "lab03.forward_log_probability": [
        ("shifted arrays", FORWARD),
        ("two loops", LOOP),
        ("probabilities, scaled at each frame", SCALED),
        (
            "a matrix of transitions",
            """
def forward_log_probability(log_probs, label, blank=0):
    states = np.array([blank] + [k for symbol in label for k in (symbol, blank)])
    size = len(states)
    allowed = np.eye(size, dtype=bool) | np.eye(size, k=1, dtype=bool)
    for s in range(3, size, 2):
        allowed[s - 2, s] = states[s] != states[s - 2]
    log_allowed = np.where(allowed, 0.0, -np.inf)
    alpha = np.where(np.arange(size) < 2, log_probs[0, states], -np.inf)
    for frame in log_probs[1:]:
        alpha = np.logaddexp.reduce(alpha[:, None] + log_allowed, axis=0) + frame[states]
    return np.logaddexp.reduce(alpha[-2:])
""",
        ),
        (
            "from the last frame",
            """
def forward_log_probability(log_probs, label, blank=0):
    states, can_skip = extend_label(label[::-1], blank)
    alpha = np.where(np.arange(len(states)) < 2, log_probs[-1, states], -np.inf)
    for frame in log_probs[-2::-1]:
        arrivals = np.full((3, len(states)), -np.inf)
        arrivals[0] = alpha
        arrivals[1, 1:] = alpha[:-1]
        arrivals[2, 2:] = alpha[:-2]
        arrivals[2, ~can_skip] = -np.inf
        alpha = np.logaddexp.reduce(arrivals) + frame[states]
    return alpha[-2:].max() if len(alpha) < 2 else np.logaddexp(*alpha[-2:])
""",
        ),
    ],
}
