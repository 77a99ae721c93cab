"""What the tests share: a `my/` of their own, a tiny course, notebook runs in separate kernels."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from building import build

from shared.course import outline

FIXTURES = Path(__file__).parent / "fixtures"
FIXTURE_LAB = outline.LABS[1]
collect_ignore = ["fixtures/my"]  # Tests that a learner saved; they take what they test


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the tests that run whole notebooks come last, so that a quick failure shows first."""
    items.sort(key=lambda item: item.get_closest_marker("notebooks") is not None)


def rendered_images(data: dict[str, str]) -> list[dict[str, str]]:
    """Return the attributes of the images that nbconvert makes of an output."""
    from nbformat import v4

    cell = v4.new_code_cell("", outputs=[v4.new_output("display_data", data)])
    return images_of(v4.new_notebook(cells=[cell]))


def images_of(notebook: object) -> list[dict[str, str]]:
    """Return the attributes of the images that nbconvert makes of a notebook's outputs."""
    from bs4 import BeautifulSoup
    from nbconvert import HTMLExporter

    page = BeautifulSoup(HTMLExporter().from_notebook_node(notebook)[0], "html.parser")
    return [image.attrs for image in page.select(".jp-OutputArea img")]


@pytest.fixture(scope="session", autouse=True)
def my_of_the_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Keep every test away from the learner's own files."""
    folder = tmp_path_factory.mktemp("my")
    before = os.environ.get("HANDWRITING_MY")
    os.environ["HANDWRITING_MY"] = str(folder)
    yield folder
    if before is None:
        del os.environ["HANDWRITING_MY"]
    else:
        os.environ["HANDWRITING_MY"] = before


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> outline.Course:
    """Build the fixture lab once; tests that change it take `course`."""
    root = tmp_path_factory.mktemp("built")
    course = outline.Course(root / "labs", root / "solutions")
    course.solutions.mkdir()
    shutil.copy(FIXTURES / FIXTURE_LAB.source, course.solutions)
    build.build(course, FIXTURE_LAB)
    return course


@pytest.fixture
def course(built: outline.Course, tmp_path: Path) -> outline.Course:
    """Return a copy of the built fixture course that a test may change."""
    shutil.copytree(built.labs.parent, tmp_path / "course")
    return outline.Course(tmp_path / "course/labs", tmp_path / "course/solutions")


@pytest.fixture
def nbval(tmp_path: Path) -> Callable[[Path], subprocess.CompletedProcess[str]]:
    """Run nbval over one notebook: errors fail everywhere, outputs only where tagged."""

    def run(notebook: Path) -> subprocess.CompletedProcess[str]:
        my = tmp_path / "nbval_my"
        my.mkdir()
        words = "-m pytest --nbval-lax --nbval-current-env --nbval-cell-timeout=1200 -q -ra"
        words += " -p no:cacheprovider -o addopts="
        environment = {**os.environ, "HANDWRITING_MY": str(my), "PYTEST_ADDOPTS": ""}
        return subprocess.run(
            [sys.executable, *words.split(), str(notebook)],
            cwd=notebook.parent, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip

    return run


@pytest.fixture
def bare_kernel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., list[dict[str, object]]]:
    """Run a notebook in an empty folder, in a kernel that does not see this checkout.

    `python -S` processes no `.pth` file, so an editable installation is invisible.
    """

    def run(
        notebook: dict[str, object], first: Path | None = None, colab: bool = False
    ) -> list[dict[str, object]]:
        import nbformat
        from nbclient import NotebookClient

        site = str(Path(pytest.__file__).parents[1])
        launch = ["import sys, types", f"sys.path.append({site!r})"]
        launch += [f"sys.path.insert(0, {str(first)!r})"] if first else []
        if colab:
            launch.append("sys.modules['google.colab'] = types.ModuleType('google.colab')")
        launch.append("from ipykernel.kernelapp import launch_new_instance as go; go()")
        spec = {
            "argv": [sys.executable, "-S", "-c", "; ".join(launch), "-f", "{connection_file}"],
            "display_name": "bare", "language": "python",
        }  # fmt: skip
        folder = tmp_path / "jupyter/kernels/bare"
        folder.mkdir(parents=True)
        (folder / "kernel.json").write_text(json.dumps(spec))
        empty = tmp_path / "empty"
        empty.mkdir()
        monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
        monkeypatch.delenv("PYTHONPATH", raising=False)
        monkeypatch.delenv("HANDWRITING_MY", raising=False)
        node = nbformat.reads(json.dumps(notebook), as_version=4)
        resources = {"metadata": {"path": str(empty)}}
        NotebookClient(node, kernel_name="bare", timeout=1200, resources=resources).execute()
        return node.cells

    return run
