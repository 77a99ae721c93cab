"""The page turner: picture first, and no fault in a callback goes unseen."""

import pytest
from bs4 import BeautifulSoup

from shared.explorer.browsing import browse
from shared.figures import Picture, draw


def picture(name: str) -> Picture:
    return draw(lambda figure: f"An empty picture that stands for {name}", 1)


def faulty_at(bad: str):
    def draw_or_fail(name: str) -> Picture:
        if name == bad:
            raise KeyError(name)
        return picture(name)

    return draw_or_fail


def test_shows_the_first_picture_and_turns_pages():
    pages = browse(picture, ["one", "two"], "Page")
    pages.widget()
    assert pages.shown.alt.endswith("one")
    pages.control.value = 1
    assert pages.shown.alt.endswith("two")


def test_the_live_picture_changes_with_the_control():
    pages = browse(picture, ["one", "two"], "Page")
    _, shown = pages.widget().children
    before = shown.value
    pages.control.value = 1
    assert pages.shown.html in shown.value and shown.value != before
    words = BeautifulSoup(shown.value, "html.parser")
    assert words.img["alt"].endswith("stands for two")
    words.style.decompose()
    assert words.get_text() == "", "the alt text is not a caption"


@pytest.mark.parametrize("bad", ["one", "three"])
def test_a_fault_at_either_end_stops_a_run_without_hands(bad):
    with pytest.raises(KeyError):
        browse(faulty_at(bad), ["one", "two", "three"], "Page")


def test_a_fault_in_the_callback_surfaces():
    pages = browse(faulty_at("two"), ["one", "two", "three"], "Page")
    _, words = pages.widget().children
    with pytest.raises(KeyError):
        pages.control.value = 1
    assert 'role="alert"' in words.value
    assert "KeyError" in words.value


def test_nothing_to_browse_is_a_sentence():
    with pytest.raises(ValueError, match="nothing to browse"):
        browse(picture, [], "Page")
