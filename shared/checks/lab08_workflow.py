"""Lab 8: a workflow that the learner writes, and what it must do."""

from __future__ import annotations

from collections.abc import Callable

from shared.checks.compare import show
from shared.checks.exercise import Case, Exercise
from shared.workflows import problems
from shared.workflows.reading import Workflow, WorkflowError, read_workflow
from shared.workflows.schema import schema_problem


def write_workflow() -> str:
    """Return a workflow that tests on two Pythons and reports the quality of the model."""
    return """\
name: Tests
on:
  pull_request:
  schedule:
    - cron: "17 2 * * *"
permissions:
  contents: read
jobs:
  test:
    runs-on: ubuntu-latest
    timeout-minutes: 10
    strategy:
      fail-fast: false
      matrix:
        python: ["3.11", "3.13"]
    steps:
      - uses: actions/checkout@v6
      - uses: actions/setup-python@v6
        with:
          python-version: ${{ matrix.python }}
          cache: pip
      - name: Install
        run: python -m pip install -r requirements.txt
      - name: Test
        run: python -m pytest --junitxml=report/tests.xml
      - name: Measure the quality
        run: python quality.py > report/quality.md
      - name: Keep the report
        if: always()
        uses: actions/upload-artifact@v6
        with:
          name: report-${{ matrix.python }}
          path: report
  comment:
    if: github.event_name == 'pull_request'
    needs: test
    runs-on: ubuntu-latest
    timeout-minutes: 5
    permissions:
      pull-requests: write
    steps:
      - uses: actions/download-artifact@v7
        with:
          name: report-3.13
      - name: Comment
        run: gh pr comment "$NUMBER" --repo "$GITHUB_REPOSITORY" --body-file quality.md
        env:
          GH_TOKEN: ${{ github.token }}
          NUMBER: ${{ github.event.number }}
"""


def judge_by(find: Callable[[Workflow], str | None]) -> Callable[[dict, object], str | None]:
    """Return the judge that looks for one kind of problem."""

    def judge(inputs: dict, answer: object) -> str | None:
        if not isinstance(answer, str):
            return f"write_workflow() gave {show(answer)}, expected the text of a workflow."
        try:
            return find(read_workflow(answer))
        except WorkflowError as error:
            return str(error)
        except (AttributeError, TypeError, ValueError) as error:
            return f"A key holds something of another kind than GitHub expects ({error})."

    return judge


def judge_form(inputs: dict, answer: object) -> str | None:
    """Ask whether it can start, and the schema whether its keys are known."""
    return judge_by(problems.unfit)(inputs, answer) or schema_problem(str(answer))


WRITE_WORKFLOW = Exercise(
    id="lab08.write_workflow",
    kind="implement",
    title="Write a workflow",
    reference=write_workflow,
    save_to="workflows/tests.py",
    seconds=20.0,
    doc="Tests on two Pythons, kept reports, a comment, and no rights to spare.",
    cases=(
        Case("is a workflow", 1, judge=judge_form,
             hint="Look at the skeleton in the hint, and at the spaces before each key."),
        Case("starts on pull requests and at night", 1, judge=judge_by(problems.wrong_triggers),
             hint='on: pull_request, and under schedule a list with cron: "17 2 * * *".'),
        Case("tests on two Pythons", 1, judge=judge_by(problems.no_matrix),
             hint='strategy, matrix, python: ["3.11", "3.13"]; then python-version takes it.'),
        Case("caches packages", 1, judge=judge_by(problems.no_cache),
             hint="actions/setup-python has the setting cache: pip."),
        Case("runs tests that can fail", 1, judge=judge_by(problems.no_tests),
             hint="python -m pytest, and nothing that hides its exit status."),
        Case("keeps the report of a failure", 1, judge=judge_by(problems.no_artifact),
             hint="actions/upload-artifact with if: always(), a path, and the Python in its name."),
        Case("has no rights to spare", 1, judge=judge_by(problems.too_many_rights),
             hint="permissions: contents: read at the top; pull-requests: write in the job that "
             "comments, which runs no code of the pull request."),
        Case("prints no secret", 1, judge=judge_by(problems.spilled_secret),
             hint="Hand a token over by env, and never echo it."),
        Case("comments the quality", 1, judge=judge_by(problems.no_comment),
             hint="A second job that needs the first, with gh pr comment --body-file."),
        Case("ends by itself", 1, judge=judge_by(problems.no_limit),
             hint="timeout-minutes in every job."),
    ),
)  # fmt: skip
