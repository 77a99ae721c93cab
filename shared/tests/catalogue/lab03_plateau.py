"""Answers to the exercises of Lab 3, sitting B: greedy decoding, the plateau, a faulty loss."""

from shared.tests.catalogue.lab03_changes import every

WRONG = {
    "lab03.greedy_fails": [
        (
            "greedy reads the empty text and is right",
            "def greedy_fails():\n    return np.array([[0.9, 0.1], [0.9, 0.1]])",
            {"another text is more probable than the greedy one"},
        ),
        (
            "greedy reads a and is right",
            "def greedy_fails():\n    return np.array([[0.4, 0.6], [0.4, 0.6]])",
            {"another text is more probable than the greedy one"},
        ),
        (
            "a wins one frame",
            "def greedy_fails():\n    return np.array([[0.6, 0.4], [0.4, 0.6]])",
            {"another text is more probable than the greedy one"},
        ),
        (
            "a tie",
            "def greedy_fails():\n    return np.array([[0.5, 0.5], [0.5, 0.5]])",
            {"another text is more probable than the greedy one"},
        ),
        (
            "one column is a frame",
            "def greedy_fails():\n    return np.array([[0.6, 0.6], [0.4, 0.4]])",
            every("lab03.greedy_fails"),
        ),
        (
            "three classes",
            "def greedy_fails():\n    return np.full((2, 3), 1 / 3)",
            every("lab03.greedy_fails"),
        ),
        (
            "logarithms",
            "def greedy_fails():\n    return np.log([[0.6, 0.4], [0.6, 0.4]])",
            every("lab03.greedy_fails"),
        ),
        (
            "not a number",
            "def greedy_fails():\n    return np.full((2, 2), np.nan)",
            every("lab03.greedy_fails"),
        ),
        ("text", "def greedy_fails():\n    return 'blank .6, a .4'", every("lab03.greedy_fails")),
        (
            "the product is just above one half",
            "def greedy_fails():\n    return [[0.72, 0.28], [0.7, 0.3]]",
            {"another text is more probable than the greedy one"},
        ),
        (
            "copied from the lab",
            "def greedy_fails():\n    return np.array([[0.6, 0.4], [0.6, 0.4]])",
            {"another text is more probable than the greedy one"},
        ),
        (
            "sure of the second frame only",
            "def greedy_fails():\n    return [[0.51, 0.49], [0.9, 0.1]]",
            {"another text is more probable than the greedy one"},
        ),
    ],
    "lab03.guess_blank": [
        ("percent", "def guess_blank():\n    return 80", every("lab03.guess_blank")),
        ("negative", "def guess_blank():\n    return -0.1", every("lab03.guess_blank")),
    ],
    "lab03.find_loss_fault": [
        (
            "no doubles",
            "def find_loss_fault():\n    return [1, 2, 3]",
            {"a label whose loss is wrong"},
        ),
        (
            "a letter that comes back",
            "def find_loss_fault():\n    return [1, 2, 1]",
            {"a label whose loss is wrong"},
        ),
        ("one letter", "def find_loss_fault():\n    return [2]", {"a label whose loss is wrong"}),
        ("no letter", "def find_loss_fault():\n    return []", every("lab03.find_loss_fault")),
        (
            "does not fit",
            "def find_loss_fault():\n    return [1, 1, 1, 1]",
            {"a label that fits into six frames"},
        ),
        (
            "holds the blank",
            "def find_loss_fault():\n    return [1, 0, 1]",
            every("lab03.find_loss_fault"),
        ),
        (
            "too long",
            "def find_loss_fault():\n    return [1, 2, 3, 1, 1]",
            every("lab03.find_loss_fault"),
        ),
        ("a text", "def find_loss_fault():\n    return 'll'", every("lab03.find_loss_fault")),
        (
            "a class that is not there",
            "def find_loss_fault():\n    return [4, 4]",
            every("lab03.find_loss_fault"),
        ),
        (
            "half a class",
            "def find_loss_fault():\n    return [1.5, 1.5]",
            every("lab03.find_loss_fault"),
        ),
    ],
}

RIGHT = {
    "lab03.greedy_fails": [
        ("array", "def greedy_fails():\n    return np.array([[0.7, 0.3], [0.6, 0.4]])"),
        ("list", "def greedy_fails():\n    return [[0.9, 0.1], [0.51, 0.49]]"),
        ("by little", "def greedy_fails():\n    return np.float32([[0.7, 0.3], [0.71, 0.29]])"),
    ],
    "lab03.guess_blank": [
        ("a quarter", "def guess_blank():\n    return 1 / 4"),
        ("one", "def guess_blank():\n    return 1"),
        ("numpy", "def guess_blank():\n    return np.float64(0.83)"),
    ],
    "lab03.find_loss_fault": [
        ("aa", "def find_loss_fault():\n    return [1, 1]"),
        ("tuple", "def find_loss_fault():\n    return (2, 1, 1)"),
        ("array", "def find_loss_fault():\n    return np.array([3, 3, 3])"),
        ("numpy integers", "def find_loss_fault():\n    return [np.int64(1), 2, 2, 1]"),
    ],
}
