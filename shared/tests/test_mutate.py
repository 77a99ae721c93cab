"""The command behind Lab 8's table of mutants; the tool itself runs at night."""

import json

import pytest

from shared.course import mutate
from shared.course.outline import CourseError
from shared.paths import checkout

SOURCE = """
def x_f__mutmut_orig(a, b=1):
    if a > 0:
        raise ValueError('no')
    return a + b
def x_f__mutmut_1(a, b=1):
    if a > 1:
        raise ValueError('no')
    return a + b
def x_f__mutmut_2(a, b=1):
    if a > 0:
        raise ValueError('XXnoXX')
    return a + b
"""


@pytest.fixture
def work(tmp_path):
    folder = tmp_path / "mutants/shared"
    folder.mkdir(parents=True)
    (folder / "f.py").write_text(SOURCE)
    keys = {"shared.f.x_f__mutmut_1": 0, "shared.f.x_f__mutmut_2": 0, "shared.f.x_f__mutmut_3": 1,
            "shared.f.x_f__mutmut_4": -24, "shared.f.x_f__mutmut_5": None}  # fmt: skip
    (folder / "f.py.meta").write_text(json.dumps({"exit_code_by_key": keys}))
    return tmp_path


def test_results_are_counted_and_survivors_shown(work, tmp_path):
    found = mutate.collect(work)
    assert found.modules == {"shared.f": mutate.Module(killed=2, survived=2, waiting=1)}
    assert found.survivors[0] == ("f", "if a > 0:", "if a > 1:", "open")
    assert found.survivors[1][3] == "words of an error"
    assert found.summary == "4 mutants: 50.0% killed, 2 survived, 1 not tried"
    packed = tmp_path / "packed.json"
    packed.write_text(mutate.as_json(found))
    assert mutate.shipped_mutants(packed) == found


def test_nothing_to_collect_is_said(tmp_path):
    with pytest.raises(CourseError, match="no results"):
        mutate.collect(tmp_path)


def test_only_what_is_asked_for_is_copied(tmp_path):
    mutate.prepare(checkout(), tmp_path, ["shared/ctc/*.py"], ["shared/tests/test_ctc.py"])
    tests = {path.name for path in (tmp_path / "shared/tests").glob("*.py")}
    assert tests == {"__init__.py", "test_ctc.py"}
    assert 'only_mutate = ["shared/ctc/*.py"]' in (tmp_path / "pyproject.toml").read_text()
    with pytest.raises(CourseError, match="No file matches"):
        mutate.prepare(checkout(), tmp_path, ["shared/nothing/*.py"], [])


def test_shipped_mutants_are_of_todays_functions():
    from shared import ctc

    found = mutate.shipped_mutants()
    assert set(found.modules) == {
        f"shared.ctc.{name}" for name in ("alignment", "collapsing", "decoding", "lattice")
    }
    killed = sum(module.killed for module in found.modules.values())
    assert killed / (killed + len(found.survivors)) >= 0.85
    assert len(found.survivors) == sum(module.survived for module in found.modules.values())
    folder = checkout() / "shared/ctc"
    text = "\n".join(path.read_text(encoding="utf-8") for path in folder.glob("*.py"))
    for function, *_ in found.survivors:
        assert f"def {function}(" in text
    assert ctc.__all__


@pytest.mark.nightly
def test_the_tool_runs_on_a_small_module(tmp_path, monkeypatch, capsys):
    from shared.course import cli

    monkeypatch.setenv("HANDWRITING_MY", str(tmp_path))
    words = ["mutate", "shared/alphabet.py", "--tests", "shared/tests/test_alphabet.py"]
    assert cli.main(words) == 0
    assert "shared.alphabet" in capsys.readouterr().out
