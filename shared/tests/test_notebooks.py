"""Whole notebooks: both folders under nbval and papermill, the Colab way, an installed wheel."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile

import prose
import pytest
import stored
from building import build, source
from nbclient.exceptions import CellExecutionError

from shared import paths
from shared.course import notebooks, running
from shared.course.outline import this_course
from shared.tests.conftest import FIXTURE_LAB, images_of

COURSE = this_course()
LABS = COURSE.available()
each_lab = pytest.mark.parametrize("lab", LABS, ids=[lab.name for lab in LABS])
pytestmark = pytest.mark.notebooks


@each_lab
def test_lab_matches_its_source(lab):
    assert build.compare(COURSE, lab) == []


@each_lab
def test_lab_reads_well(lab):
    assert prose.lint(lab, source.read(COURSE.solutions / lab.source)) == []


def test_stored_notebooks_pass_the_gate():
    assert stored.inspect_all(COURSE, LABS) == []


@each_lab
def test_untouched_lab_runs_from_end_to_end(lab):
    result = running.run_lab(lab, COURSE.labs, fast=True)
    assert result.errors == []
    assert result.numbers, "no cell tagged number printed anything"


@pytest.mark.nightly  # At its defaults; above with small parameters, below solved at its defaults
@each_lab
def test_untouched_lab_passes_nbval(lab, nbval):
    done = nbval(COURSE.labs / lab.notebook)
    assert done.returncode == 0, done.stdout[-6000:]


@each_lab
def test_solution_gives_its_stored_outputs(lab, nbval):
    done = nbval(COURSE.solutions / lab.notebook)
    assert done.returncode == 0, done.stdout[-6000:]


@each_lab
def test_rendered_solution_has_the_alt_text_of_every_picture(lab):
    import nbformat

    notebook = nbformat.read(COURSE.solutions / lab.notebook, as_version=4)
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    data = [output.data for output in outputs if "data" in output]
    said = [one["text/plain"] for one in data if "<img " in one.get("text/html", "")]
    alts = [image["alt"] for image in images_of(notebook)]
    # As plain text, what stands below a picture (a learner's own result) follows its alt text
    assert len(alts) == len(said) and all(map(str.startswith, said, alts))
    assert alts and all(len(alt.split()) >= 5 for alt in alts)


def test_fixture_lab_passes_nbval_in_both_folders(course, nbval, tmp_path):
    done = nbval(course.solutions / FIXTURE_LAB.notebook)
    assert done.returncode == 0, done.stdout
    shutil.rmtree(tmp_path / "nbval_my")
    done = nbval(course.labs / FIXTURE_LAB.notebook)
    assert done.returncode == 0, done.stdout


def test_wrong_stored_number_fails(course, nbval):
    path = course.solutions / FIXTURE_LAB.notebook
    text = path.read_text(encoding="utf-8")
    assert text.count("[0, 1, 2, 3, 4]") == 1
    path.write_text(text.replace("[0, 1, 2, 3, 4]", "[0, 1, 2, 3, 5]"), encoding="utf-8")
    done = nbval(path)
    assert done.returncode == 1
    assert "1 failed" in done.stdout and "[0, 1, 2, 3, 5]" in done.stdout


def with_last_cell(path, code):
    """Return a notebook with small parameters and one more cell."""
    notebook = notebooks.load(path)
    for cell in notebook["cells"]:
        if fast := cell["metadata"].get("fast"):
            lines = [f"\n{name} = {value!r}" for name, value in fast.items()]
            cell["source"] = cell["source"] + "".join(lines)
    last = {"cell_type": "code", "id": "last", "metadata": {}, "source": code}
    notebook["cells"].append(last | {"execution_count": None, "outputs": []})
    return notebook


WHERE = "import shared\nprint(shared.__file__)"


def printed(cell):
    return "".join(output.get("text", "") for output in cell["outputs"])


@pytest.fixture(scope="module")
def mirror(tmp_path_factory):
    """Make a git repository of this course, as a fresh commit, and return its address."""
    root = tmp_path_factory.mktemp("mirror")
    for name in ("shared", "data/models", "data/samples"):
        ignored = shutil.ignore_patterns("__pycache__")
        if (paths.checkout() / name).is_dir():
            shutil.copytree(paths.checkout() / name, root / name, ignore=ignored)
    shutil.copy(paths.data_file("answers.json"), root / "data")  # What a check compares with
    (root / "pyproject.toml").write_text("")  # How `shared` recognizes a checkout
    who = [
        "-c",
        "user.name=test",
        "-c",
        "user.email=test@example.org",
        "-c",
        "commit.gpgsign=false",
    ]
    for words in (["init", "-q", "-b", "main"], ["add", "."], [*who, "commit", "-qm", "Mirror"]):
        subprocess.run(["git", *words], cwd=root, check=True)
    return root.as_uri()


def test_first_cell_fetches_the_course_on_colab(built, mirror, bare_kernel, tmp_path, monkeypatch):
    monkeypatch.setenv("HANDWRITING_REPOSITORY", mirror)
    notebook = with_last_cell(built.labs / FIXTURE_LAB.notebook, WHERE)
    for cell in notebook["cells"]:  # The fixture reads this setting, which Colab has not
        cell["source"] = cell["source"].replace('os.environ["HANDWRITING_MY"]', "'my'")
        cell["source"] = cell["source"].replace("folder = ", "Path('my').mkdir()\nfolder = ")
    cells = bare_kernel(notebook, colab=True)
    assert printed(cells[-1]).strip() == str(tmp_path / "empty/course/shared/__init__.py")


def test_a_failed_fetch_ends_in_one_sentence_that_says_what_to_set(
    built, bare_kernel, tmp_path, monkeypatch
):
    address = (tmp_path / "nothing here").as_uri()
    monkeypatch.setenv("HANDWRITING_REPOSITORY", address)
    notebook = notebooks.load(built.labs / FIXTURE_LAB.notebook)
    fetch = next(cell for cell in notebook["cells"] if cell["id"] == "fetch-the-course")
    assert len(fetch["source"].splitlines()) <= 8
    with pytest.raises(CellExecutionError) as caught:
        bare_kernel({**notebook, "cells": [fetch]}, colab=True)
    assert caught.value.ename == "UsageError"
    said = f"No course at {address}: run `%env HANDWRITING_REPOSITORY=ADDRESS`"
    assert caught.value.evalue == f"{said}, then this cell again."


def test_without_colab_the_first_cell_fetches_nothing(built, bare_kernel, tmp_path):
    notebook = notebooks.load(built.labs / FIXTURE_LAB.notebook)
    notebook["cells"] = [cell for cell in notebook["cells"] if cell["id"] == "fetch-the-course"]
    bare_kernel(notebook)
    assert list((tmp_path / "empty").iterdir()) == []


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Build the wheel and unpack it, as an installation does."""
    target = tmp_path_factory.mktemp("wheel")
    words = ["-m", "hatchling", "build", "-t", "wheel", "-d", str(target)]
    subprocess.run([sys.executable, *words], cwd=paths.checkout(), check=True, capture_output=True)
    with zipfile.ZipFile(next(target.glob("*.whl"))) as archive:
        archive.extractall(target / "site")
    return target / "site"


