"""The explorer's live front end: messages, errors, and the same picture in JavaScript."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess

import numpy as np
import pytest

from shared.explorer import Explorer, render_svg
from shared.explorer.palette import DARK, LIGHT
from shared.explorer.words import explain
from shared.tests.test_explorer import LETTERS, hello_logits, long_explorer

widget_module = pytest.importorskip("shared.explorer.widget")
NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="Node.js is not installed")


def make_widget(**options):
    return widget_module.ExplorerWidget(Explorer(hello_logits(), LETTERS, "hello", **options))


def run_javascript(files: tuple[str, ...], body: str, data: dict) -> object:
    source = widget_module.front_end(*files)
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


def test_front_end_is_own_code_from_no_other_host():
    source = widget_module.front_end(*widget_module.FRONT_END, "explorer.css")
    assert source.replace("http://www.w3.org/2000/svg", "").count("http") == 0
    assert "import " not in source.replace("important", "")
    assert source.count("export default") == 1


def test_messages_change_the_scene():
    widget = make_widget()
    before = json.loads(widget.scene)
    widget._receive(widget, {"kind": "change", "change": {"edits": [[0, 1, 7.5]]}}, [])
    after = json.loads(widget.scene)
    assert widget.seq == 1 and widget.error == ""
    assert after["loss"] == pytest.approx(widget.explorer.loss) != before["loss"]


def test_packed_values_are_the_numbers():
    widget = make_widget()
    scene = json.loads(widget.scene)
    numbers = widget.explorer.numbers
    for name, table in (
        ("p", np.exp(numbers.log_probs)[:, scene["rows"]].T),
        ("gradient", numbers.gradient[:, scene["rows"]].T),
        ("alpha", numbers.alpha.T),
        ("posterior", numbers.posterior.T),
    ):
        packed = np.frombuffer(base64.b64decode(scene["values"][name]), dtype="<f4")
        np.testing.assert_allclose(packed.reshape(table.shape), table, rtol=1e-6)


def test_wrong_input_is_shown_and_changes_nothing():
    widget = make_widget()
    before = widget.scene
    widget.change({"target": "héllo"})
    assert "'é' at position 1" in widget.error
    assert widget.scene == before and widget.seq == 1
    widget.change({"target": "helo"})
    assert widget.error == "" and json.loads(widget.scene)["target"] == "helo"


def test_a_fault_is_shown_and_raised(monkeypatch):
    widget = make_widget()

    def broken(**_):
        raise RuntimeError("a fault in the scene")

    monkeypatch.setattr(widget.explorer, "scene", broken)
    with pytest.raises(RuntimeError):
        widget.change({"steps": 1})
    assert "a fault in the scene" in widget.error and "Traceback" in widget.error
    assert widget.seq == 1  # The front end is told, so that it does not wait


def test_infeasible_target_stays_valid_json():
    widget = make_widget()
    widget.change({"target": "llllllll"})
    scene = json.loads(widget.scene)
    assert scene["loss"] is None and "needs 3 more time steps" in scene["status"]


def test_replay_is_sent_only_when_it_changes():
    widget = widget_module.ExplorerWidget(long_explorer())
    first = widget.replay
    widget.change({"edits": [[0, 1, 2.0]]})
    assert widget.replay is first and json.loads(first)["updates"] == [0, 20, 50, 80, 100]
    widget.change({"snapshot": 1})
    np.testing.assert_array_equal(widget.explorer.logits, widget.explorer.snapshots[1]["logits"])
    widget.change({"target": "The"})
    assert widget.replay != first


@needs_node
@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_browser_draws_the_same_picture(theme):
    for scene in (
        Explorer(hello_logits(), LETTERS, "hello").scene(),
        long_explorer().scene(),
        long_explorer("replay").replay_scene(),
    ):
        drawn = run_javascript(
            ("draw.js",),
            "const s = data.scene;"
            "return toSvg(s, data.theme, s.options.stage, s.options.snapshot, true);",
            {"scene": scene, "theme": theme},
        )
        assert drawn == render_svg(scene, theme)


@needs_node
def test_browser_explains_a_node_in_the_same_words():
    from shared.explorer.page import Page, symbol_names
    from shared.explorer.values import Options, compute

    widget = make_widget()
    scene = json.loads(widget.scene)
    numbers = compute(hello_logits(), widget.explorer.label, Options())
    page = Page.fit(numbers, Options(), scene["rows"], symbol_names(LETTERS))
    nodes = [[0, 0], [0, 1], [0, 5], [1, 1], [5, 6], [7, 7], [8, 8], [11, 10], [2, 9]]
    said = run_javascript(
        ("draw.js", "words.js"),
        "const v = unpack(data.scene);"
        "return data.nodes.map(([t, s]) => explainNode(data.scene, v, t, s));",
        {"scene": scene, "nodes": nodes},
    )
    assert said == [explain(page, t, s) for t, s in nodes]


@needs_node
def test_live_region_follows_the_template():
    scene = json.loads(make_widget().scene)
    said = run_javascript(
        ("draw.js", "words.js"),
        "return spoken(data, unpack(data), { t: 8, s: 7, row: 3 }, 'lattice');",
        scene,
    )
    assert said.startswith("frame 8, row l, posterior 0.")
    assert "two incoming edges, skip forbidden because the letter before is also l" in said


@needs_node
def test_sender_waits_for_the_answer_and_keeps_the_last_of_each_kind():
    sent = run_javascript(
        ("draw.js", "words.js", "controls.js"),
        """
        let clock = 1000;
        const timers = [], sent = [], counts = [];
        performance.now = () => clock;
        globalThis.setTimeout = (action) => timers.push(action);
        const sender = makeSender({ send: (message) => sent.push(message.change) });
        sender.push({ target: "a" });
        sender.push({ edits: [[0, 1, 1]], options: { scale: "log" } });
        sender.push({ edits: [[0, 1, 2], [3, 4, 5]], options: { blank_bias: 1 }, steps: 1 });
        sender.push({ steps: 1, target: "b" });
        clock += 500;
        timers.shift()();
        counts.push(sent.length);  // Still one: the first has no answer yet
        sender.answered();
        timers.shift()();
        counts.push(sent.length);
        sender.answered();
        sender.push({ target: "c" });
        counts.push(sent.length);  // Less than 1/15 s after the last
        return { sent, counts };
        """,
        {},
    )
    assert sent["counts"] == [1, 2, 2]
    assert sent["sent"][1] == {
        "edits": [[0, 1, 2], [3, 4, 5]],
        "options": {"scale": "log", "blank_bias": 1},
        "steps": 2,
        "target": "b",
    }
