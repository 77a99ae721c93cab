"""Opening, running and checking labs with the fixture course."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path
from types import SimpleNamespace

import pytest
import stored

from shared.course import cli, executing, label, notebooks, opening, report, running
from shared.course.outline import CourseError
from shared.tests.conftest import FIXTURE_LAB


def change(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_untouched_lab_runs_with_small_parameters(built):
    result = running.run_lab(FIXTURE_LAB, built.labs, fast=True)
    assert result.errors == []
    assert result.numbers == ["0 files before, 2 counted"]
    assert "not attempted" in json.dumps(result.notebook)


def test_failing_cell_makes_the_lab_red(course):
    change(course.labs / FIXTURE_LAB.notebook, "list(range(5))", "1 / 0")
    result = running.run_lab(FIXTURE_LAB, course.labs)
    assert "ZeroDivisionError" in result.errors[0]


def test_error_in_a_widget_callback_makes_the_lab_red(course):
    lines = (
        "import ipywidgets\\n",
        "def draw(value):\\n",
        "    raise ValueError('broken callback')\\n",
        "ipywidgets.interact(draw, value=3)",
    )
    change(course.labs / FIXTURE_LAB.notebook, "list(range(5))", "".join(lines))
    result = running.run_lab(FIXTURE_LAB, course.labs)
    assert any("broken callback" in error for error in result.errors)


def test_dead_kernel_makes_the_lab_red(course):
    change(course.labs / FIXTURE_LAB.notebook, "list(range(5))", "import os; os._exit(1)")
    result = running.run_lab(FIXTURE_LAB, course.labs)
    assert result.errors


def test_too_much_memory_makes_the_lab_red(built, monkeypatch):
    monkeypatch.setattr(running, "MEMORY_LIMIT", 1e6)
    result = running.run_lab(FIXTURE_LAB, built.labs)
    assert "GB" in result.errors[0] and result.peak_bytes > 1e7


def test_run_writes_a_page_that_needs_no_other_file(built, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(running, "this_course", lambda: built)
    target = tmp_path / "report.html"
    assert cli.main(["run", "2", "-p", "COUNT", "7", "--report", str(target)]) == 0
    page = target.read_text(encoding="utf-8")
    assert "1 of 1 labs green" in page and "7 counted" in page
    assert not re.search(r'(src|href)="(?!data:|#)', page)
    assert "1 of 1 labs are green" in capsys.readouterr().out


def test_the_report_is_written_after_each_lab(built, tmp_path, monkeypatch, capsys):
    target, calls = tmp_path / "report.html", []

    def run_lab(lab, folder, **options):
        if calls:
            assert "1 of 1 labs green" in target.read_text(encoding="utf-8")
            raise KeyboardInterrupt
        calls.append(lab)
        return running.Result({"cells": []}, [], 1.0, 0, lab, "labs")

    monkeypatch.setattr(running, "this_course", lambda: built)
    monkeypatch.setattr(running, "run_lab", run_lab)
    assert cli.main(["run", "2", "2", "--report", str(target)]) == 130
    said = capsys.readouterr().err.splitlines()[-1]
    assert said.startswith("labs run: stopped. The report") and "labs run NUMBER" in said


def test_a_parameter_that_no_lab_has_is_refused(built, monkeypatch, capsys):
    monkeypatch.setattr(running, "this_course", lambda: built)
    assert cli.main(["run", "2", "-p", "NOPE", "3"]) == 2
    said = capsys.readouterr().err
    assert "has a parameter NOPE" in said and "Lab 2: COUNT" in said


@pytest.mark.parametrize("verb", cli.VERBS)
def test_wrong_words_are_answered_by_the_usage_of_the_verb(verb, capsys):
    with pytest.raises(SystemExit) as stopped:
        cli.main([verb, "--no-such-word"])
    assert stopped.value.code == 2
    said = capsys.readouterr().err
    assert said.startswith(f"usage: labs {verb} ")
    assert "--no-such-word" in said or "required: " in said


@pytest.mark.parametrize("verb", cli.VERBS)
def test_ctrl_c_says_what_to_do_next(verb, monkeypatch, capsys):
    module = cli._module(verb)

    def stop(arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "run", stop)
    monkeypatch.setattr(module, "add_arguments", lambda parser: None)  # Each wants other words
    assert cli.main([verb]) == 130
    said = capsys.readouterr().err.splitlines()[-1]
    assert said.startswith(f"labs {verb}: stopped. ") and len(said) > 40


def test_report_shows_a_picture_and_its_alt_text_instead_of_words():
    image = '<img alt="A curve that falls to 3 &gt; 2" src="data:image/png;base64,aa">'
    data = {"text/html": image, "text/plain": "A curve"}
    cell = {"id": "a", "outputs": [{"output_type": "display_data", "data": data}]}
    lab = {"cells": [cell | {"metadata": {}}]}
    result = running.Result(lab, [], 1.0, 0, FIXTURE_LAB, "labs")
    assert image in report.page([result]) and ">A curve<" not in report.page([result])
    assert notebooks.texts(cell) == []


def test_memory_of_child_processes_is_seen():
    with executing.PeakMemory() as watch:
        code = "import time; block = bytearray(80_000_000); time.sleep(1.5)"
        subprocess.run([sys.executable, "-c", code], check=True)
    assert watch.peak > 80_000_000


def test_open_copies_once_and_never_overwrites(course, tmp_path):
    my = tmp_path / "my"
    path, _ = opening.copy(course, FIXTURE_LAB, my)
    assert path.read_bytes() == (course.labs / FIXTURE_LAB.notebook).read_bytes()
    path.write_text("my answers", encoding="utf-8")
    again, message = opening.copy(course, FIXTURE_LAB, my)
    assert again == path and "as you left it" in message
    assert path.read_text(encoding="utf-8") == "my answers"


def test_open_offers_a_newer_version_beside_the_copy(course, tmp_path):
    my = tmp_path / "my"
    path, _ = opening.copy(course, FIXTURE_LAB, my)
    path.write_text("my answers", encoding="utf-8")
    change(course.labs / FIXTURE_LAB.notebook, "Five numbers", "Five whole numbers")
    same, message = opening.copy(course, FIXTURE_LAB, my)
    assert same == path and "--newer" in message
    beside, _ = opening.copy(course, FIXTURE_LAB, my, newer=True)
    assert beside.read_bytes() == (course.labs / FIXTURE_LAB.notebook).read_bytes()
    assert path.read_text(encoding="utf-8") == "my answers"
    beside.write_text("more answers", encoding="utf-8")
    assert opening.copy(course, FIXTURE_LAB, my, newer=True)[0] == beside
    assert beside.read_text(encoding="utf-8") == "more answers"


def test_open_works_from_any_folder(built, tmp_path, monkeypatch):
    monkeypatch.setattr(opening, "this_course", lambda: built)
    monkeypatch.setenv("HANDWRITING_MY", str(tmp_path / "my"))
    monkeypatch.chdir(tmp_path)
    assert cli.main(["open", "2", "--copy"]) == 0
    assert (tmp_path / "my" / FIXTURE_LAB.notebook).is_file()


def test_open_tells_kernels_where_the_copy_is(built, tmp_path, monkeypatch):
    started = {}

    def start(words, **options):
        started.update(options)
        return SimpleNamespace(poll=lambda: 0, wait=lambda: 0)

    monkeypatch.setattr(opening, "this_course", lambda: built)
    monkeypatch.setattr(opening.subprocess, "Popen", start)
    monkeypatch.setenv("HANDWRITING_MY", "mine")  # Names another folder from another place
    monkeypatch.chdir(tmp_path)
    assert cli.main(["open", "2"]) == 0
    assert started["env"]["HANDWRITING_MY"] == str((tmp_path / "mine").resolve())
    assert started["cwd"] == tmp_path.resolve()


@pytest.mark.notebooks
@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is no signal of a group there")
def test_open_says_where_it_is_on_a_taken_port_and_finds_it_again(tmp_path):
    environment = os.environ | {"HANDWRITING_MY": str(tmp_path / "my"), "PYTHONUNBUFFERED": "1"}
    words = [sys.executable, "-m", "shared.course", "open", "--no-browser"]
    with socket.socket() as taken:
        with contextlib.suppress(OSError):  # Another program has it, which does as well
            taken.bind(("127.0.0.1", 8888))
            taken.listen()
        first = subprocess.Popen(
            [*words, "2"],
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        try:
            said = [first.stdout.readline() for _ in range(2)]
            address = re.search(r"http://\S+", said[1])[0]
            assert said[1].startswith("Open in JupyterLab") and ":8888/" not in address
            second = subprocess.run(
                [*words, "3"], env=environment, capture_output=True, text=True, timeout=60
            )
            assert second.returncode == 0 and "runs for this folder already" in second.stdout
            assert address.partition("/lab/")[0] in second.stdout
            with urllib.request.urlopen(address, timeout=20) as page:
                assert page.status == 200
        finally:
            os.killpg(first.pid, signal.SIGINT)
        assert first.wait(timeout=30) == 130


def test_a_file_in_the_way_is_one_sentence(built, tmp_path, monkeypatch, capsys):
    (tmp_path / "my").write_text("a file", encoding="utf-8")
    monkeypatch.setattr(opening, "this_course", lambda: built)
    monkeypatch.setenv("HANDWRITING_MY", str(tmp_path / "my"))
    assert cli.main(["open", "2", "--copy"]) == 1
    assert "labs open: Your own files belong in the folder" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "message"),
    [(["17"], "No lab is called '17'"), (["9"], "is not written yet. Labs that exist: 2")],
)
def test_wrong_lab_is_explained(built, words, message):
    with pytest.raises(CourseError, match=message):
        built.find(words)


def test_stored_error_and_widget_state_do_not_pass_the_gate(course):
    path = course.solutions / FIXTURE_LAB.notebook
    notebook = json.loads(path.read_text(encoding="utf-8"))
    notebook["metadata"]["widgets"] = {}
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    code[0]["outputs"] = [{"output_type": "error", "ename": "E", "evalue": "x", "traceback": []}]
    code[1]["outputs"] = [{"output_type": "stream", "name": "stderr", "text": ["noise"]}]
    code[2]["execution_count"] = None
    path.write_text(json.dumps(notebook), encoding="utf-8")
    found = " ".join(stored.inspect_solved(path))
    for word in ("widget state", "stores the error", "stderr", "never executed"):
        assert word in found


def test_help_lists_every_verb_and_no_other(capsys):
    with pytest.raises(SystemExit) as stopped:
        cli.main(["--help"])
    assert stopped.value.code == 0
    listed = re.findall(r"^    ([a-z-]+)\s", capsys.readouterr().out, re.MULTILINE)
    assert listed == list(cli.VERBS)
    modules = Path(cli.__file__).parent.glob("*.py")
    runnable = {path.stem for path in modules if "\ndef add_arguments(" in path.read_text("utf-8")}
    here = {f"shared.course.{name}" for name in runnable}
    assert here == {module for module, _ in cli.VERBS.values() if module.startswith("shared.")}


@pytest.mark.parametrize("verb", ["build", "check", "class"])
def test_a_verb_that_needs_the_sources_says_so_where_there_are_none(verb, monkeypatch, capsys):
    monkeypatch.setattr(cli, "checkout", lambda: None)
    assert cli.main([verb]) == 2
    assert capsys.readouterr().err.startswith(f"labs {verb}: The sources of the labs are not here")


@pytest.mark.parametrize("verb", cli.VERBS)
def test_help_of_every_verb_has_examples(verb, capsys):
    with pytest.raises(SystemExit) as stopped:
        cli.main([verb, "--help"])
    assert stopped.value.code == 0
    assert f"labs {verb}" in capsys.readouterr().out.partition("xamples")[2]


def test_every_act_of_label_is_a_function():
    from shared.labeling import commands

    assert all(callable(getattr(commands, act)) for act, _, _ in label.ACTS.values())


def test_unknown_verb_ends_with_status_two():
    with pytest.raises(SystemExit) as stopped:
        cli.main(["opne"])
    assert stopped.value.code == 2


def test_a_copy_never_leads_to_the_labs_that_a_pull_replaces(course, tmp_path):
    link = "[next: LineTextRecognizer](../labs/03_line_text_recognizer.ipynb)"
    change(course.labs / FIXTURE_LAB.notebook, "Five numbers", link)
    path, _ = opening.copy(course, FIXTURE_LAB, tmp_path / "my")
    copied = path.read_text(encoding="utf-8")
    assert "../labs/" not in copied
    assert "next: LineTextRecognizer: `labs open 3`" in copied
    json.loads(copied)
