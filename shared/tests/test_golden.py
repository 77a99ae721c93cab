"""The golden files of `.ci/golden`: what is compared, and that a change is shown."""

import json
import shutil
import subprocess
import sys

import pytest

from shared import paths

GOLDEN = paths.checkout() / ".ci/golden"


def compared(*words, folder=GOLDEN):
    done = subprocess.run(
        [sys.executable, str(folder), *words], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


def test_the_service_answers_in_the_form_it_did():
    status, said = compared("service")
    assert status == 0, f"{said}\nIf it was meant: python .ci/golden service --write"


def test_checks_say_what_they_said_of_a_small_lab():
    status, said = compared("verdicts", "lab90")
    assert status == 0, f"{said}\nIf it was meant: python .ci/golden verdicts --write"


def test_golden_verdicts_cover_the_catalogue():
    from shared.tests.catalogue import EXERCISES, accepted, refused

    kept = json.loads((GOLDEN / "verdicts.json").read_text(encoding="utf-8"))
    for name, exercise in EXERCISES.items():
        names = {"untouched", *(f"wrong: {entry[0]}" for entry in refused(exercise))}
        names |= {f"right: {entry[0]}" for entry in accepted(exercise)}
        assert names == set(kept[name]["answers"]), "run `python .ci/golden verdicts --write`"
    assert set(kept) == set(EXERCISES)


@pytest.fixture
def copy(tmp_path):
    """A checkout of the guards alone, whose code is this one's."""
    shutil.copytree(GOLDEN, tmp_path / ".ci/golden")
    (tmp_path / "shared").symlink_to(paths.checkout() / "shared")
    (tmp_path / "data").symlink_to(paths.checkout() / "data")
    return tmp_path / ".ci/golden"


def test_a_changed_sentence_is_shown_and_can_be_kept(copy):
    file = copy / "verdicts.json"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("`stride` still raises", "`stride` yet raises"), encoding="utf-8")
    status, said = compared("verdicts", "lab90.stride", folder=copy)
    assert status == 1 and "lab90.stride / answers / untouched / note" in said
    assert '- "`stride` yet' in said and '+ "`stride` still' in said
    assert compared("verdicts", "lab90.stride", "--write", folder=copy)[0] == 0
    assert file.read_text(encoding="utf-8") == text


def test_readings_are_kept_apart_from_the_form_of_answers():
    forms, readings = (
        json.loads((GOLDEN / f"{kind}.json").read_text(encoding="utf-8"))
        for kind in ("service", "readings")
    )
    assert len(forms) >= 50 and readings.keys() < forms.keys()
    text = readings["line-0.png"]["text"]
    assert len(text) > 5 and text not in (GOLDEN / "service.json").read_text(encoding="utf-8")


def test_an_unknown_name_compares_nothing():
    status, said = compared("verdicts", "lab77")
    assert status == 2 and "lab77" in said
