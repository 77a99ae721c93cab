"""Wrong and right answers to the exercises of Lab 6 on bands, receptive fields and crops."""

STRAIGHT, CLIMBS, NUMBERS, GAP, NONE, WANDER = (
    "one straight band",
    "a band that climbs",
    "two bands, by their numbers",
    "a gap in a band",
    "a page without bands",
    "four bands that wander",
)
ONE, SECOND, STRIDE, LAST, STACKS = (
    "one layer sees its window",
    "a second layer adds to it",
    "a stride spreads later windows",
    "the last stride adds nothing",
    "twenty random stacks",
)
LEVEL, FALLS, INSIDE, EDGE, NOISE = (
    "a level line",
    "a line that falls",
    "a line inside the page",
    "beyond the edge is paper",
    "a baseline that wanders",
)

BANDS = """
def baselines(components):
    found = []
    for number in {numbers}:
        points = []
        for x in range(components.shape[1]):
            rows = np.flatnonzero(components[:, x] == number)
            if {some}:
                points.append({point})
        found.append({line})
    return found
"""


def bands(
    numbers: str = "range(1, components.max() + 1)",
    some: str = "len(rows)",
    point: str = "(x, rows[-1] + 1)",
    line: str = "np.array(points)",
) -> str:
    """Return right baselines with one part exchanged."""
    return BANDS.format(numbers=numbers, some=some, point=point, line=line)


FIELD = """
def receptive_field(kernels, strides):
    field, step = {start}, 1
    for kernel, stride in {layers}:
        {body}
    return field
"""


def field(
    start: str = "1",
    layers: str = "zip(kernels, strides)",
    body: str = "field += (kernel - 1) * step; step *= stride",
) -> str:
    """Return a right receptive field with one part exchanged."""
    return FIELD.format(start=start, layers=layers, body=body)


STRIP = """
def straighten(image, baseline, above, below):
    first, last = {ends}
    strip = np.zeros((above + below, last - first + 1), np.uint8)
    for column, x in enumerate(range(first, last + 1)):
        y = {height}
        for row in range(above + below):
            at = {at}
            if {inside}:
                strip[row, column] = image[at, {x}]
    return strip
"""


def strip(
    ends: str = "int(baseline[0][0]), int(baseline[-1][0])",
    height: str = "round(float(np.interp(x, baseline[:, 0], baseline[:, 1])))",
    at: str = "y - above + row",
    inside: str = "0 <= at < len(image)",
    x: str = "x",
) -> str:
    """Return a right strip with one part exchanged."""
    return STRIP.format(ends=ends, height=height, at=at, inside=inside, x=x)


