"""The labeling widget: its pictures, its messages, and a browser that agrees with the kernel."""

from __future__ import annotations

import contextlib
import json
import random
import shutil
import subprocess
from dataclasses import asdict

import numpy as np
import pytest
from PIL import Image

from shared.alphabet import ASCII
from shared.labeling import LabeledLine, label_set, page_of, read_labels, write_labels
from shared.labeling.records import reading_place
from shared.labeling.widget import EditError, apply, draw_labels, label_pages

live = pytest.importorskip("shared.labeling.widget.live")
NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="Node.js is not installed")


def a_line(number, status="proposed"):
    box = (10, 40 * number + 5, 190, 40 * number + 35)
    baseline = ((10, 40 * number + 28), (190, 40 * number + 27))
    return LabeledLine(f"l{number}", box, f"line {number}", status, baseline, "lime", 0.5)


@pytest.fixture
def path(tmp_path):
    pages = []
    for number in range(2):
        image = tmp_path / f"page_{number}.png"
        Image.fromarray(np.full((130, 200), 230, np.uint8)).save(image)
        lines = tuple(a_line(k) for k in range(3)) if number == 0 else ()
        pages.append(page_of(image, tmp_path, "ann", lines))
    return write_labels(tmp_path / "labels.json", label_set(pages))


class Reader:
    """Finds one line wherever it looks."""

    def read(self, image):
        from types import SimpleNamespace

        points = np.column_stack([np.linspace(-2, 150, 40), np.full(40, 60.0)])
        line = SimpleNamespace(
            box=np.array([-2.0, 30, 150, 70]), baseline=points, text="found", confidence=0.75
        )
        return SimpleNamespace(lines=[line])


@pytest.fixture
def widget(path):
    return live.LabelWidget(label_pages(path).session)


def send(widget, *items):
    """Send items as a browser does, and return the view that comes back."""
    numbered = [{"id": f"id{k}-{widget._count}", **item} for k, item in enumerate(items)]
    widget._receive(widget, {"kind": "actions", "items": numbered}, [])
    return json.loads(widget.view), [item["id"] for item in numbered]


def text(line, typed, page="page_0.png"):
    return {"action": {"do": "text", "page": page, "line": line, "text": typed}}


def test_a_reader_fills_in_pages_without_lines_once(path):
    labels = label_pages(path, Reader()).labels
    (line,) = labels.pages[1].lines
    assert (line.text, line.proposal, line.status) == ("found", "found", "proposed")
    assert (line.annotator, line.confidence) == (None, 0.75)
    assert line.box[0] == 0 and line.baseline[0][0] == 0
    assert [one.text for one in labels.pages[0].lines] == ["line 0", "line 1", "line 2"]
    assert label_pages(path, Reader()).labels == labels


def test_the_first_open_page_is_shown(path):
    session = label_pages(path).session
    session.act({"do": "page", "page": "page_0.png", "status": "skipped"})
    assert label_pages(path).index == 1
    assert label_pages(path, page=0).index == 0
    with pytest.raises(EditError, match="no page 7"):
        label_pages(path, page=7)


def test_the_still_picture_says_what_the_widget_says(path):
    picture = label_pages(path).picture()
    assert "3 boxes" in picture.alt and "2. line 1" in picture.alt
    assert "page_1.png" in draw_labels(np.full((130, 200), 9, np.uint8),
                                       label_pages(path).labels.pages[1]).alt  # fmt: skip


def test_displayed_without_hands_there_is_only_the_picture(path, monkeypatch, capsys):
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda thing, **_: shown.append(thing))
    monkeypatch.setenv("HANDWRITING_STATIC", "1")
    label_pages(path)._ipython_display_()
    monkeypatch.setenv("HANDWRITING_STATIC", "0")
    label_pages(path)._ipython_display_()
    assert [type(one).__name__ for one in shown] == ["Picture", "Picture", "LabelWidget"]


def test_front_end_is_own_code_from_no_other_host():
    source = live.front_end(*live.FRONT_END, "editor.css")
    assert source.replace("http://www.w3.org/2000/svg", "").count("http") == 0
    assert "import " not in source.replace("important", "")
    assert source.count("export default") == 1


