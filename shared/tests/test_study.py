"""Settings, spaces, rules and plans: what is decided before anything runs."""

import pytest

from shared.experiments import (
    ConfigError,
    Setting,
    Study,
    StudyError,
    complete,
)

CLIMB = "shared.tests.fixtures.toy_experiments:climb"
SETTINGS = {
    "learning_rate": Setting(4e-3, 1e-6, 1.0),
    "updates": Setting(100, 1, 10_000),
    "network": Setting("cnn", choices=("cnn", "mlp")),
    "batch_size": Setting(64, choices=(16, 32, 64)),
    "augment": Setting(True),
}


@pytest.fixture(autouse=True)
def own_my(monkeypatch, tmp_path):
    monkeypatch.setenv("HANDWRITING_MY", str(tmp_path / "my"))


def test_defaults_fill_what_is_not_given():
    config = complete(SETTINGS, {"updates": 5})
    assert config == {
        "learning_rate": 4e-3, "updates": 5, "network": "cnn", "batch_size": 64, "augment": True,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"learning_rte": 0.1}, "no setting 'learning_rte'. Did you mean 'learning_rate'?"),
        ({"batchsize": 16}, "no setting 'batchsize'. Did you mean 'batch_size'?"),
        ({"xyz": 1}, "no setting 'xyz'. There are learning_rate, updates"),
        ({"learning_rate": 5.0}, "'learning_rate' cannot be 5.0: it is at most 1; the nearest"),
        ({"learning_rate": 0}, "'learning_rate' cannot be 0: it is at least 1e-06"),
        ({"learning_rate": float("nan")}, "must be a finite number"),
        ({"learning_rate": "0.1"}, "must be a number, such as 0.004"),
        ({"updates": 2.5}, "must be a whole number"),
        ({"updates": True}, "must be a whole number"),
        ({"network": "cn"}, "it is one of 'cnn', 'mlp'; did you mean 'cnn'?"),
        ({"batch_size": 60}, "it is one of 16, 32, 64; did you mean 64?"),
        ({"augment": 1}, "must be True or False"),
    ],
)
def test_a_mistake_names_the_key_and_the_nearest_right_one(given, words):
    with pytest.raises(ConfigError) as caught:
        complete(SETTINGS, given)
    assert words in str(caught.value)


@pytest.mark.parametrize("values", [[], "abc", 3])
def test_a_space_that_is_no_list_is_a_sentence(values):
    with pytest.raises(ConfigError, match="give a list of values"):
        Study("space", CLIMB, "height", space={"rate": values})


def test_a_plan_has_every_configuration_with_every_seed():
    study = Study(
        "plan", CLIMB, "height", configs=[{"rate": 0.1}, {"rate": 0.2, "steps": 4}],
        space={"fault": ["none", "raise"]}, seeds=[1, 2],
    )  # fmt: skip
    plan = study.planned()
    assert len(plan) == len({one.id for one in plan}) == 8
    assert [one.seed for one in plan] == [1] * 4 + [2] * 4
    assert plan[0].config == {"rate": 0.1, "steps": 8, "fault": "none", "pause": 0.0}
    assert plan[7].label == "rate=0.2, fault=raise, steps=4, seed 2"
    again = Study("plan", CLIMB, "height", fixed={"steps": 8}, configs=[{"rate": 0.1}], seeds=[1])
    assert again.planned()[0].id == plan[0].id  # The same trial, however it is written


def test_a_mistake_in_a_study_stops_before_anything_runs():
    with pytest.raises(ConfigError, match="Did you mean 'rate'"):
        Study("bad", CLIMB, "height", space={"rat": [0.1]})
    with pytest.raises(ConfigError, match="'rate' cannot be 3"):
        Study("bad", CLIMB, "height", configs=[{"rate": 3.0}])
    with pytest.raises(StudyError, match="cannot be imported"):
        Study("bad", "shared.nowhere:train", "height")
    with pytest.raises(StudyError, match="'max' or 'min'"):
        Study("bad", CLIMB, "height", goal="most")
    with pytest.raises(StudyError, match="letters, digits"):
        Study("../bad", CLIMB, "height")
