"""What the labs say of a gesture, of the files they ship and of our own runs is so."""

import json

import numpy as np
import pytest
from building import source

from shared import ctc, paths
from shared.alphabet import Alphabet
from shared.course import outline
from shared.experiments.ideas.study import load_study
from shared.explorer import explore
from shared.lines import frozen_lines
from shared.tests.explorer_support import needs_node, run_javascript


def run_cells(number, *starts, **scope):
    """Run the cells of a lab's source that begin so, and return what they defined."""
    course, lab = outline.this_course(), outline.LABS[number - 1]
    cells = source.read(course.solutions / lab.source)
    for start in starts:
        (cell,) = (cell for cell in cells if cell.source.startswith(start))
        exec(cell.source, scope)
    return scope


@pytest.fixture
def explorer():
    """Return the explorer of Lab 3's first demonstration."""
    starts = ("SEED = ", 'word = Alphabet("ehlo")', "rng = np.random.default_rng(SEED)\nopinion")
    scope = {"np": np, "ctc": ctc, "Alphabet": Alphabet, "explore": explore}
    found = run_cells(3, *starts, **scope, collapse=ctc.collapse)
    return explore(found["opinion"], found["word"], target="hello", view="collapse")


def test_lowered_blank_of_frame_7_loses_a_letter(explorer):
    blank = 0
    assert explorer.logits[7].argsort()[::-1][:2].tolist() == [blank, explorer.label[2]]
    assert explorer.greedy_text == "hello"
    explorer.logits[7, blank] = 0.0
    assert explorer.greedy_text == "helo"


@needs_node
def test_step_button_lowers_the_loss_and_shrinks_the_gradient(explorer):
    found = run_javascript(
        ("ctc.js", "state.js"),
        "const step = { rate: 1, label: data.label };"
        "return [0, 1, 2, 3, 4, 5].map((count) => { const n = compute("
        "replayed(data, {}, Array(count).fill(step)), data.label);"
        "return [n.logP, n.gradient.flat().reduce((sum, g) => sum + Math.abs(g), 0)]; });",
        {"logits": explorer.logits.tolist(), "label": explorer.label},
    )
    log_p, gradient = np.transpose(found)
    assert (np.diff(log_p) > 0).all() and gradient[-1] < 0.7 * gradient[0]


def test_shares_on_the_edges_into_a_node_add_up_to_one(explorer):
    numbers = explorer.numbers
    for t, s in np.argwhere(np.isfinite(numbers.alpha[1:])) + (1, 0):
        assert sum(share for *_, share in numbers.arrivals(t, s)) == pytest.approx(1, abs=1e-6)


def test_what_the_labs_say_of_hands_and_weights_holds():
    card, shipped = (
        json.loads((paths.DATA / "models" / f"{name}.json").read_text(encoding="utf-8"))
        for name in ("line_small", "reader")
    )
    assert 0.85 < shipped["parameters"] / 1e6 < 0.95 and shipped["language"] == "english"
    assert 62e6 / shipped["parameters"] > 60, "Lab 5 compares it with TrOCR small"
    assert card["updates"] + card["begun_from"]["updates"] == 15_000
    assert "--hands 1000" in card["command"] and "--hands" not in card["begun_from"]["command"]
    written = np.concatenate([np.asarray(row, bool) for row in frozen_lines().held_out])
    assert 0.35 < written.mean() < 0.45, "Lab 5 says two fifths"


def test_the_winner_of_lab_4_was_third_at_the_first_rung_and_led_at_the_second():
    ideas = ("base", "constant_rate", "gru", "one_way", "narrow_window", "augmentation")
    night = load_study().with_seeds([0])
    curves = {
        idea: [rate for _, rate in night.of(idea)[0]["curve"]]
        for idea in (*ideas, "wide_lstm", "more_channels")
    }
    first, second, *_, last = (sorted(curves, key=lambda i: curves[i][k]) for k in range(5))
    assert first[:3] == ["constant_rate", "base", "more_channels"]
    assert second[0] == last[0] == "more_channels"


def test_the_law_of_lab_5_misses_where_the_lines_repeat():
    study, budgets = load_study(), (300, 800, 1600, 3200)
    for split in ("test", "validation"):
        rates = np.log([study.rate("base", split, updates=updates) for updates in budgets])
        line = np.polyfit(np.log(budgets[:3]), rates[:3], 1)
        first, second, third, hidden = rates - np.polyval(line, np.log(budgets))
        assert second < 0 < min(first, third) and hidden > 0.2
    losses = [study.of("base", updates)[0]["loss"][-1][1] for updates in budgets]
    assert losses[3] < losses[2] / 2 and rates[3] - rates[2] > (rates[2] - rates[1]) / 2


def test_a_ranking_of_lab_5_after_a_fifth_of_the_run_misleads():
    study, curves = load_study(), {}
    for idea in ("augmentation", "all_convolutional"):
        trials = study.of(idea).values()
        curves[idea] = np.mean([[cer for _, cer in trial["curve"]] for trial in trials], axis=0)
    left, right = np.subtract(curves["augmentation"], curves["all_convolutional"])[[0, -1]]
    assert left < 0 < right


def test_chosen_idea_of_lab_5_is_confirmed_and_the_gru_is_not():
    study = load_study()
    first, later = study.with_seeds([0]), study.with_seeds([1, 2, 3, 4])
    rates = {idea: first.rate(idea, "validation") for idea in first.ideas}
    assert min(rates, key=rates.get) == "more_channels" and rates["gru"] < rates["base"]
    assert later.compare("more_channels").high < 0 < later.compare("gru").high
    assert study.rate("base", updates=1600) < study.rate("base")
    assert study.rate("attention_decoder") > 0.6, "it hardly reads at all"
