"""Answers to the stretch exercises of Lab 3."""

from shared.tests.catalogue.lab03_changes import changed, every

BACKWARD = """
def backward(log_probs, label, blank=0):
    states, can_skip = extend_label(label, blank)
    beta = np.full((len(log_probs), len(states)), -np.inf)
    beta[-1, -2:] = 0
    for t in range(len(log_probs) - 2, -1, -1):
        onward = log_probs[t + 1, states] + beta[t + 1]
        step = np.append(onward, -np.inf)[1:]
        skip = np.append(np.where(can_skip, onward, -np.inf), [-np.inf, -np.inf])[2:]
        beta[t] = np.logaddexp.reduce([onward, step, skip])
    return beta
"""
BACKWARD_LOOP = """
def backward(log_probs, label, blank=0):
    states, can_skip = extend_label(label, blank)
    size = len(states)
    rows = [[0.0 if s >= size - 2 else -np.inf for s in range(size)]]
    for frame in log_probs[:0:-1]:
        after, row = rows[0], []
        for s in range(size):
            total = after[s] + frame[states[s]]
            if s + 1 < size:
                total = np.logaddexp(total, after[s + 1] + frame[states[s + 1]])
            if s + 2 < size and can_skip[s + 2]:
                total = np.logaddexp(total, after[s + 2] + frame[states[s + 2]])
            row.append(total)
        rows.insert(0, row)
    return rows
"""
GRADIENT = """
def ctc_gradient(logits, label, blank=0):
    log_probs = log_softmax(logits)
    states, _ = extend_label(label, blank)
    alpha, log_p = forward(log_probs, label, blank)
    posterior = np.exp(alpha + backward(log_probs, label, blank) - log_p)
    gradient = np.exp(log_probs)
    np.subtract.at(gradient, (slice(None), states), posterior)
    return gradient
"""
SUBTRACT = "np.subtract.at(gradient, (slice(None), states), posterior)"