def test_an_answer_comes_when_the_action_is_on_the_disk(widget, path):
    view, ids = send(widget, text("l1", "typed"))
    assert view["acks"] == ids and not view["errors"]
    assert read_labels(path).pages[0].line("l1").text == "typed"
    assert view["progress"] == "1 of 3 lines, 2 pages open"
    view, _ = send(widget, {"undo": True})
    assert read_labels(path).pages[0].line("l1").text == "line 1"
    assert view["said"] == "Undone: typing." and view["can"] == {"undo": False, "redo": True}


def test_what_is_refused_is_answered_and_shows_what_was_typed(widget):
    view, ids = send(widget, text("gone", "long sentence"), text("l0", "fine"))
    assert view["acks"] == ids
    assert "long sentence" in view["errors"][0]
    assert view["page"]["lines"][0]["text"] == "fine"


def test_what_could_not_be_written_comes_again(widget, path, monkeypatch):
    def full(*_):
        raise OSError("The disk is full")

    monkeypatch.setattr("shared.labeling.widget.session.write_atomically", full)
    view, ids = send(widget, text("l0", "one"), text("l1", "two"))
    assert (view["acks"], view["failed"]) == ([], ids)
    assert "The disk is full" in view["errors"][0]


def test_a_fault_is_shown_and_raised(widget, monkeypatch):
    def broken(*_):
        raise RuntimeError("a fault in editing")

    monkeypatch.setattr("shared.labeling.widget.session.apply", broken)
    with pytest.raises(RuntimeError):
        send(widget, text("l0", "one"))
    assert "a fault in editing" in widget.view


def test_pages_and_their_images_are_sent_when_asked_for(widget, monkeypatch):
    sent = []
    monkeypatch.setattr(widget, "send", lambda message, buffers: sent.append((message, buffers)))
    widget._receive(widget, {"kind": "page", "index": 1}, [])
    assert json.loads(widget.view)["page"]["image"] == "page_1.png"
    widget._receive(widget, {"kind": "image", "index": 1}, [])
    (message, (content,)) = sent[0]
    assert message["image"] == "page_1.png" and content[:2] == b"\xff\xd8"


def test_a_missing_image_is_a_sentence(widget, path):
    path.with_name("page_0.png").unlink()
    widget._receive(widget, {"kind": "image", "index": 0}, [])
    assert "page_0.png" in json.loads(widget.view)["errors"][0]