def test_wheel_carries_labs_and_weights_but_no_tests(wheel):
    packed = {path.name for path in (wheel / "shared/data/labs").glob("*.ipynb")}
    assert packed == {lab.notebook for lab in LABS}
    models = {path.name for path in (wheel / "shared/data/models").glob("*.h5")}
    assert models == {path.name for path in (paths.DATA / "models").glob("*.h5")}
    assert not (wheel / "shared/tests").exists()
    assert not any("emnist" in path.name and path.is_dir() for path in wheel.rglob("data/*"))


#: The first lab for every change, the others nightly
first_lab_often = pytest.mark.parametrize(
    "lab",
    [
        pytest.param(lab, id=lab.name, marks=[] if lab.number == 1 else pytest.mark.nightly)
        for lab in LABS
    ],
)


@first_lab_often
def test_lab_runs_the_colab_way(lab, mirror, bare_kernel, tmp_path, monkeypatch):
    """In the nightly workflow beside Colab's own versions, of ipywidgets 7 for example."""
    monkeypatch.setenv("HANDWRITING_REPOSITORY", mirror)
    notebook = with_last_cell(COURSE.labs / lab.notebook, WHERE)
    cells = bare_kernel(notebook, colab=True)
    assert printed(cells[-1]).strip() == str(tmp_path / "empty/course/shared/__init__.py")
    assert {path.name for path in (tmp_path / "empty").iterdir()} == {"course"}


@first_lab_often
def test_installed_wheel_runs_a_lab_in_an_empty_folder(lab, wheel, bare_kernel, tmp_path):
    notebook = with_last_cell(wheel / "shared/data/labs" / lab.notebook, WHERE)
    cells = bare_kernel(notebook, first=wheel)
    assert printed(cells[-1]).strip() == str(wheel / "shared/__init__.py")
    assert {path.name for path in (tmp_path / "empty").iterdir()} <= {"my"}


def test_kernel_of_these_tests_sees_no_checkout(bare_kernel):
    notebook = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    code = "import importlib.util\nprint(importlib.util.find_spec('shared'))"
    cell = {"cell_type": "code", "id": "a", "metadata": {}, "source": code}
    notebook["cells"].append(cell | {"execution_count": None, "outputs": []})
    assert json.dumps(printed(bare_kernel(notebook)[0]).strip()) == '"None"'
