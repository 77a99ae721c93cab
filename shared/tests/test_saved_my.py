"""What a learner has kept since an earlier version still opens.

`fixtures/my` was made by using the course at the version that added it: Lab 1 with six answers,
checks, a saved test a lab, own handwriting (by the pens), labels in two versions, a tracked run,
two studies that were broken off, a model and the service's corrections. It is never made again:
where a test here fails, the code has to take what it took before, or say in a sentence what to do.
"""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
from pathlib import Path

import pytest

from shared.tests.conftest import FIXTURES

SAVED = FIXTURES / "my"


@pytest.fixture
def my(tmp_path, monkeypatch):
    """A copy of the saved folder, as if it were the learner's."""
    shutil.copytree(SAVED, tmp_path / "my")
    monkeypatch.setenv("HANDWRITING_MY", str(tmp_path / "my"))
    return tmp_path / "my"


def contents(folder: Path) -> dict[str, str]:
    """Return the checksum of every file."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_own_copy_of_a_lab_stays_as_it_was_left(my):
    from shared.course import cli

    copy = my / "01_codebase_walkthrough.ipynb"
    before = copy.read_bytes()
    for words in ([], ["--newer"]):
        assert cli.main(["open", "1", "--copy", *words]) == 0
        assert copy.read_bytes() == before


def test_answers_in_an_old_copy_earn_what_they_earned(my):
    from shared.checks.exercise import load_lab
    from shared.course.outline import this_course
    from shared.grading.runner import grade

    course = this_course()
    name = course.find(["1"])[0].notebook
    results = grade(my / name, course.labs / name, load_lab(1))
    earned = {
        one.exercise.id: (one.state, one.points) for one in results if one.state != "not attempted"
    }
    kept = json.loads((my / "progress.json").read_text(encoding="utf-8"))["exercises"]
    assert earned == {
        name: (entry["state"], entry["points"])
        for name, entry in kept.items()
        if name.startswith("lab01.")
    }
    assert len(earned) == 6 and len(results) == 10


def test_progress_is_read_and_the_first_guess_stands(my):
    from shared.checks import report
    from shared.checks.notebook import recorded_guess

    before = contents(my)
    text = report(1).text
    assert "Lab 1: 24 of " in text and "Lab 7: 9 of " in text
    assert recorded_guess("lab01.guess_error_rate") == 20.0
    assert contents(my) == before


def test_saved_tests_are_collected_and_pass(my):
    from shared.checks.planted import Runner, saved_tests
    from shared.checks.portable import pack

    found = saved_tests()
    assert [(one.lab, one.source, one.note) for one in found] == [
        (lab, "yours", "") for lab in range(1, 8)
    ]
    runs = [pack(one.run) for one in found if one.run]
    runner = Runner()
    assert [one.outcome for one in runner.run(runs)] == ["passed"] * len(runs)
    runner.close()


def test_own_handwriting_is_taken(my):
    from shared.handwriting import my_handwriting

    mine = my_handwriting()
    sources = {mine.letters_source, mine.lines_source, mine.page_source}
    assert sources == {"yours"} and "3 letters, 2 lines, the page" in mine.description
    assert (mine.labels, mine.texts) == ("abA", ["My own line", "Tea for two"])
    assert mine.photo.shape == (134, 238)


def test_labels_are_read(my):
    from shared.labeling import read_labels, validate

    folder = my / "labels/lab07/pages_0"
    checked = read_labels(folder)
    assert not [one for one in validate(checked, folder) if one.severity == "error"]
    assert [line.text for line in checked.pages[0].lines] == ["first line here", "and another"]


def test_own_model_is_loaded(my):
    from shared.handwriting import my_handwriting
    from shared.recognizer import LineTextRecognizer

    reader = LineTextRecognizer.load(my / "models/line_mine.weights.h5")
    assert reader.card["command"] == "labs adapt"
    assert isinstance(reader.read(my_handwriting().lines[0]), str)


def test_a_tracked_run_is_read(my):
    from shared.experiments.tracking import load_run

    (folder,) = (my / "runs/lab04-baseline").iterdir()
    run = load_run(folder)
    assert (run.name, run.state, run.config) == (
        "nearest", "finished", {"reader": "nearest picture"}
    )  # fmt: skip
    assert run.value("accuracy") == pytest.approx(0.3)
    assert run.tables["validation"] == [{"text": "a", "prediction": "b"}]


def test_a_study_goes_on_where_it_was_left(my):
    from shared.experiments import Study, run_study

    study = Study(
        "lab04-rates", "shared.experiments.characters:train", "accuracy",
        fixed={"updates": 4, "per_class": 2, "channels": 2, "looks": 2},
        space={"learning_rate": [1e-3, 4e-3]}, seeds=[1],
    )  # fmt: skip
    before = contents(my / "studies/lab04-rates/trials")
    assert [run.state for run in study.results()] == ["finished"]
    run_study(study, workers=1)
    assert [run.state for run in study.results()] == ["finished"] * 2
    after = contents(my / "studies/lab04-rates/trials")
    history = next(name for name in before if name.endswith("run.jsonl"))
    assert after[history] == before[history]  # Finished, so it was not run again


def test_a_study_of_ideas_goes_on_where_it_was_left(my):
    from shared.experiments.ideas.study import plan, run_study, study_directory

    begun = []

    def run(configuration, **others):
        begun.append(configuration.seed)
        return {"configuration": configuration.as_json(), "cer": {"validation": 0.5}}

    records = run_study(plan(["base", "gru"], [0, 1]), study_directory(), run, say=lambda _: None)
    assert [record["key"] for record in records] == [
        "base-800-0", "gru-800-0", "base-800-1", "gru-800-1"
    ]  # fmt: skip
    assert begun == [1, 1]
    assert len(records[0]["test"]["edits"]) > 100


def test_the_service_starts_beside_earlier_corrections(my):
    from shared.tests.service_support import client

    image = base64.b64encode((my / "handwriting/page.png").read_bytes()).decode()
    line = {"id": "line-009", "box": [10, 10, 200, 40], "text": "one more"}
    with client(my / "service") as one:  # Its note names a model that is not shipped any more
        assert one.get("/health").json()["model"]["version"].startswith("reader-")
        kept = one.post("/v1/corrections", json={"image": image, "lines": [line]})
    assert kept.json()["lines"] == 3

    from shared.service.corrections import LabelFolder

    (page,) = LabelFolder(my / "service/corrections").labels().pages
    assert [line.text for line in page.lines] == ["My own line", "Tea for two", "one more"]