def run_javascript(body: str, data: object, files=("edits.js",)) -> object:
    source = live.front_end(*files).replace("export default", "")
    program = (
        f"{source}\nconst data = JSON.parse(require('fs').readFileSync(0, 'utf8'));"
        f"process.stdout.write(JSON.stringify((() => {{ {body} }})()));"
    )
    done = subprocess.run(
        [NODE, "-e", program], input=json.dumps(data), capture_output=True, text=True,
        check=False, timeout=60, encoding="utf-8",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def random_actions(labels, count, seed):
    """Yield actions of every kind, some of them impossible, and the page after each."""
    rng = random.Random(seed)
    for number in range(count):
        page = labels.pages[0]
        name = rng.choice([line.id for line in page.lines] + ["none"])
        box = [round(rng.uniform(-30, 230), 2) for _ in range(4)]
        kinds = [
            {"do": "add", "line": f"n{number}", "box": box},
            {"do": "add", "line": f"n{number}", "box": box, "at": rng.randint(0, 5)},
            {"do": "box", "line": name, "box": box},
            {"do": "text", "line": name, "text": rng.choice(["typed", "", "  ", None])},
            {"do": "accept", "line": name},
            {"do": "unreadable", "line": name},
            {"do": "delete", "line": name},
            {"do": "order", "line": name, "at": rng.randint(-1, 6)},
            {"do": "page", "status": rng.choice(["open", "skipped"])},
        ]
        action = {**rng.choice(kinds), "page": page.image}
        with contextlib.suppress(EditError):
            labels = apply(labels, action)
        yield action, labels.pages[0]


def words(page):
    """Return everything of a page but its numbers."""
    lines = [(line["id"], line["text"], line["status"]) for line in page["lines"]]
    return page["status"], lines, [line["baseline"] is None for line in page["lines"]]


def numbers(page):
    """Return all coordinates of a page in one row."""
    parts = [[*line["box"], *np.ravel(line["baseline"] or ())] for line in page["lines"]]
    return [value for part in parts for value in part]


@needs_node
@pytest.mark.parametrize("seed", range(4))
def test_the_browser_shows_what_the_kernel_will_answer(path, seed):
    labels = read_labels(path)
    steps = list(random_actions(labels, 60, seed))
    before = [labels.pages[0], *(page for _, page in steps[:-1])]
    pairs = [[asdict(page), action] for page, (action, _) in zip(before, steps, strict=True)]
    shown = run_javascript("return data.map(([page, action]) => applied(page, action));", pairs)
    for (action, after), page in zip(steps, shown, strict=True):
        expected = asdict(after)
        assert words(page) == words(expected), action
        # The kernel rounds to hundredths of a pixel
        np.testing.assert_allclose(numbers(page), numbers(expected), atol=0.011)


@needs_node
def test_the_queue_keeps_what_was_not_answered_and_sends_it_again():
    found = run_javascript(
        """
        const kept = {}, sent = [];
        const storage = { setItem: (k, v) => { kept[k] = v; }, getItem: (k) => kept[k] ?? null,
          removeItem: (k) => { delete kept[k]; } };
        const hooks = { send: (m) => sent.push(m.items.map((i) => i.action?.text ?? "undo")),
          changed: () => {} };
        globalThis.setTimeout = () => 1;
        globalThis.clearTimeout = () => {};
        const typed = (text, group) =>
          ({ action: { do: "text", line: "l", page: "p", text, group } });
        const queue = makeQueue(hooks, storage, "key");
        queue.push(typed("H", "g1"), 350);
        queue.push(typed("He", "g1"), 350);
        queue.push({ undo: true });
        const waiting = JSON.parse(kept.key).map((i) => i.id);
        queue.answered([waiting[0]], []);
        queue.push(typed("x", "g2"));
        const other = makeQueue(hooks, storage, "key");
        const restored = other.restore();
        const names = JSON.parse(kept.key).map((i) => i.id);
        other.answered(names, []);
        return { sent, restored, left: Object.keys(kept), same: names[0] === waiting[1] };
        """,
        {},
        ("edits.js", "widget.js"),
    )
    assert found["sent"] == [["He", "undo"], ["x"], ["undo", "x"]]
    assert found["restored"] == 2 and found["same"]
    assert found["left"] == []


@needs_node
def test_the_screen_takes_back_what_has_not_been_answered():
    line = {"id": "l", "box": [0, 0, 9, 9], "text": "a", "status": "proposed", "baseline": None}
    page = {"image": "p", "width": 9, "height": 9, "status": "open", "lines": [line]}
    shown = run_javascript(
        """
        const typed = (text) => ({ action: { do: "text", line: "l", page: "p", text } });
        const items = [typed("b"), typed("c"), { undo: true }];
        return [items, [...items, { undo: true }], [...items, { undo: true }, { undo: true }]]
          .map((waiting) => withWaiting(data, waiting).lines[0].text);
        """,
        page,
        ("edits.js", "widget.js"),
    )
    assert shown == ["b", "a", "a"]


@needs_node
def test_a_handle_moves_its_sides_and_a_box_stays_on_the_page():
    found = run_javascript(
        """
        const page = { width: 100, height: 50 };
        return [resized([0, 0, 10, 10], "nw", 3, 4), resized([0, 0, 10, 10], "e", 13, 99),
          moved([0, 0, 10, 10], -5, 99, page), clampBox([90, 5, 120, -9], page),
          clampBox([1, 1, 2, 9], page)];
        """,
        {},
        ("edits.js", "stage.js"),
    )
    assert found == [[3, 4, 10, 10], [0, 0, 13, 10], [0, 40, 10, 50], [90, 0, 100, 5], None]


@needs_node
def test_the_files_of_the_front_end_are_one_module(tmp_path):
    path = tmp_path / "joined.mjs"
    path.write_text(live.front_end(*live.FRONT_END), encoding="utf-8")
    done = subprocess.run([NODE, "--check", path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr  # No name is declared in two of them


@needs_node
def test_the_browser_knows_the_alphabet():
    found = run_javascript("return data.map(strange);", [ASCII.characters, "a \u2013 na\u00efve"])
    assert found == [[], ["\u00ef", "\u2013"]]


def test_reading_place_is_by_the_middle_of_boxes(path):
    page = read_labels(path).pages[0]
    assert [reading_place(page.lines, (0, y, 9, y + 9)) for y in (0, 30, 70, 120)] == [0, 1, 2, 3]
