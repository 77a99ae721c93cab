"""Editing labels: every action, undo and redo, and labels that survive a kill."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import replace

import pytest

from shared.labeling import LabeledLine, LabeledPage, label_set, read_labels, write_labels
from shared.labeling.widget.editing import EditError, apply
from shared.labeling.widget.session import LabelSession, progress_text

PAGE = "page_1.png"


def page(image=PAGE, count=3):
    lines = [
        LabeledLine(f"l{k}", (10, 50 * k, 210, 50 * k + 40), f"line {k}", "proposed",
                    ((10, 50 * k + 30), (210, 50 * k + 30)), f"line {k}", 0.8)
        for k in range(count)
    ]  # fmt: skip
    return LabeledPage(image, "0" * 64, 300, 400, "ann", "open", tuple(lines))


def labels(*pages):
    return label_set(pages or (page(),))


def do(action, before=None):
    return apply(before or labels(), {"page": PAGE, **action}, "you").page(PAGE)


@pytest.fixture
def path(tmp_path):
    return write_labels(tmp_path / "labels.json", labels(page(), page("page_2.png", 0)))


def act(session, **action):
    session.act({"page": PAGE, **action})


def test_typing_labels_a_line_and_keeps_the_proposal():
    line = do({"do": "text", "line": "l1", "text": "Line one"}).line("l1")
    assert (line.text, line.status, line.annotator) == ("Line one", "labeled", "you")
    assert line.proposal == "line 1" and line.confidence == 0.8


def test_typing_nothing_opens_a_line_again():
    line = do({"do": "text", "line": "l1", "text": "  "}).line("l1")
    assert (line.text, line.status) == (None, "proposed")


def test_accepting_needs_a_text():
    assert do({"do": "accept", "line": "l0"}).line("l0").status == "labeled"
    empty = labels().with_page(do({"do": "text", "line": "l0", "text": ""}))
    with pytest.raises(EditError, match="type what the line says"):
        do({"do": "accept", "line": "l0"}, empty)


def test_a_box_stays_in_order_and_on_the_page_and_takes_its_baseline_along():
    line = do({"do": "box", "line": "l1", "box": [450, 90, 110, 50]}).line("l1")
    assert line.box == (110, 50, 300, 90)
    assert line.baseline == ((110, 80), (300, 80))


@pytest.mark.parametrize("box", [[400, 0, 500, 10], [0, 0, 2, 50], [1, 2], "abcd", None])
def test_an_impossible_box_is_refused(box):
    with pytest.raises(EditError):
        do({"do": "box", "line": "l1", "box": box})


def test_a_new_line_finds_its_place_in_the_reading_order():
    new = do({"do": "add", "line": "n", "box": [10, 45, 200, 60]})
    assert [line.id for line in new.lines] == ["l0", "n", "l1", "l2"]
    assert [one.id for one in do({"do": "order", "line": "l2", "at": 0}).lines] == [
        "l2",
        "l0",
        "l1",
    ]
    assert [one.id for one in do({"do": "delete", "line": "l0"}).lines] == ["l1", "l2"]


def test_a_page_is_done_when_every_line_is_decided():
    with pytest.raises(EditError, match="3 of 3 lines are not decided"):
        do({"do": "page", "status": "done"})
    assert do({"do": "page", "status": "skipped"}).status == "skipped"
    decided = labels()
    for name in ("l0", "l1", "l2"):
        decided = apply(decided, {"do": "unreadable", "page": PAGE, "line": name})
    assert do({"do": "page", "status": "done"}, decided).status == "done"


@pytest.mark.parametrize(
    ("action", "said"),
    [
        ({"do": "fly"}, "known are add, box, text"),
        ({"do": "text", "line": "zz", "text": "a"}, "may have been deleted elsewhere"),
        ({"do": "text", "text": "a"}, "needs 'line'"),
        ({"do": "text", "line": "l1", "text": 7}, "text cannot be 7"),
        ({"do": "add", "line": "l1", "box": [0, 0, 9, 9]}, "already has a line 'l1'"),
        ({"do": "page", "status": "perhaps"}, "'skipped'"),
        ({"do": "order", "line": "l1", "at": "x"}, "cannot be done: invalid literal"),
        ({"do": ["text"], "line": "l1"}, "known are add"),
        ({"do": "text", "page": "no.png", "line": "l1", "text": "a"}, "no page 'no.png'"),
    ],
)
def test_an_impossible_action_is_a_sentence(action, said):
    with pytest.raises(EditError, match=said):
        do(action)


def test_undo_and_redo_walk_through_everything(path):
    session = LabelSession(path)
    states = [session.labels]
    for action in (
        {"do": "text", "line": "l0", "text": "a"},
        {"do": "add", "line": "n", "box": [0, 0, 50, 20]},
        {"do": "delete", "line": "l1"},
        {"do": "order", "line": "l2", "at": 0},
        {"do": "box", "line": "l2", "box": [5, 5, 99, 99]},
        {"do": "page", "status": "skipped"},
    ):
        act(session, **action)
        states.append(session.labels)
    for state in states[-2::-1]:
        session.undo()
        assert session.labels == state == read_labels(path)
    with pytest.raises(EditError, match="nothing to undo"):
        session.undo()
    for state in states[1:]:
        session.redo()
        assert session.labels == state
    session.undo()
    act(session, do="text", line="l0", text="new")
    assert session.can() == {"undo": True, "redo": False}


def test_letters_of_one_text_are_undone_at_once(path):
    session = LabelSession(path)
    for text in ("H", "He", "Hey"):
        act(session, do="text", line="l0", text=text, group="typing-1")
    session.undo()
    assert session.labels.page(PAGE).line("l0").text == "line 0"


def test_undo_ends_at_the_proposals(path):
    labels = read_labels(path)
    write_labels(path, labels.with_page(replace(labels.page(PAGE), lines=())))
    session = LabelSession(path)
    proposal = LabeledLine("m1", (0, 0, 50, 20), "tea", "proposed")
    session.fill(replace(labels.page(PAGE), lines=(proposal,)))
    session.fill(replace(labels.page(PAGE), lines=()))  # Somebody else's are there already
    proposed = session.labels
    assert [one.text for one in proposed.page(PAGE).lines] == ["tea"]
    assert session.can() == {"undo": False, "redo": False}
    act(session, do="accept", line="m1")
    session.undo()
    assert session.labels == proposed
    with pytest.raises(EditError, match="nothing to undo"):
        session.undo()


def test_an_action_that_arrives_twice_is_done_once(path):
    session = LabelSession(path)
    for _ in range(2):
        session.act({"do": "delete", "page": PAGE, "line": "l1"}, "name-1")
    again = LabelSession(path)
    again.act({"do": "delete", "page": PAGE, "line": "l1"}, "name-1")
    assert len(again.labels.page(PAGE).lines) == 2


def test_two_sessions_add_up(path):
    one, two = LabelSession(path, "one"), LabelSession(path, "two")
    act(one, do="text", line="l0", text="by one")
    act(two, do="text", line="l1", text="by two")
    act(one, do="delete", line="l2")
    lines = read_labels(path).page(PAGE).lines
    assert [(line.text, line.annotator) for line in lines] == [("by one", "one"), ("by two", "two")]
    assert two.refresh() and two.labels == one.labels


def test_undo_never_takes_back_what_somebody_else_wrote(path):
    one, two = LabelSession(path), LabelSession(path)
    act(one, do="text", line="l0", text="mine")
    act(two, do="text", line="l0", text="theirs")
    with pytest.raises(EditError, match="changed elsewhere"):
        one.undo()
    assert read_labels(path).page(PAGE).line("l0").text == "theirs"
    act(two, do="text", line="l2", text="also theirs")
    act(one, do="text", line="l1", text="mine")
    one.undo()
    assert [line.text for line in one.labels.page(PAGE).lines] == [
        "theirs",
        "line 1",
        "also theirs",
    ]


def test_a_file_that_another_tool_wrote_wins(path):
    session = LabelSession(path)
    version_1 = read_labels(path)
    act(session, do="text", line="l0", text="two")
    write_labels(path, version_1)  # As a checkout of an older version does
    assert LabelSession(path).labels == version_1
    assert session.refresh() and session.labels == version_1
    assert not session.refresh()


def test_progress_counts(path):
    session = LabelSession(path)
    act(session, do="accept", line="l0")
    act(session, do="unreadable", line="l1")
    assert progress_text(session.progress()) == "2 of 3 lines, 2 pages open"


WORKER = """
import sys
from shared.labeling.widget.session import LabelSession
session = LabelSession(sys.argv[1])
print("ready", flush=True)
for k in range(10_000):
    session.act({"do": "text", "page": "page_1.png", "line": f"l{k % 3}", "text": f"text {k}"})
    print(k, flush=True)
"""


def kill_once(path, seconds):
    """Kill a worker at a moment; return the last action that it was told is saved."""
    words = [sys.executable, "-c", WORKER, str(path)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as worker:
        assert worker.stdout.readline() == "ready\n"
        time.sleep(seconds)
        os.kill(worker.pid, signal.SIGKILL)
        said = worker.stdout.read().split("\n")
    whole = [int(word) for word in said[:-1]]
    return whole[-1] if whole else None


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
@pytest.mark.parametrize("rounds", [4, pytest.param(60, marks=pytest.mark.nightly)])
def test_killed_at_any_moment_nothing_acknowledged_is_lost(path, rounds):
    rng, acknowledged = random.Random(rounds), 0
    for _ in range(rounds):
        last = kill_once(path, rng.uniform(0.0, 0.12))
        assert read_labels(path).pages  # Never half a file
        found = LabelSession(path).labels.page(PAGE).lines
        numbers = [int(line.text.split()[1]) for line in found if line.status == "labeled"]
        if last is not None:
            acknowledged += 1
            assert max(numbers) >= last
    assert acknowledged
