"""The house: what the README says, one source of dependencies, files that name no machine."""

from __future__ import annotations

import re
import runpy
import subprocess
import sys
import time
import tomllib

import gallery
import pictures
import pytest
import readme
from PIL import Image

from shared import paths
from shared.course import outline
from shared.course.outline import REPOSITORY, this_course

ROOT = paths.checkout()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
README = (ROOT / "README.md").read_text(encoding="utf-8")
TEST_COMMAND = "python -m pytest -n 2 --dist loadfile"


def tracked():
    """Return the files of the repository, those not yet added included."""
    words = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, check=True)
    names = sorted({name for name in done.stdout.decode().split("\0") if name})
    return [ROOT / name for name in names if (ROOT / name).is_file()]


def names_of(requirements):
    return {re.split(r"[^A-Za-z0-9_.-]", line, maxsplit=1)[0].lower() for line in requirements}


def test_ruff_finds_nothing():
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--no-cache", "."],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


def test_ci_runs_the_test_command_of_the_readme():
    assert f"uv run --extra dev {TEST_COMMAND}\n" in README
    script = (ROOT / ".ci/run").read_text(encoding="utf-8").strip()
    assert script.splitlines()[-1] == TEST_COMMAND


def test_links_of_the_readme_lead_somewhere():
    targets = re.findall(r"\]\(([^)#]+)\)", README)
    missing = [
        target
        for target in targets
        if "://" not in target and not target.startswith("../../") and not (ROOT / target).exists()
    ]
    assert not missing


def test_table_of_labs_and_address_in_the_readme_are_true(tmp_path, monkeypatch):
    assert readme.difference(this_course()) is None
    alone = [sys.executable, str(ROOT / ".ci/check/readme.py")]  # It has nothing to write
    subprocess.run(alone, cwd=ROOT, check=True)
    (tmp_path / "README.md").write_text(README, encoding="utf-8")
    moved = outline.Course(tmp_path / "labs", this_course().solutions)
    monkeypatch.setattr(outline, "REPOSITORY", "https://github.com/someone/letters")
    readme.update(moved)
    text = (tmp_path / "README.md").read_text(encoding="utf-8")
    assert "git clone https://github.com/someone/letters\ncd letters\n" in text
    assert REPOSITORY.removeprefix("https://github.com/") not in text


def test_questions_of_the_teaching_page_name_parts_that_the_labs_have():
    text = (ROOT / ".github" / "TEACHING.md").read_text(encoding="utf-8")
    cited = re.findall(r"labs/(\w+)\.ipynb\">Lab \d, ([^<]+)</a>", text)
    assert len(cited) == len(re.findall(r"^\d+\. ", text, re.MULTILINE)) == 30
    for name, heading in cited:
        source = (ROOT / "solutions" / f"{name}.py").read_text(encoding="utf-8")
        assert re.search(rf"^# ##+ {re.escape(heading)}$", source, re.MULTILINE), heading


def test_figures_are_written_as_files_with_their_alt_texts(tmp_path):
    found = pictures.write(this_course(), tmp_path)
    assert all(found.values()) and len(found) > 60
    assert {path.name for path in tmp_path.iterdir()} == {*found, "alt.json"}


def test_gallery_shows_a_picture_of_every_lab(tmp_path):
    with Image.open(gallery.write(this_course(), tmp_path / "gallery.jpg")) as picture:
        assert picture.format == "JPEG" and picture.height < picture.width
    assert set(gallery.SHOWN) == {lab.number for lab in this_course().available()}
    assert (ROOT / gallery.FILE).is_file() and gallery.block(this_course()) in README


def test_address_of_the_repository_stands_in_one_place():
    name = REPOSITORY.removeprefix("https://github.com/")
    texts = {
        path: path.read_text(encoding="utf-8", errors="replace")
        for path in tracked()
        if path.suffix != ".ipynb" and path != ROOT / "README.md"  # What the build writes
    }
    assert [path.name for path, text in texts.items() if name in text] == ["outline.py"]


