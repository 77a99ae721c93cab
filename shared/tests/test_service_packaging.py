"""Packaging: the container file as far as it can be judged without an engine; serverless events."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import sys
import tomllib

import pytest

from shared import paths
from shared.checks.start import _NEEDED_BY
from shared.tests.service_support import encoded, written

ROOT = paths.checkout()
SERVICE = (ROOT / ".github/SERVICE.md").read_text(encoding="utf-8")
CONTAINER = (ROOT / ".github/Containerfile").read_text(encoding="utf-8")
COMMANDS = re.sub(r"\\\n\s*", " ", CONTAINER)


def lines_of(word):
    return re.findall(rf"^{word} (.*)$", COMMANDS, re.MULTILINE)


def installed():
    """Return the packages that the container installs by name."""
    (command,) = [line for line in lines_of("RUN") if "pip install" in line]
    return set(re.search(r"requirements\.lock\s+([\w\s-]+?)\s+&&", command).group(1).split())


def test_container_runs_as_nobody_and_says_how_it_feels():
    last_stage = COMMANDS.split("\nFROM ")[-1]
    assert re.search(r"^USER [1-9]\d*$", last_stage, re.MULTILINE)
    assert last_stage.index("\nUSER ") < last_stage.index("\nCMD ")
    assert "/health/ready" in lines_of("HEALTHCHECK")[0]
    assert all(re.search(r":\d[\w.-]*( AS \w+)?$", image) for image in lines_of("FROM"))
    for command in (*lines_of("CMD"), lines_of("HEALTHCHECK")[0].split("CMD ")[1]):
        assert json.loads(command)[0] == "python"  # No shell: a signal reaches the service


def test_container_has_no_compiler_and_no_tensorflow():
    assert "--only-binary :all:" in COMMANDS
    assert not re.search(r"\b(gcc|build-essential|apt-get|curl|ADD|latest|sudo)\b", COMMANDS)
    assert not {name for name in installed() if "tensorflow" in name or "keras" in name}


def test_container_installs_what_the_extra_says():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = {re.split(r"[<>=\[]", one)[0] for one in project["optional-dependencies"]["serve"]}
    base = {re.split(r"[<>=\[]", one)[0] for one in project["dependencies"]}
    assert names <= installed() and installed() - names <= base


def test_a_learner_has_what_lab_9_needs():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras, names, wanted = project["optional-dependencies"], set(), ["notebooks"]
    for extra in wanted:  # Grows while it is read: an extra may name others
        for line in extras[extra]:
            own = re.match(rf"{project['name']}\[([a-z,]+)\]", line)
            wanted += own[1].split(",") if own else []
            names.add(re.split(r"[<>=\[]", line)[0].replace("-", "_"))
    assert set(_NEEDED_BY[9]) <= names


def test_container_copies_what_is_there():
    for line in lines_of("COPY"):
        if not line.startswith("--from"):
            assert all((ROOT / source).exists() for source in line.split()[:-1]), line


def test_the_service_imports_nothing_that_the_container_lacks():
    code = (
        "import json, sys; from shared.service import reading; "
        "from shared.service.application import create_app; create_app(); "
        "import shared.service.server, shared.course.serve, shared.course.cli; "
        "print(json.dumps(sorted({name.split('.')[0] for name in sys.modules})))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(json.loads(done.stdout.splitlines()[-1])) - set(sys.stdlib_module_names)
    from importlib.metadata import packages_distributions

    known, there = packages_distributions(), closure(installed()) | {"handwriting-labs"}
    missing = {
        top: known[top]
        for top in loaded & set(known)
        # Packages such as opentelemetry share a name: one that is there will do
        if not there & {name.lower().replace("_", "-") for name in known[top]}
    }
    assert {"fastapi", "onnxruntime", "cv2"} <= loaded
    # The first comes by a .pth file; frameworks look for the others and do without them
    assert not set(missing) - {"_distutils_hack", "python_multipart", "sniffio"}, missing


def closure(names):
    """Return packages and all that they require."""
    from importlib.metadata import requires

    from packaging.requirements import Requirement

    found, waiting = set(), list(names)
    while waiting:
        name = waiting.pop().lower().replace("_", "-")
        if name not in found:
            found.add(name)
            needs = [Requirement(text) for text in requires(name) or []]
            waiting += [
                need.name
                for need in needs
                if not need.marker or need.marker.evaluate({"extra": ""})
            ]
    return found


class Context:
    aws_request_id = "request-7"


@pytest.fixture(scope="module")
def handler():
    """The handler that the page for operators shows."""
    (code,) = re.findall(r"```python\n(.*?)```", SERVICE, re.DOTALL)
    names = {}
    exec(code, names)
    return names["handler"]


def event_2(method, path, body=b"", kind="image/png"):
    """Return an event of an HTTP API, payload format 2.0."""
    return {
        "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": "",
        "headers": {"content-type": kind, "host": "example.org"},
        "requestContext": {
            "http": {"method": method, "path": path, "sourceIp": "192.0.2.1"}, "stage": "$default",
        },
        "body": base64.b64encode(body).decode(), "isBase64Encoded": True,
    }  # fmt: skip


def event_1(method, path, body=b"", kind="image/png"):
    """Return an event of a REST API, payload format 1.0."""
    return {
        "resource": "/{proxy+}", "path": path, "httpMethod": method,
        "headers": {"Content-Type": kind, "Host": "example.org"},
        "multiValueHeaders": {"Content-Type": [kind], "Host": ["example.org"]},
        "queryStringParameters": None, "multiValueQueryStringParameters": None,
        "requestContext": {
            "resourcePath": "/{proxy+}", "httpMethod": method, "path": path,
            "identity": {"sourceIp": "192.0.2.1"},
        },
        "body": base64.b64encode(body).decode(), "isBase64Encoded": True,
    }  # fmt: skip


def balancer(method, path, body=b"", kind="image/png"):
    """Return an event of a load balancer."""
    return {
        "requestContext": {"elb": {"targetGroupArn": "arn:of:a:group"}},
        "httpMethod": method, "path": path, "queryStringParameters": {},
        "headers": {"content-type": kind, "host": "example.org", "x-forwarded-for": "192.0.2.1"},
        "body": base64.b64encode(body).decode(), "isBase64Encoded": True,
    }  # fmt: skip


@pytest.mark.parametrize("event", [event_2, event_1, balancer])
def test_events_are_answered(handler, event):
    answer = handler(event("POST", "/v1/line", encoded(written())), Context())
    assert answer["statusCode"] == 200
    assert json.loads(answer["body"])["text"] == "a letter to my mother"
    again = handler(event("POST", "/v1/line", encoded(written())), Context())
    assert json.loads(again["body"])["text"] == "a letter to my mother"  # A warm process


@pytest.mark.parametrize("event", [event_2, event_1, balancer])
def test_events_with_problems_are_answered_too(handler, event):
    refused = handler(event("POST", "/v1/line", b"no image"), Context())
    said = json.loads(base64.b64decode(refused["body"]))
    assert refused["statusCode"] == 415 and said["reason"] == "not-an-image"
    large = handler(event("POST", "/v1/line", bytes(4_400_001)), Context())
    assert large["statusCode"] == 413
    kept = {"image": "aGk=", "lines": [{"id": "a", "box": [0, 0, 1, 1], "text": "a"}]}
    answer = handler(
        event("POST", "/v1/corrections", json.dumps(kept).encode(), "application/json"), Context()
    )
    assert answer["statusCode"] == 403


def test_the_page_comes_as_an_event_too(handler):
    for path, word in (
        ("/", "Read handwriting"),
        ("/page/page.js", "import"),
        ("/health", "ready"),
    ):
        answer = handler(event_2("GET", path), Context())
        assert answer["statusCode"] == 200 and word in answer["body"]
        assert not answer["isBase64Encoded"]
