"""Lineage: one identity for equal content, and a picture that draws shared steps once."""

from __future__ import annotations

import json

import pytest

from shared.labeling import LabeledPage, label_set
from shared.labeling.lineage import Step, draw_lineage, images_identity, write_lineage

PHOTOS = Step("photographs", "16 pages", "a" * 64)
CHAINS = {
    "v1": [PHOTOS, Step("labels", "v1", "b" * 64), Step("number", "CER 21.8%")],
    "v2": [PHOTOS, Step("labels", "v2", "c" * 64), Step("number", "CER 15.2%")],
}


def page(name, digit):
    return LabeledPage(name, digit * 64, 10, 10, None, "open")


def test_identity_is_of_the_images_and_not_of_their_order():
    one, two = page("a.png", "1"), page("b.png", "2")
    first = images_identity(label_set([one, two]))
    assert first == images_identity(label_set([two, one]))
    assert first != images_identity(label_set([one, page("b.png", "3")]))


def test_a_shared_step_is_drawn_once():
    picture = draw_lineage(CHAINS, "Two numbers")
    shown = [text.get_text() for text in picture.figure.axes[0].texts]
    assert sum(text.startswith("16 pages") for text in shown) == 1
    assert "16 pages to v2 to CER 15.2%" in picture.alt


def test_chains_of_other_kinds_are_refused():
    with pytest.raises(ValueError, match="same kinds"):
        draw_lineage({"v1": CHAINS["v1"], "v3": CHAINS["v2"][:2]})
    with pytest.raises(ValueError, match="one chain or more"):
        draw_lineage({})


def test_records_are_plain(tmp_path):
    rows = json.loads(write_lineage(tmp_path / "lineage.json", CHAINS).read_text())
    assert len(rows) == 6
    assert rows[1] == {
        "number": "v1", "step": "2", "kind": "labels", "title": "v1", "identity": "b" * 64,
    }  # fmt: skip
