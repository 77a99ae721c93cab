"""The live explorer: what it is sent, the page that stands alone, its puzzles and its links."""

from __future__ import annotations

import base64
import json
import re

import numpy as np
import pytest

from shared import ctc
from shared.explorer import Explorer
from shared.explorer.inputs import NUM_PUZZLES
from shared.explorer.live import SCRIPTS, line_data, page, read_front, style
from shared.paths import DATA
from shared.tests.explorer_support import needs_node, run_javascript
from shared.tests.test_explorer import LETTERS, hello_logits, long_explorer

SAMPLE = DATA / "samples" / "explorer.html"
LOGIC = tuple(name for name in SCRIPTS if name != "main.js")
#: Puzzle, and what a person may do in it: edits of one bar, or rates of steps, or a target
SOLUTIONS = {
    "Kill the double l": {"edits": [[7, 0, -4]]},
    "Make greedy wrong": {"edits": [[0, 0, -1], [0, 1, -1.3]]},
    "Make width 2 beat width 4": {"edits": [[1, 1, -0.45]]},
    "Make a word infeasible": {"target": "elloo"},
    "Leave the blank plateau": {"rates": [8, 8]},
    "Two texts of equal probability": {"edits": [[3, 2, -0.51]]},
}


def embedded(html: str) -> str:
    return re.search(r'<script id="line"[^>]*>(.*?)</script>', html, re.DOTALL)[1]


def test_front_end_is_own_code_from_no_other_host():
    source = read_front(*SCRIPTS, "widget.js", "page.html") + style()
    assert "http" not in source.replace("http-equiv", "")
    assert "import " not in source.replace("important", "") and source.count("export default") == 1


def test_what_is_sent_is_the_line():
    data = json.loads(line_data(long_explorer("replay")))
    explorer = long_explorer("replay")
    sent = np.frombuffer(base64.b64decode(data["logits"]), dtype="<f4").reshape(data["frames"], -1)
    np.testing.assert_allclose(sent, explorer.logits, rtol=1e-6)
    assert data["level"] == "collapse" and data["imageSize"] == [414, 32]
    assert [one["update"] for one in data["snapshots"]] == [0, 20, 50, 80, 100]


def test_widget_is_sent_the_line_once_and_nothing_more():
    widget_module = pytest.importorskip("shared.explorer.widget")
    explorer = Explorer(hello_logits(), LETTERS, "hello", view="gradient")
    widget = widget_module.ExplorerWidget(explorer)
    assert widget.line == line_data(explorer) and json.loads(widget.line)["mode"] == "gradient"
    assert {name for name in widget.traits(sync=True) if not name.startswith("_")} == {
        "comm", "keys", "layout", "line", "tabbable", "tooltip",
    } & set(widget.traits(sync=True))  # fmt: skip


def test_page_stands_alone_and_is_small(tmp_path):
    path = Explorer(hello_logits(), LETTERS, "hello").save_html(
        tmp_path / "p.html", "Say </script>."
    )
    html = path.read_text(encoding="utf-8")
    assert len(html) < 1_000_000 and "default-src 'none'" in html
    assert not re.search(r"(src|href)=\"(?!data:)", html.replace('href="data:', ""))
    assert html.count("</script>") == 2 and json.loads(embedded(html))["note"] == "Say </script>."
    assert "{" + "script}" not in html


def test_shipped_page_is_made_of_these_scripts():
    html = SAMPLE.read_text(encoding="utf-8")
    title = re.search("<title>CTC explorer: (.*?)</title>", html)[1]
    said = re.search("<noscript><p>(.*?) This page computes", html, re.DOTALL)[1]
    data = embedded(html).replace("\\u003c", "<")
    assert page(data, title, said) == html, "python data/make/explorer_page.py"


@needs_node
def test_each_puzzle_is_open_at_first_and_can_be_solved():
    found = run_javascript(
        LOGIC,
        """
        return PUZZLES.map((puzzle) => {
          const line = puzzle.line();
          const encode = (text) => [...text].map((c) => line.characters.indexOf(c) + 1);
          const text = (label) => label.map((k) => line.characters[k - 1]).join("");
          const done = (actions, target) => {
            const n = compute(replayed(line, START, actions), encode(target));
            const edits = actions.filter((a) => a.rate === undefined).length;
            return puzzle.done(n, { edited: edits, steps: actions.length - edits }, text);
          };
          const { edits = [], rates = [], target = line.target } = data[puzzle.title];
          const label = encode(line.target);
          const actions = [...edits.map(([t, k, value]) => ({ t, k, value })),
            ...rates.map((rate) => ({ rate, label, bias: 0, temperature: 1 }))];
          return [puzzle.title, done([], line.target), done(actions, target)];
        });
        """,
        SOLUTIONS,
    )
    assert found == [[title, False, True] for title in SOLUTIONS]


@needs_node
def test_a_link_brings_back_what_was_done_and_leaves_out_what_it_cannot_read():
    actions = [
        {"t": 7, "k": 0, "value": -4.25},
        {"rate": 1.5, "bias": 0, "temperature": 1, "label": [2, 1, 3]},
    ]
    state = {"level": "beam", "width": 8, "target": "he ~&=ü", "t": 3}
    found = run_javascript(
        LOGIC,
        "const written = toFragment(data.state, START, data.actions);"
        "const read = (text) => fromFragment(text, () => ({ ...START }), () => 7, () => 12);"
        "return [read(written), read('width=99&level=x&do=e99.0.1~e1.2.3~what&k=2')];",
        {"state": state, "actions": actions},
    )
    assert found[0]["actions"] == actions and found[0]["ignored"] == 0
    assert {key: found[0]["state"][key] for key in state} == state
    assert found[1]["actions"] == [{"t": 1, "k": 2, "value": 3}] and found[1]["ignored"] == 4
    assert found[1]["state"]["k"] == 2 and found[1]["state"]["width"] == 4


