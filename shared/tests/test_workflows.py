"""Workflows: what is read, what is refused, what runs here, and the course's own."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from shared import paths
from shared.checks.answers import answer
from shared.exercises.workflows import (
    problems,
    read_workflow,
    run_locally,
    schema_problem,
    write_project,
)
from shared.exercises.workflows.reading import WorkflowError
from shared.exercises.workflows.schema import schema_installed

TEXT = answer("lab08.write_workflow")()
FOLDER = paths.checkout() / ".github/workflows"
OWN = sorted(path.name for path in FOLDER.glob("*.yml"))
BUG = {"reading.py": ("if symbol != blank]", "]")}


def own(name):
    return (FOLDER / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", OWN)
def test_our_own_workflows_deserve_to_be_the_example(name):
    workflow = read_workflow(own(name))
    assert schema_installed() and schema_problem(own(name)) is None
    for ask in (problems.unfit, problems.no_limit, problems.spilled_secret):
        assert ask(workflow) is None
    assert not problems.writes(workflow.content["permissions"])
    for job, content in workflow.jobs.items():
        rights = set(problems.writes(content.get("permissions") or {}))
        assert rights <= {"pull-requests", "issues"}
        if rights:  # Whoever may write runs no code of the change
            actions = {step.action for step in workflow.steps(job)} - {""}
            assert actions <= {"actions/download-artifact"}
            assert not re.search(r"python|labs|pip", str([s.run for s in workflow.steps(job)]))
    commands = " ".join(step.run for step in workflow.steps())
    assert "|| true" not in commands and "continue-on-error" not in own(name)


def test_zizmor_finds_nothing_in_our_workflows():
    found = shutil.which("zizmor", path=f"{Path(sys.executable).parent}{os.pathsep}{os.defpath}")
    settings = paths.DATA / "samples/project/zizmor.yml"  # Tags are allowed, as Lab 8 says
    words = [found, "--offline", "--quiet", "--no-progress", "--config", str(settings), str(FOLDER)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_our_workflows_do_what_the_lab_says():
    names = ("pull_request", "nightly", "weekly")
    pull, night, week = (read_workflow(own(f"{name}.yml")) for name in names)
    assert "pull_request" in pull.triggers
    assert "schedule" in night.triggers and "schedule" in week.triggers
    for ask in (problems.no_matrix, problems.no_cache, problems.no_tests, problems.no_artifact,
                problems.no_comment, problems.too_many_rights):  # fmt: skip
        assert ask(pull) is None, ask.__name__
    assert pull.jobs["comment"]["needs"] == "quality"
    assert set(night.jobs["tell"]["needs"]) == set(night.jobs) - {"tell"}


@pytest.mark.parametrize("name", OWN)
def test_commands_of_our_workflows_exist(name):
    from shared.course.cli import VERBS

    for step in read_workflow(own(name)).steps():
        for verb in re.findall(r"(?:(?<![\w-])labs|shared\.course) ([a-z][a-z-]*)", step.run):
            assert verb in VERBS, f"{step.name} runs labs {verb}"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is text"),
        ("a: [", "line 1"),
        ("- a\n- b", "begins with keys"),
        ("name: x\njobs: {}", "`on:` is missing"),
        ("on: push\njobs: {a: {runs-on: x}}", "no list of `steps:`"),
        ("on: push\njobs: {a: {steps: [{name: x}]}}", "either `run:` or `uses:`"),
        ("on: push\njobs: [a]", "one key for each job"),
        ("a: &a [x]\nb: [*a, *a]", "without YAML aliases"),
        ("x" * 50_000, "40,000 are the most"),
    ],
)
def test_what_is_no_workflow_is_refused_with_a_sentence(text, words):
    with pytest.raises(WorkflowError, match=re.escape(words)):
        read_workflow(text)


def test_yaml_that_makes_objects_is_not_obeyed():
    with pytest.raises(WorkflowError, match="no YAML"):
        read_workflow("on: !!python/object/apply:os.system ['true']\njobs: {}")


def test_the_schema_names_an_unknown_key():
    assert "stepz" in schema_problem(TEXT.replace("    needs: test", "    stepz: test"))
    assert schema_problem(TEXT) is None


def states(results):
    return {(one.job, one.step): one.state for one in results}


def test_steps_run_in_a_clean_copy(tmp_path, monkeypatch):
    monkeypatch.setenv("MY_SECRET", "hush")
    old = "run: python quality.py > report/quality.md"
    text = TEXT.replace(old, "run: |\n          python quality.py\n          env\n          ls")
    project = write_project(tmp_path / "project")
    (project / "junk.txt").write_text("x")
    results = run_locally(read_workflow(text), project)
    found = states(results)
    assert found["test", "Test"] == found["test", "Measure the quality"] == "ok"
    assert found["test", "Install"] == found["comment", "Comment"] == "left out"
    printed = next(one.text for one in results if one.step == "Measure the quality")
    assert "error rate" in printed and "hush" not in printed and "CI=true" in printed
    assert {path.name for path in project.iterdir()} == {*write_names(), "junk.txt"}


def write_names():
    shipped = paths.DATA / "samples/project"
    return {path.name for path in shipped.iterdir() if path.name[0] not in "._"}


def test_a_bug_turns_it_red_and_the_report_is_still_kept(tmp_path):
    results = run_locally(read_workflow(TEXT), write_project(tmp_path, BUG))
    found = states(results)
    assert found["test", "Test"] == "failed"
    assert found["test", "Measure the quality"] == "not run"
    assert found["test", "Keep the report"] == "left out"  # Its `if` says always
    assert found["comment", "(all steps)"] == "not run"


def job(*steps, **more):
    only = {"runs-on": "x", "steps": list(steps)} | more
    return read_workflow(json.dumps({"on": ["pull_request", "push"], "jobs": {"a": only}}))


def test_conditions_matrix_and_time_limits(tmp_path):
    steps = (
        {"run": "echo ${{ matrix.python }} $KIND ${{ secrets.X }}-", "env": {"KIND": "warm"}},
        {"run": "false"},
        {"run": "echo no"},
        {"run": "echo mend", "if": "failure()"},
        {"run": "echo night", "if": "always() && github.event_name == 'schedule'"},
    )
    workflow = job(*steps, strategy={"matrix": {"python": ["3.11", "3.13"]}})
    results = run_locally(workflow, write_project(tmp_path))
    assert [one.state for one in results] == ["ok", "failed", "not run", "ok", "not run"]
    assert results[0].text == "3.11 warm -"
    slow = run_locally(job({"run": "sleep 30"}), write_project(tmp_path), seconds=0.5)
    assert slow[0].state == "failed" and "0.5 seconds" in slow[0].text


def test_a_step_stops_at_its_first_red_command(tmp_path):
    results = run_locally(job({"run": "false\necho on"}), write_project(tmp_path))
    assert (results[0].state, results[0].text) == ("failed", "")


def test_a_circle_of_jobs_ends(tmp_path):
    workflow = job({"run": "echo"}, needs="a")
    assert run_locally(workflow, write_project(tmp_path)) == []


def test_a_bug_that_does_not_fit_the_project_is_an_error(tmp_path):
    with pytest.raises(ValueError, match="does not stand in reading.py"):
        write_project(tmp_path, {"reading.py": ("no such text", "")})