WRONG = {
    "lab06.baselines": [
        (
            "the first row and the number of pixels",
            bands(point="(x, rows[0] + len(rows))"),
            {GAP},
        ),
        ("upper edge", bands(point="(x, rows[0])"), {STRAIGHT, CLIMBS, NUMBERS, GAP, WANDER}),
        (
            "the last row itself",
            bands(point="(x, rows[-1])"),
            {STRAIGHT, CLIMBS, NUMBERS, GAP, WANDER},
        ),
        ("y before x", bands(point="(rows[-1] + 1, x)"), {STRAIGHT, CLIMBS, NUMBERS, GAP, WANDER}),
        (
            "one height for all",
            bands(point="(x, np.nonzero(components == number)[0].max() + 1)"),
            {CLIMBS, WANDER},
        ),
        (
            "background as a line",
            bands(numbers="range(components.max() + 1)"),
            {STRAIGHT, CLIMBS, NUMBERS, GAP, NONE, WANDER},
        ),
        (
            "from top to bottom",
            bands(numbers="[n for n in dict.fromkeys(components.ravel().tolist()) if n]"),
            {NUMBERS, WANDER},
        ),
        (
            "the last band is lost",
            bands(numbers="range(1, components.max())"),
            {STRAIGHT, CLIMBS, NUMBERS, GAP, WANDER},
        ),
        (
            "zeros in a gap",
            bands(some="True", point="(x, rows[-1] + 1 if len(rows) else 0)"),
            {STRAIGHT, NUMBERS, GAP, WANDER},
        ),
        (
            "middle of the band",
            bands(point="(x, rows.mean())"),
            {STRAIGHT, CLIMBS, NUMBERS, GAP, WANDER},
        ),
        (
            "no band, no maximum",
            bands(numbers="range(1, components[components > 0].max() + 1)"),
            {NONE},
        ),
    ],
    "lab06.receptive_field": [
        ("sum of the windows", field(start="0", body="field += kernel"), {SECOND, STRIDE, STACKS}),
        ("strides forgotten", field(body="field += kernel - 1"), {STRIDE, STACKS}),
        (
            "its own stride",
            field(body="step *= stride; field += (kernel - 1) * step"),
            {STRIDE, LAST, STACKS},
        ),
        ("product of the windows", field(body="field *= kernel"), {SECOND, STRIDE, STACKS}),
        (
            "from the last layer on",
            field(layers="zip(kernels[::-1], strides[::-1])"),
            {STRIDE, STACKS},
        ),
        (
            "strides added",
            field(body="field += (kernel - 1) * step; step += stride - 1"),
            {STRIDE, STACKS},
        ),
        ("starts with nothing", field(start="0"), {ONE, SECOND, STRIDE, LAST, STACKS}),
    ],
    "lab06.straighten": [
        ("a box", strip(height="int(baseline[0][1])"), {FALLS, EDGE, NOISE}),
        (
            "below the baseline first",
            strip(at="y + above - row"),
            {LEVEL, FALLS, INSIDE, EDGE, NOISE},
        ),
        ("one row too low", strip(at="y - above + row + 1"), {LEVEL, FALLS, INSIDE, EDGE, NOISE}),
        (
            "first point to last",
            strip(
                height="round(baseline[0][1] + (baseline[-1][1] - baseline[0][1])"
                " * (x - first) / (last - first))"
            ),
            {NOISE},
        ),
        ("from the edge of the page", strip(x="column"), {INSIDE, NOISE}),
        ("edge repeated", strip(at="min(max(y - above + row, 0), len(image) - 1)"), {EDGE, NOISE}),
        ("wraps around", strip(inside="at < len(image)"), {EDGE, NOISE}),
        (
            "the last column is lost",
            strip(ends="int(baseline[0][0]), int(baseline[-1][0]) - 1"),
            {LEVEL, FALLS, INSIDE, EDGE, NOISE},
        ),
        (
            "rounded down",
            strip(height="int(np.interp(x, baseline[:, 0], baseline[:, 1]))"),
            {FALLS, NOISE},
        ),
    ],
}

RIGHT = {
    "lab06.baselines": [
        ("column by column", bands()),
        ("lists", bands(line="points")),
        (
            "argmax from below",
            """
def baselines(components):
    height = len(components)
    found = []
    for number in range(1, int(components.max()) + 1):
        band = components == number
        columns = np.flatnonzero(band.any(axis=0))
        lowest = height - band[::-1, columns].argmax(axis=0)
        found.append(np.column_stack([columns, lowest]))
    return found
""",
        ),
        ("floats", bands(line="np.array(points, dtype=float)")),
    ],
    "lab06.receptive_field": [
        ("forward", field()),
        (
            "backward",
            """
def receptive_field(kernels, strides):
    field = 1
    for kernel, stride in list(zip(kernels, strides))[::-1]:
        field = (field - 1) * stride + kernel
    return field
""",
        ),
        (
            "one sum",
            """
def receptive_field(kernels, strides):
    steps = np.cumprod([1, *strides])[:-1]
    return int(1 + np.sum((np.array(kernels) - 1) * steps))
""",
        ),
    ],
    "lab06.straighten": [
        ("pixel by pixel", strip()),
        (
            "padded",
            """
def straighten(image, baseline, above, below):
    xs = np.arange(baseline[0, 0], baseline[-1, 0] + 1)
    ys = np.floor(np.interp(xs, *baseline.T) + 0.5).astype(int)
    edge = above + below + len(image)
    padded = np.pad(image, ((edge, edge), (0, 0)))
    columns = [padded[edge + y - above : edge + y + below, x] for x, y in zip(xs, ys)]
    return np.stack(columns, axis=1)
""",
        ),
        (
            "remapped",
            """
def straighten(image, baseline, above, below):
    xs = np.arange(baseline[0, 0], baseline[-1, 0] + 1)
    ys = np.rint(np.interp(xs, baseline[:, 0], baseline[:, 1]))
    rows = ys + np.arange(-above, below)[:, None]
    columns = np.broadcast_to(xs, rows.shape)
    return cv2.remap(image, columns.astype(np.float32), rows.astype(np.float32),
                     cv2.INTER_NEAREST, borderMode=cv2.BORDER_CONSTANT, borderValue=0)
""",
        ),
    ],
}
