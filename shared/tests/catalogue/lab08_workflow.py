"""Wrong and right workflows, each made from one by a change."""

from shared.checks.answers import answer

_TEXT = answer("lab08.write_workflow")()
FORM, START, MATRIX, CACHE, TESTS, REPORT, RIGHTS, SECRET, COMMENT, LIMIT = (
    "is a workflow", "starts on pull requests and at night", "tests on two Pythons",
    "caches packages", "runs tests that can fail", "keeps the report of a failure",
    "has no rights to spare", "prints no secret", "comments the quality", "ends by itself",
)  # fmt: skip
ALL = {FORM, START, MATRIX, CACHE, TESTS, REPORT, RIGHTS, SECRET, COMMENT, LIMIT}


def workflow(*changes: tuple[str, str]) -> str:
    """Return an answer whose text differs from the reference in some places."""
    text = _TEXT
    for old, new in changes:
        if old not in text:
            raise ValueError(f"{old!r} does not stand in the reference.")
        text = text.replace(old, new)
    return f"def write_workflow():\n    return {text!r}"


_PULL = 'on:\n  pull_request:\n  schedule:\n    - cron: "17 2 * * *"\n'
_NIGHT = '  schedule:\n    - cron: "17 2 * * *"\n'
_PYTHONS = 'python: ["3.11", "3.13"]'
_TEST = "python -m pytest --junitxml=report/tests.xml"
_TOP = "permissions:\n  contents: read\n"
_TOKEN = "GH_TOKEN: ${{ github.token }}"
_COMMENT = 'gh pr comment "$NUMBER" --repo "$GITHUB_REPOSITORY" --body-file quality.md'

WRONG = {
    "lab08.write_workflow": [
        ("every hour", workflow(('"17 2 * * *"', '"17 * * * *"')), {START}),
        ("nothing", "def write_workflow():\n    return ''", ALL),
        ("a dict", "def write_workflow():\n    return {'on': 'push'}", ALL),
        ("tabs", workflow(("    runs-on", "\truns-on")), ALL),
        ("an unknown key", workflow(("fail-fast: false", "fail_fast: false"),
                                    ("    timeout-minutes: 5\n",
                                     "    timeout-minutes: 5\n    stepz: []\n")), {FORM}),
        ("actions from a branch", workflow(("actions/checkout@v6", "actions/checkout@main")),
         {FORM}),
        ("no checkout", workflow(("      - uses: actions/checkout@v6\n", "")), {FORM}),
        ("needs a job that is not there", workflow(("needs: test", "needs: tests")), {FORM}),
        ("pushes alone", workflow((_PULL, "on: push\n")), {START}),
        ("never at night", workflow((_NIGHT, "")), {START}),
        ("a clock time", workflow(('"17 2 * * *"', '"02:17"')), {START}),
        ("secrets for strangers", workflow(("  pull_request:\n", "  pull_request_target:\n")),
         {START}),
        ("one Python", workflow((_PYTHONS, 'python: ["3.13"]')), {MATRIX}),
        ("numbers for versions", workflow((_PYTHONS, "python: [3.10, 3.13]")), {MATRIX}),
        ("a matrix that nobody reads",
         workflow(("python-version: ${{ matrix.python }}", 'python-version: "3.13"')), {MATRIX}),
        ("no cache", workflow(("          cache: pip\n", "")), {CACHE}),
        ("no tests", workflow((_TEST, "python -m compileall .")),
         {TESTS, MATRIX, REPORT}),
        ("a red test that is forgiven", workflow((_TEST, f"{_TEST} || true")), {TESTS}),
        ("continue on error", workflow(("      - name: Test\n",
                                        "      - name: Test\n        continue-on-error: true\n")),
         {TESTS}),
        ("the report of a success", workflow(("        if: always()\n", "")), {REPORT}),
        ("one name for two reports",
         workflow(("name: report-${{ matrix.python }}", "name: report")), {REPORT}),
        ("no rights named", workflow((_TOP, "")), {RIGHTS}),
        ("all rights", workflow((_TOP, "permissions: write-all\n")), {RIGHTS}),
        ("rights for everybody",
         workflow((_TOP, "permissions:\n  contents: read\n  pull-requests: write\n")), {RIGHTS}),
        ("more than a comment needs",
         workflow(("      pull-requests: write",
                   "      pull-requests: write\n      contents: write")),
         {RIGHTS}),
        ("a token in a command",
         workflow((_COMMENT, f"GH_TOKEN=${{{{ secrets.TOKEN }}}} {_COMMENT}")), {SECRET}),
        ("a printed token", workflow((f"run: {_COMMENT}",
                                      f'run: |\n          echo "$GH_TOKEN"\n          {_COMMENT}')),
         {SECRET}),
        ("a title as a command",
         workflow((_COMMENT, f'echo "${{{{ github.event.pull_request.title }}}}"; {_COMMENT}')),
         {SECRET}),
        ("no comment", workflow((_COMMENT, "cat quality.md")), {COMMENT, RIGHTS}),
        ("no right to comment", workflow(("    permissions:\n      pull-requests: write\n", "")),
         {COMMENT}),
        ("no token", workflow((f"          {_TOKEN}\n", "")), {COMMENT}),
        ("a comment that waits for nothing", workflow(("    needs: test\n", "")), {COMMENT}),
        ("a comment at night",
         workflow(("    if: github.event_name == 'pull_request'\n", "")), {COMMENT}),
        ("no end", workflow(("    timeout-minutes: 10\n", "")), {LIMIT}),
        ("an end after a day", workflow(("timeout-minutes: 10", "timeout-minutes: 1440")), {LIMIT}),
    ],
}  # fmt: skip

RIGHT = {
    "lab08.write_workflow": [
        ("as shown", workflow()),
        ("a list of events, and a dispatch",
         workflow(("  pull_request:\n",
                   "  workflow_dispatch:\n  pull_request:\n    branches: [main]\n"))),
        ("a cache of its own",
         workflow(("          cache: pip\n", ""),
                  ("      - name: Install\n",
                   "      - uses: actions/cache@v5\n        with:\n          path: ~/.cache/pip\n"
                   "          key: pip-${{ hashFiles('requirements.txt') }}\n"
                   "      - name: Install\n"))),
        ("a script that comments",
         workflow((f"run: {_COMMENT}\n        env:\n          {_TOKEN}\n"
                   "          NUMBER: ${{ github.event.number }}\n",
                   "uses: actions/github-script@v8\n        with:\n          script: |\n"
                   "            const body = require('fs').readFileSync('quality.md', 'utf8')\n"
                   "            github.rest.issues.createComment({...context.repo, "
                   "issue_number: context.issue.number, body})\n"))),
        ("an action that comments",
         workflow((f"run: {_COMMENT}\n        env:\n          {_TOKEN}\n"
                   "          NUMBER: ${{ github.event.number }}\n",
                   "uses: marocchino/sticky-pull-request-comment@v2\n        with:\n"
                   "          path: quality.md\n"))),
        ("three Pythons, rights in a line",
         workflow((_PYTHONS, 'version: ["3.11", "3.12", "3.13"]'),
                  ("matrix.python", "matrix.version"),
                  ("    permissions:\n      pull-requests: write\n",
                   "    permissions: {pull-requests: write}\n"))),
        ("secrets where they belong",
         workflow((_TOKEN, "GH_TOKEN: ${{ secrets.GITHUB_TOKEN }}"))),
    ],
}  # fmt: skip
