"""Two functions of a reader."""


def collapse(path, blank=0):
    """Merge repeats, then drop blanks."""
    runs = [symbol for k, symbol in enumerate(path) if k == 0 or symbol != path[k - 1]]
    return [symbol for symbol in runs if symbol != blank]


def error_rate(edits, lengths):
    """Return total edits over total characters."""
    return sum(edits) / sum(lengths)
