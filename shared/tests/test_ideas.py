"""The menu of ideas: configurations, networks, and trials that run and go on after a stop."""

import attention_decoder
import numpy as np
import pytest

from shared.experiments.ideas import (
    IDEAS,
    Configuration,
    ConfigurationError,
    find_idea,
    trial,
)
from shared.experiments.trial import TrialEnded
from shared.lines import LineSet

QUICK = {"channels": (4, 4, 6, 8), "features": 8, "updates": 2, "lines": 32, "hands": 2}
QUICK |= {"batch_size": 4}


def _lines(count=6, seed=0):
    rng = np.random.default_rng(seed)
    texts = ["".join(rng.choice(list("abc "), 4)) + "." for _ in range(count)]
    images = [rng.integers(0, 255, (32, 64 + 8 * k), np.uint8) for k in range(count)]
    empty = [np.zeros((5, 4), np.float32)] * count
    return LineSet(images, texts, ["ann", "bob"] * (count // 2), empty, [np.zeros(5, bool)] * count)


def test_every_idea_changes_one_thing_and_says_why():
    assert list(IDEAS)[0] == "base"
    assert len(IDEAS) >= 11
    for name, idea in IDEAS.items():
        base, other = (one.configuration().as_json() for one in (IDEAS["base"], idea))
        changes = {key for key in base if base[key] != other[key]}
        # The menu says that it changes more than one thing
        allowed = {"learning_rate", "layers"} if name == "transformer" else set()
        assert len(changes - allowed) == (name != "base"), name
        assert len(idea.reason.split()) >= 4


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"learning_rates": 1}, "no setting 'learning_rates'. Did you mean 'learning_rate'"),
        ({"context": "lsmt"}, "did you mean 'lstm'"),
        ({"dropout": 1.5}, "is at most 0.9; the nearest value is 0.9"),
        ({"updates": 0}, "'updates' cannot be 0"),
        ({"batch_size": True}, "'batch_size' cannot be True"),
        ({"frame_width": 3}, "'frame_width' cannot be 3: it is one of 2, 4"),
        ({"features": 30}, "divisible by 4. The nearest is 32"),
        ({"channels": (8, 8)}, "four numbers"),
    ],
)
def test_a_setting_that_cannot_be_names_the_nearest_right_one(settings, words):
    with pytest.raises(ConfigurationError, match=words):
        Configuration.of(**settings)


def test_an_unknown_idea_names_the_nearest_one():
    with pytest.raises(ConfigurationError, match="did you mean 'transformer'"):
        find_idea("tranformer")


def test_a_configuration_survives_a_file():
    import json

    configuration = find_idea("more_channels").configuration(seed=4)
    again = Configuration.of(**json.loads(json.dumps(configuration.as_json())))
    assert again == configuration
    assert again.channels == (32, 64, 96, 128) and again.seed == 4


def test_the_base_is_the_network_of_lab_3():
    from shared.experiments.ideas.networks import build_network
    from shared.networks import line_network

    shapes = [
        sorted(tuple(weight.shape) for weight in network.weights)
        for network in (build_network(Configuration.of()), line_network())
    ]
    assert shapes[0] == shapes[1]


@pytest.mark.parametrize("frame_width", [2, 4])
def test_a_network_gives_one_logit_row_a_frame(frame_width):
    from shared.experiments.ideas.networks import build_network

    configuration = Configuration.of(
        channels=(4, 4, 6, 8), features=8, frame_width=frame_width, context="transformer"
    )
    logits = build_network(configuration)(np.zeros((2, 32, 96, 1), np.float32))
    assert tuple(logits.shape) == (2, 96 // frame_width, 96)


def test_schedules_begin_alike_and_end_apart():
    from shared.experiments.ideas.trial import learning_rate

    def rates(schedule):
        configuration = Configuration.of(schedule=schedule, updates=100, learning_rate=0.1)
        return [learning_rate(configuration, update) for update in range(100)]

    one_cycle, constant, steps = map(rates, ("one_cycle", "constant", "steps"))
    assert one_cycle[:15] == constant[:15] == steps[:15]
    assert one_cycle[-1] < 1e-4 < constant[-1] == 0.1
    assert steps[50] == 0.1 and steps[70] == pytest.approx(0.01)
    assert steps[90] == pytest.approx(0.001)


def _run(tmp_path, name="trial", prepare=trial.prepare, **settings):
    from shared.experiments.ideas.trial import run_trial

    lines = _lines()
    configuration = Configuration.of(**{**QUICK, **settings})
    path = tmp_path / f"{name}.npz"
    return run_trial(configuration, path, validation=lines, test=lines, prepare=prepare)


@pytest.mark.parametrize("decoder", [trial, attention_decoder])
def test_a_trial_records_errors_line_by_line(tmp_path, decoder):
    record = _run(tmp_path, prepare=decoder.prepare, context="none")
    lines = _lines()
    assert len(record["test"]["edits"]) == len(record["test"]["readings"]) == len(lines)
    from shared.metrics import edit_distance

    pairs = zip(lines.texts, record["test"]["readings"], strict=True)
    assert record["test"]["edits"] == [edit_distance(text, found) for text, found in pairs]
    assert record["cer"]["test"] == pytest.approx(sum(record["test"]["edits"]) / 30, abs=1e-4)
    assert record["curve"][-1][0] == record["loss"][-1][0] == 2
    assert record["parameters"] > 0 and record["configuration"]["updates"] == 2


def test_a_trial_stops_at_its_deadline():
    import time

    from shared.experiments.ideas.trial import run_trial

    lines = _lines()
    with pytest.raises(TrialEnded, match="paused"):
        run_trial(Configuration.of(**QUICK), validation=lines, test=lines, deadline=time.time())


@pytest.mark.nightly
@pytest.mark.parametrize("name", list(IDEAS))
def test_every_idea_runs(tmp_path, name):
    kept = {"updates": 2, "lines": 32, "batch_size": 4}
    kept |= {} if "hands" in IDEAS[name].changes else {"hands": 2}
    from shared.experiments.ideas.trial import run_trial

    lines = _lines()
    record = run_trial(find_idea(name).configuration(**kept), validation=lines, test=lines)
    assert np.isfinite([loss for _, loss in record["loss"]]).all()