def test_own_functions_are_compared_and_marked():
    def collapse(path, blank=0):
        return [k for t, k in enumerate(path) if k != blank and (not t or k != path[t - 1])]

    def forward_log_probability(log_probs, label, blank=0):
        return ctc.forward(log_probs, label)[1] + 0.5

    given = hello_logits(), LETTERS, "hello"
    explorer = Explorer(*given, own=[collapse, forward_log_probability])
    assert json.loads(line_data(explorer))["own"] == explorer.own
    assert explorer.own.startswith(f"Your own collapse finds {explorer.greedy_text} here. ✗ Your f")
    assert f"course&#x27;s ln p = {-explorer.loss:.4f}." in explorer.bundle()["text/html"]

    def collapse(path):  # Drops first: l, blank, l becomes one l
        return ctc.collapse([k for k in path if k])

    def forward_log_probability(log_probs, label, blank=0):
        raise NotImplementedError

    said = Explorer(*given, own=[collapse, forward_log_probability]).own
    assert said == "✗ Your collapse finds halo here, the course's hallo."

    collapse.__reference__ = "lab03.collapse"  # What a check binds where no answer passed
    assert Explorer(*given, own=[collapse]).own == ""

    def collapse():
        return []

    assert Explorer(*given, own=[collapse]).own.startswith("✗ Your collapse stopped: TypeError: ")
    with pytest.raises(ValueError, match="give your collapse or forward_log_probability"):
        Explorer(*given, own=[sum])


@needs_node
def test_a_puzzle_can_be_opened_by_python_and_by_a_link():
    explorer = Explorer(hello_logits(), LETTERS, "hello", puzzle=3)
    assert json.loads(line_data(explorer))["puzzle"] == 3
    assert read_front("puzzles.js").count("opens: {") == NUM_PUZZLES
    for wrong in (7, -1, "3", None):
        with pytest.raises(ValueError, match="puzzles 1 to 6, and puzzle="):
            Explorer(hello_logits(), LETTERS, "hello", puzzle=wrong)
    opened = run_javascript(
        LOGIC,
        "const begin = (number) => ({ ...START, ...PUZZLES[number - 1]?.opens, puzzle: number });"
        "const read = (text) => fromFragment(text, begin, () => 7, () => 12);"
        "const link = toFragment({ ...begin(3), level: 'collapse' }, begin(3), []);"
        "return ['puzzle=3', link, 'puzzle=9'].map(read);",
        None,
    )
    assert [(one["state"]["level"], one["ignored"]) for one in opened] == [
        ("beam", 0), ("collapse", 0), ("collapse", 1),
    ]  # fmt: skip


@needs_node
def test_a_step_of_training_is_that_of_the_formula():
    logits, label = hello_logits(), [2, 1, 3, 3, 4]
    moved = run_javascript(
        LOGIC,
        "return replayed({ logits: data.logits }, START, [data.step]);",
        {
            "logits": logits.tolist(),
            "step": {"rate": 0.7, "bias": 1, "temperature": 2, "label": label},
        },
    )
    shifted = logits.copy()
    shifted[:, 0] += 1
    expected = logits - 0.7 * ctc.loss_and_grad(shifted / 2, label).grad / 2
    np.testing.assert_allclose(moved, expected, rtol=1e-10, atol=1e-12)


@needs_node
def test_each_level_draws_each_edge_case():
    cases = [
        {"frames": 1, "characters": "a", "target": "a"},
        {"frames": 4, "characters": "abc", "target": "aabb"},
        {"frames": 6, "characters": "abc", "target": ""},
        {"frames": 150, "characters": "abc", "target": "abcabc"},
    ]
    drawn = run_javascript(
        LOGIC,
        """
        return data.map(({ frames, characters, target }) => {
          const logits = Array.from({ length: frames }, (_, t) =>
            [0, ...characters].map((_, k) => Math.sin(3 * t + k)));
          const n = compute(logits, [...target].map((c) => characters.indexOf(c) + 1));
          const rows = chooseRows(n.logProbs, n.label, 7);
          const v = layOut({ n, rows, colors: new Map(), across: 900, room: 440, hatch: "h",
            scene: { image: null }, at: { t: 0, s: 0, row: 0 }, state: { ...START },
            name: (k) => (k ? characters[k - 1] : "ϵ"),
            beam: (width) => beamSteps(n.logProbs, width) });
          const levels = [collapseLevel(v), beamLevel(v)];
          for (const mode of Object.keys(MODES)) {
            levels.push(latticeLevel({ ...v, state: { ...v.state, mode } }));
          }
          return levels.map(({ parts, height }) => [parts.join(""), height]);
        });
        """,
        cases,
    )
    for levels in drawn:
        for svg, height in levels:
            assert "NaN" not in svg and "undefined" not in svg and "Infinity" not in svg
            assert 0 < height < 700
