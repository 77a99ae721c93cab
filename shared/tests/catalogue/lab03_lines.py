"""Answers to the exercises of Lab 3, sitting A."""

from shared.tests.catalogue.lab03_changes import changed, every

PASTE = """
def paste_ink(line, glyph, left):
    start, stop = max(left, 0), min(left + glyph.shape[1], line.shape[1])
    total = line.astype(np.int32)
    if start < stop:
        total[:, start:stop] += glyph[:, start - left : stop - left]
    return np.minimum(total, 255).astype(np.uint8)
"""
CUT = "np.minimum(total, 255).astype(np.uint8)"
ADD = "total[:, start:stop] += glyph[:, start - left : stop - left]"

WRONG = {
    "lab03.paste_ink": [
        (
            "forgets glyphs beyond either end",
            """
def paste_ink(line, glyph, left):
    total = line.astype(np.int32)
    start, stop = max(left, 0), min(left + glyph.shape[1], line.shape[1])
    total[:, start:stop] += glyph[:, start - left : stop - left]
    return np.minimum(total, 255).astype(np.uint8)
""",
            {"leaves the line alone when the glyph is outside"},
        ),
        (
            "adds in uint8 and wraps",
            changed(PASTE, "line.astype(np.int32)", "line.copy()"),
            {"stops at 255", "pastes glyphs of full size anywhere"},
        ),
        (
            "converts without cutting",
            changed(PASTE, CUT, "total.astype(np.uint8)"),
            {"stops at 255", "pastes glyphs of full size anywhere"},
        ),
        (
            "cuts after the uint8 sum",
            changed(PASTE, "line.astype(np.int32)", "line.copy()", CUT, "np.clip(total, 0, 255)"),
            {"stops at 255", "pastes glyphs of full size anywhere"},
        ),
        (
            "takes the darker of the two",
            changed(
                PASTE,
                ADD,
                "part = total[:, start:stop]\n"
                "        part[:] = np.maximum(part, glyph[:, start - left : stop - left])",
            ),
            {
                "adds to the ink that is there",
                "stops at 255",
                "pastes glyphs of full size anywhere",
            },
        ),
        (
            "lays the glyph over the line",
            changed(PASTE, " += ", " = "),
            {
                "adds to the ink that is there",
                "stops at 255",
                "pastes glyphs of full size anywhere",
            },
        ),
        (
            "draws on its input",
            changed(PASTE, "line.astype(np.int32)", "line"),
            every("lab03.paste_ink") - {"leaves the line alone when the glyph is outside"},
        ),
        (
            "returns wide integers",
            changed(PASTE, CUT, "np.minimum(total, 255)"),
            {"returns uint8 of the line's shape"},
        ),
        (
            "returns shares of one",
            changed(PASTE, CUT, "np.minimum(total, 255) / 255"),
            every("lab03.paste_ink"),
        ),
        (
            "scales the whole line down when it is too dark",
            changed(PASTE, CUT, "(total * min(1, 255 / total.max())).astype(np.uint8)"),
            {"stops at 255", "pastes glyphs of full size anywhere"},
        ),
        (
            "lets a negative column count from the end",
            changed(PASTE, "max(left, 0)", "left"),
            {
                "cuts a glyph off at the left edge",
                "leaves the line alone when the glyph is outside",
                "pastes glyphs of full size anywhere",
            },
        ),
        (
            "moves a glyph from outside to the left edge",
            changed(PASTE, "total =", "left = start\n    total ="),
            {"cuts a glyph off at the left edge", "pastes glyphs of full size anywhere"},
        ),
        (
            "forgets the right edge",
            changed(PASTE, "min(left + glyph.shape[1], line.shape[1])", "left + glyph.shape[1]"),
            {
                "cuts a glyph off at the right edge",
                "leaves the line alone when the glyph is outside",
                "pastes glyphs of full size anywhere",
            },
        ),
        (
            "grows the line",
            "def paste_ink(line, glyph, left):\n"
            "    wide = max(line.shape[1], left + glyph.shape[1])\n"
            "    total = np.zeros((line.shape[0], wide), int)\n"
            "    total[:, : line.shape[1]] = line\n"
            "    total[:, max(left, 0) : left + glyph.shape[1]] += glyph[:, max(-left, 0) :]\n"
            "    return np.minimum(total, 255).astype(np.uint8)\n",
            {
                "cuts a glyph off at the right edge",
                "leaves the line alone when the glyph is outside",
                "pastes glyphs of full size anywhere",
            },
        ),
        (
            "gives up when the glyph sticks out",
            changed(
                PASTE, "if start < stop:", "if left == start and stop == left + glyph.shape[1]:"
            ),
            {
                "cuts a glyph off at the right edge",
                "cuts a glyph off at the left edge",
                "pastes glyphs of full size anywhere",
            },
        ),
    ],
    "lab03.find_leak": [
        ("a sentence", "def find_leak():\n    return 'recipe B leaks'", every("lab03.find_leak")),
        ("a number", "def find_leak():\n    return 2", every("lab03.find_leak")),
        ("two letters", "def find_leak():\n    return ['B', 'C']", every("lab03.find_leak")),
        ("nothing", "def find_leak():\n    return None", every("lab03.find_leak")),
    ],
    "lab03.guess_ladder": [
        ("a number", "def guess_ladder():\n    return 12.5", every("lab03.guess_ladder")),
        (
            "another rung",
            "def guess_ladder():\n    return 'fixed grid'",
            every("lab03.guess_ladder"),
        ),
    ],
}

RIGHT = {
    "lab03.paste_ink": [
        ("wide sum", PASTE),
        (
            "pixel by pixel",
            "def paste_ink(line, glyph, left):\n"
            "    pasted = line.copy()\n"
            "    for row in range(glyph.shape[0]):\n"
            "        for column in range(glyph.shape[1]):\n"
            "            if 0 <= left + column < line.shape[1]:\n"
            "                ink = int(line[row, left + column]) + int(glyph[row, column])\n"
            "                pasted[row, left + column] = min(ink, 255)\n"
            "    return pasted\n",
        ),
        (
            "on a padded canvas of floats",
            "def paste_ink(line, glyph, left):\n"
            "    height, width = line.shape\n"
            "    margin = glyph.shape[1]\n"
            "    left = min(max(left, -margin), width)\n"
            "    canvas = np.zeros((height, width + 2 * margin))\n"
            "    canvas[:, left + margin : left + 2 * margin] = glyph\n"
            "    inside = canvas[:, margin : margin + width]\n"
            "    return np.clip(line + inside, 0, 255).astype('uint8')\n",
        ),
        (
            "room that is left",
            "def paste_ink(line, glyph, left):\n"
            "    pasted = np.array(line)\n"
            "    for column in range(glyph.shape[1]):\n"
            "        if 0 <= column + left < pasted.shape[1]:\n"
            "            room = 255 - pasted[:, column + left]\n"
            "            pasted[:, column + left] += np.minimum(room, glyph[:, column])\n"
            "    return pasted\n",
        ),
    ],
    "lab03.find_leak": [
        ("capital", "def find_leak():\n    return 'B'"),
        ("small", "def find_leak():\n    return 'b'"),
        ("spaces", "def find_leak():\n    letter = ' B '\n    return letter"),
    ],
    "lab03.guess_ladder": [
        (guess, f"def guess_ladder():\n    return {guess!r}") for guess in ("boxes", "ctc", "tie")
    ],
}
