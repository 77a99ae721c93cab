"""The script behind Lab 8's table of mutants; the tool itself runs at night."""

import json
import tomllib

import mutants
import pytest

from shared.paths import checkout, sample

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


def test_results_are_counted_and_survivors_kept(work, tmp_path, capsys):
    out = tmp_path / "packed.json"
    assert mutants.main(["--mutants", str(work), "--out", str(out)]) == 0
    assert "shared.f: 2 killed, 2 survived, 1 waiting" in capsys.readouterr().out
    found = json.loads(out.read_text())
    assert found["modules"] == {"shared.f": {"killed": 2, "survived": 2, "waiting": 1}}
    assert found["survivors"][0] == ["f", "if a > 0:", "if a > 1:", "open"]
    assert found["survivors"][1][3] == "words of an error"


def test_nothing_to_collect_is_said(tmp_path, capsys):
    assert mutants.main(["--mutants", str(tmp_path), "--out", str(tmp_path / "none")]) == 1
    assert "no results" in capsys.readouterr().out and not (tmp_path / "none").exists()


def test_shipped_mutants_are_of_todays_functions():
    found = sample("mutants")
    modules = found["modules"].values()
    killed, survived = (sum(one[what] for one in modules) for what in ("killed", "survived"))
    assert killed / (killed + survived) >= 0.85
    assert len(found["survivors"]) == survived
    project = tomllib.loads((checkout() / "pyproject.toml").read_text(encoding="utf-8"))
    files = project["tool"]["mutmut"]["only_mutate"]
    text = "\n".join((checkout() / name).read_text(encoding="utf-8") for name in files)
    for function, *_ in found["survivors"]:
        assert f"def {function}(" in text
