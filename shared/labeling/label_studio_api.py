"""The few calls of Label Studio's REST interface that a labeling project needs."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any, NamedTuple

from shared.labeling.label_studio import TEMPLATE

TIMEOUT = 60  # Seconds of one call
#: A proxy of the system must not see calls to this machine
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class LabelStudioError(RuntimeError):
    """Label Studio refused a call, or is not there."""


class Server(NamedTuple):
    """A running server.

    Attributes:
        address: Of its pages, on this machine only.
        token: A legacy API token of a user.
        root: The folder that it may show images from.
        process: Its number.
    """

    address: str
    token: str
    root: str = ""
    process: int = 0

    def call(self, method: str, path: str, body: Any = None, timeout: float = TIMEOUT) -> Any:
        """Return the answer to a call, as plain data.

        Raises:
            LabelStudioError: The server refused, or does not answer.
        """
        request = urllib.request.Request(
            self.address + path,
            method=method,
            data=None if body is None else json.dumps(body).encode("utf-8"),
            headers={"Authorization": f"Token {self.token}", "Content-Type": "application/json"},
        )
        try:
            with _DIRECT.open(request, timeout=timeout) as answer:
                content = answer.read()
            return json.loads(content) if content else None
        except urllib.error.HTTPError as error:
            said = error.read().decode("utf-8", "replace")[:400]
            raise LabelStudioError(
                f"Label Studio answered {error.code} to {method} {path}: {said}"
            ) from error
        except (OSError, ValueError) as error:
            raise LabelStudioError(f"No Label Studio answers at {self.address}{path}.") from error

    def is_ours(self) -> bool:
        """Return whether a server answers that knows this token."""
        try:
            return bool(self.call("GET", "/api/current-user/whoami", timeout=5).get("email"))
        except (LabelStudioError, AttributeError):
            return False

    def project(self, title: str, description: str, folder: str) -> int:
        """Return the id of the project for a folder, making it where there is none.

        Args:
            title: What people see.
            description: What tells projects of the same title apart.
            folder: With the images, inside the server's document root.
        """
        for project in self.call("GET", "/api/projects?page_size=1000")["results"]:
            if (project["title"], project["description"]) == (title, description):
                return project["id"]
        made = self.call(
            "POST",
            "/api/projects",
            {
                "title": title,
                "description": description,
                "label_config": TEMPLATE,
                "show_skip_button": True,
                "enable_empty_annotation": True,
                "maximum_annotations": 2,  # Agreement needs two annotators
            },
        )
        storage = {"project": made["id"], "path": folder, "title": "pages", "use_blob_urls": True}
        self.call("POST", "/api/storages/localfiles", storage)
        return made["id"]

    def add_tasks(self, project: int, tasks: list[dict[str, Any]]) -> int:
        """Import tasks whose pages are not there yet, and return how many that were.

        What is there stays as it is, so that a second call never brings back deleted lines.
        """
        there = {task["data"].get("page") for task in self.tasks(project)}
        new = [task for task in tasks if task["data"]["page"] not in there]
        if new:
            self.call("POST", f"/api/projects/{project}/import", new, timeout=300)
        return len(new)

    def tasks(self, project: int) -> list[dict[str, Any]]:
        """Return the project's tasks with everything that was done to them."""
        path = f"/api/projects/{project}/export?exportType=JSON&download_all_tasks=true"
        return self.call("GET", path, timeout=300)

    def people(self) -> dict[int, str]:
        """Return the address of every user by number."""
        return {user["id"]: user["email"] for user in self.call("GET", "/api/users/")}

    def submit(self, task: dict[str, Any], result: list[dict[str, Any]]) -> None:
        """Submit regions as this user's annotation of a task."""
        self.call("POST", f"/api/tasks/{task['id']}/annotations/", {"result": result})

    def invitation(self) -> str:
        """Return the address at which another annotator signs up with a password of their own."""
        token = self.call("GET", "/api/invite")["token"]
        return f"{self.address}/user/signup/?token={token}"