def test_conda_installs_what_pyproject_says():
    text = (ROOT / "environment.yml").read_text(encoding="utf-8")
    assert "-e .[notebooks,dev]" in text
    python = re.search(r"python=(\d+)\.(\d+)", text)
    assert (3, 11) <= tuple(map(int, python.groups())) < (3, 14)
    listed = re.findall(r"^\s*- ([a-z]+)", text.split("dependencies:")[1], re.MULTILINE)
    assert set(listed) == {"python", "pip"}


def test_lock_pins_every_dependency_and_names_no_server():
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    pinned = {line.split("==")[0] for line in text.splitlines() if re.match(r"[a-z0-9-]+==", line)}
    extras = dict(PROJECT["project"]["optional-dependencies"])
    for few in ("parallel", "heic"):  # Clusters, iPhones; the lock covers notebooks and dev
        del extras[few]
    wanted = names_of(PROJECT["project"]["dependencies"])
    wanted |= names_of(line for lines in extras.values() for line in lines)
    assert wanted - {PROJECT["project"]["name"]} <= pinned
    assert "://" not in text and "--index" not in text


def test_colab_pins_lie_inside_our_ranges():
    from packaging.requirements import Requirement

    lines = (ROOT / ".github/colab-constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = dict(line.split("==") for line in lines if not line.startswith("#"))
    extras = PROJECT["project"]["optional-dependencies"]
    ranges = [
        Requirement(text) for text in PROJECT["project"]["dependencies"] + extras["notebooks"]
    ]
    checked = [one.name for one in ranges if one.name in pins]
    assert {"tensorflow", "keras", "ipywidgets"} <= set(checked)
    for one in ranges:
        if one.name in pins:
            assert one.specifier.contains(pins[one.name]), f"{one} refuses Colab's {pins[one.name]}"


def test_no_file_names_a_package_server_or_a_machine():
    servers = "|".join(("registry" + r"\.npmjs", "pypi" + r"\.org", "python" + "hosted"))
    found = []
    for path in tracked():
        if path.suffix not in {".png", ".npz", ".h5"}:
            text = path.read_text(encoding="utf-8", errors="replace")
            found += [str(path) for _ in re.finditer(servers, text)]
            machine = r"(?<![\w.])/(?:root|(?:home|work|Users)/\w+)/"
            found += [str(path) for _ in re.finditer(machine, text)]
    assert not found


def test_files_in_git_are_small():
    large = [f"{path} {path.stat().st_size}" for path in tracked() if path.stat().st_size > 3e6]
    assert not large


def test_workflows_run_the_same_commands():
    folder = ROOT / ".github/workflows"
    names = {path.stem for path in folder.glob("*.yml")}
    assert {"pull_request", "nightly", "weekly"} <= names
    assert TEST_COMMAND in (folder / "pull_request.yml").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["pull_request", "nightly", "weekly"])
def test_workflow_is_well_formed(name):
    import yaml

    workflow = yaml.safe_load((ROOT / f".github/workflows/{name}.yml").read_text(encoding="utf-8"))
    assert {"name", "permissions", "jobs"} <= set(workflow)
    for job in workflow["jobs"].values():
        assert job["timeout-minutes"] <= 180
        for step in job["steps"]:
            assert ("uses" in step) != ("run" in step) and "name" in step


def test_import_is_silent_and_loads_nothing_heavy():
    code = (
        "import sys, shared, shared.course.cli; "
        "sys.exit(len({'tensorflow', 'keras', 'matplotlib', 'IPython'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_command_line_answers_at_once():
    start = time.perf_counter()
    words = [sys.executable, "-m", "shared.course", "--help"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "examples" in done.stdout
    assert time.perf_counter() - start < 10  # A slow machine may take a second, TensorFlow ten


def test_no_room_outgrows_its_ceiling():
    done = subprocess.run(
        [sys.executable, str(ROOT / ".ci/limits.py")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_a_line_of_code_is_neither_comment_docstring_nor_import():
    limits = runpy.run_path(str(ROOT / ".ci/limits.py"))
    text = 'import os\n\ndef f():\n    """Say."""\n    # Why\n    a = 1; return (\n        a)\n'
    assert limits["code_lines"](text) == 4  # `def`, two statements on a line, and a bracket's rest
    deep = "from shared.checks import begin, check\nfrom shared.checks.lab01 import x\n"
    assert limits["lab_imports"](deep) == (1, 1)