WRONG = {
    "lab03.backward": [
        (
            "counts the emission at t",
            changed(
                BACKWARD,
                "beta[-1, -2:] = 0",
                "beta[-1, -2:] = log_probs[-1, states[-2:]]",
                "onward = log_probs[t + 1, states] + beta[t + 1]",
                "onward = beta[t + 1]",
                "[onward, step, skip])",
                "[onward, step, skip]) + log_probs[t, states]",
            ),
            every("lab03.backward"),
        ),
        (
            "uses the emission of the state it leaves",
            changed(
                BACKWARD,
                "onward = log_probs[t + 1, states] + beta[t + 1]",
                "onward = beta[t + 1]",
                "[onward, step, skip])",
                "[onward, step, skip]) + log_probs[t + 1, states]",
            ),
            every("lab03.backward") - {"one frame: where a path may end"},
        ),
        (
            "ends in the last blank only",
            changed(BACKWARD, "beta[-1, -2:]", "beta[-1, -1:]"),
            every("lab03.backward"),
        ),
        (
            "ends anywhere",
            changed(BACKWARD, "beta[-1, -2:] = 0", "beta[-1] = 0"),
            every("lab03.backward"),
        ),
        (
            "asks the state it leaves about skips",
            changed(
                BACKWARD,
                "np.append(np.where(can_skip, onward, -np.inf), [-np.inf, -np.inf])[2:]",
                "np.where(can_skip, np.append(onward, [-np.inf, -np.inf])[2:], -np.inf)",
            ),
            {"letters that differ", "equal letters", "400 frames"},
        ),
        (
            "skips between equal letters",
            changed(BACKWARD, "np.where(can_skip,", "np.where(states != blank,"),
            {
                "equal letters",
                "another blank, no letters, and a label that does not fit",
                "400 frames",
            },
        ),
        (
            "never stays",
            changed(BACKWARD, "[onward, step, skip]", "[step, skip]"),
            every("lab03.backward") - {"one frame: where a path may end"},
        ),
        (
            "takes the best path",
            changed(
                BACKWARD,
                "np.logaddexp.reduce([onward, step, skip])",
                "np.max([onward, step, skip], axis=0)",
            ),
            every("lab03.backward") - {"one frame: where a path may end"},
        ),
        (
            "takes class 0 for the blank",
            changed(BACKWARD, "(label, blank)\n", "(label)\n"),
            {"another blank, no letters, and a label that does not fit"},
        ),
        (
            "multiplies probabilities",
            """
def backward(log_probs, label, blank=0):
    states, can_skip = extend_label(label, blank)
    p, beta = np.exp(log_probs), np.zeros((len(log_probs), len(states)))
    beta[-1, -2:] = 1
    for t in range(len(log_probs) - 2, -1, -1):
        onward = p[t + 1, states] * beta[t + 1]
        step, skip = np.append(onward, 0)[1:], np.append(onward * can_skip, [0, 0])[2:]
        beta[t] = onward + step + skip
    with np.errstate(divide="ignore"):
        return np.log(beta)
""",
            {"400 frames"},
        ),
        (
            "begins with log 0",
            changed(BACKWARD, "beta[-1, -2:] = 0", "beta[-1, -2:] = 1"),
            every("lab03.backward"),
        ),
        (
            "upside down",
            changed(BACKWARD, "return beta", "return beta[::-1]"),
            every("lab03.backward") - {"one frame: where a path may end"},
        ),
        (
            "states first",
            changed(BACKWARD, "return beta", "return beta.T"),
            every("lab03.backward"),
        ),
    ],
    "lab03.ctc_gradient": [
        (
            "counts the emission twice",
            changed(
                GRADIENT,
                "backward(log_probs, label, blank)",
                "backward(log_probs, label, blank) + log_probs[:, states]",
            ),
            every("lab03.ctc_gradient"),
        ),
        (
            "forgets to divide by p",
            changed(GRADIENT, " - log_p)", ")"),
            every("lab03.ctc_gradient"),
        ),
        (
            "keeps one state of a class",
            changed(GRADIENT, SUBTRACT, "gradient[:, states] -= posterior"),
            every("lab03.ctc_gradient") - {"one frame"},
        ),
        (
            "leaves the softmax out",
            changed(GRADIENT, "np.exp(log_probs)\n", "np.zeros_like(log_probs)\n"),
            every("lab03.ctc_gradient"),
        ),
        (
            "the other sign",
            changed(GRADIENT, "return gradient", "return -gradient"),
            every("lab03.ctc_gradient"),
        ),
        (
            "posterior only",
            changed(
                GRADIENT,
                "np.exp(log_probs)\n",
                "np.zeros_like(log_probs)\n",
                "return gradient",
                "return -gradient",
            ),
            every("lab03.ctc_gradient"),
        ),
        (
            "by probability instead of logit",
            changed(
                GRADIENT,
                "gradient = np.exp(log_probs)",
                "gradient = np.zeros_like(log_probs)",
                "posterior)\n    return gradient",
                "posterior)\n    return gradient / np.exp(log_probs)",
            ),
            every("lab03.ctc_gradient"),
        ),
        (
            "takes class 0 for the blank",
            changed(GRADIENT, "label, blank)", "label)"),
            {"another class as the blank"},
        ),
        (
            "divides by the number of frames",
            changed(GRADIENT, "return gradient", "return gradient / len(logits)"),
            every("lab03.ctc_gradient") - {"one frame"},
        ),
        (
            "does not normalize",
            changed(GRADIENT, "log_softmax(logits)", "np.array(logits)"),
            every("lab03.ctc_gradient") - {"400 frames"},
        ),
        (
            "softmax over time",
            changed(GRADIENT, "log_softmax(logits)", "log_softmax(logits.T).T"),
            every("lab03.ctc_gradient"),
        ),
        (
            "posteriors as probabilities first",
            changed(
                GRADIENT,
                "np.exp(alpha + backward(log_probs, label, blank) - log_p)",
                "np.exp(alpha) * np.exp(backward(log_probs, label, blank)) / np.exp(log_p)",
            ),
            {"400 frames"},
        ),
    ],
}

RIGHT = {
    "lab03.backward": [
        ("shifted arrays", BACKWARD),
        ("loops and lists", BACKWARD_LOOP),
        (
            "a forward pass from the end",
            """
def backward(log_probs, label, blank=0):
    alpha, _ = forward(log_probs[::-1], label[::-1], blank)
    states, _ = extend_label(label, blank)
    return alpha[::-1, ::-1] - log_probs[:, states]
""",
        ),
    ],
    "lab03.ctc_gradient": [
        ("subtract.at", GRADIENT),
        (
            "loop over states",
            changed(
                GRADIENT,
                SUBTRACT,
                "for s, state in enumerate(states):\n        gradient[:, state] -= posterior[:, s]",
            ),
        ),
        (
            "one-hot matrix, as lists",
            changed(
                GRADIENT,
                SUBTRACT,
                "gradient -= posterior @ np.eye(gradient.shape[1])[states]",
                "return gradient",
                "return gradient.tolist()",
            ),
        ),
    ],
}
