"""Every figure carries a text that replaces it, and shows once."""

import base64
import io
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from shared import figures, pages
from shared.tests.conftest import rendered_images

RNG = np.random.default_rng(0)
LINES = [RNG.integers(0, 255, (32, width), dtype=np.uint8) for width in (120, 200)]
PAGE = RNG.integers(0, 255, (40, 60), dtype=np.uint8)
LINE = SimpleNamespace(
    baseline=np.array([[5, 20], [50, 22]]),
    polygon=np.array([[5, 10], [50, 12], [50, 26], [5, 24]]),
)
LETTERS = [RNG.integers(0, 255, (28, 28), dtype=np.uint8) for _ in range(5)]


def _pictures() -> dict[str, tuple[figures.Picture, list[str]]]:
    boxes = np.array([[2, 3, 20, 28], [22, 3, 40, 30]])
    return {
        "characters": (figures.show_characters(LETTERS, "abcde"), ["5", "a, b, c, d, e"]),
        "misread": (
            figures.show_characters(LETTERS, "abcde", "abXde"),
            ["1 were misread", "c read as X"],
        ),
        "lines": (figures.show_lines(LINES, ["a $5", "cat"]), ["2", "1: a $5", "2: cat"]),
        "reading": (
            figures.show_lines(LINES, ["abcd", "cat"], ["abcd", "cut"]),
            ["cat, read as cut", "14.3%"],
        ),
        "boxes": (figures.show_boxes(LINES[0], boxes, "a "), ["2 boxes", "a, space", "120 by 32"]),
        "sheet": (figures.contact_sheet(LINES, ["hand 1", "hand 2"]), ["hand 1, hand 2"]),
        "page": (
            pages.show_page(PAGE, [LINE], np.eye(4, dtype=int), boxes, "mine"),
            ["mine: 60 by 40 pixels", "25% in mask 1", "2 boxes", "1 lines with their baselines"],
        ),
        "pages": (pages.show_pages([PAGE, PAGE], titles=["a", "b"]), ["2 handwritten", "b: 60"]),
        "curves": (
            figures.plot_curves({"one": [3, 1, 2], "two": ([1, 10], [5, 4])}, "update", "loss"),
            ["from 3 at 1 to 2 at 3", "lowest 1 at 2", "two: from 5 at 1 to 4 at 10"],
        ),
        "law": (
            figures.plot_curves({"base": ([300, 800], [4, 2])}, "updates", "CER", log_x=True),
            ["CER against updates on a logarithmic axis"],
        ),
        "bars": (
            figures.plot_bars({"CNN": 0.9, "MLP": 0.85}, "accuracy"),
            ["CNN 90.0%, MLP 85.0%"],
        ),
    }


PICTURES = _pictures()


@pytest.mark.parametrize("name", PICTURES)
def test_the_alternative_text_says_what_the_picture_shows(name):
    picture, said = PICTURES[name]
    assert len(picture.alt.split()) >= 5
    for words in said:
        assert words in picture.alt


@pytest.mark.parametrize("name", PICTURES)
def test_the_picture_is_drawn_at_one_width_and_is_small(name):
    image = Image.open(io.BytesIO(PICTURES[name][0].content))
    assert image.width == 800
    assert len(np.unique(np.asarray(image.convert("L")))) > 2
    assert len(PICTURES[name][0].content) < 120_000


@pytest.mark.parametrize("name", ["curves", "page"])
def test_display_carries_the_picture_and_its_alternative_text(name):
    picture = PICTURES[name][0]
    picture.alt += ' and "<&>"'
    data = picture._repr_mimebundle_()
    assert set(data) == {"text/html", "text/plain"}
    (shown,) = rendered_images(data)
    assert shown["alt"] == data["text/plain"] == picture.alt
    kind, _, content = shown["src"].partition(";base64,")
    assert kind == f"data:image/{picture.kind}" and base64.b64decode(content) == picture.content


def test_a_page_keeps_its_shades():
    shade = np.repeat(np.linspace(90, 250, 600).astype(np.uint8)[None], 700, axis=0)
    grain = RNG.normal(0, 6, shade.shape)
    picture = pages.show_page(np.clip(shade + grain, 0, 255).astype(np.uint8))
    shown = np.asarray(Image.open(io.BytesIO(picture.content)).convert("L"), dtype=float)
    page = shown[50:, (shown[50:] < 252).mean(axis=0) > 0.9]
    columns = page.mean(axis=0)
    assert len(columns) > 400
    # In few gray levels, most columns would be the same and a few would jump
    assert np.abs(np.diff(columns)).max() < 3
    assert len(picture.content) < 90_000


def test_pyplot_knows_no_figure_so_nothing_shows_twice():
    import matplotlib.pyplot

    figures.plot_curves({"a": [1, 2]}, "x", "y")
    assert matplotlib.pyplot.get_fignums() == []


def test_the_same_figure_is_the_same_file():
    first, second = (figures.plot_bars({"a": 0.5}, "share") for _ in range(2))
    assert first.content == second.content


def test_an_empty_alternative_text_is_refused():
    with pytest.raises(ValueError, match="too short"):
        figures.draw(lambda figure: "a plot", 2)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: figures.show_lines(LINES, ["one"]), "2 images were given with 1 texts"),
        (lambda: figures.show_characters([], []), "nothing to show"),
        (lambda: figures.plot_curves({"a": ([1, 2], [1, 2, 3])}, "x", "y"), "'a' needs one value"),
        (lambda: figures.show_boxes(LINES[0], np.zeros((2, 4)), ["a"]), "2 boxes.*1 labels"),
    ],
)
def test_mistakes_are_explained(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_differences_are_marked_by_signs():
    from shared.metrics import mark_differences

    assert mark_differences("cats", "cut") == ("cats", "cut·", " ^ -")


def test_table_as_text_and_as_html():
    table = figures.Table([("<b>", 1000, 0.5), ("c", 2, 0.25)], ("name", "count", "share"), "Two.")
    text = str(table).splitlines()
    assert text[0] == "Two."
    assert text[3] == "<b>   1,000  0.500"
    html = table._repr_html_()
    assert "&lt;b&gt;" in html
    assert '<th scope="col" style="text-align: right">count</th>' in html
    with pytest.raises(ValueError, match="needs 2 values"):
        figures.Table([(1, 2, 3)], ("a", "b"))
