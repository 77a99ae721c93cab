"""Labels as tasks of Label Studio; `label_studio_export` reads what its annotators made of them.

A region of Label Studio is a box in percent of the image; its text and its choice are results of
their own with the same id. Every task carries the page as it was sent in its `meta`, so that what
was deleted there stays deleted, and what the model had proposed is known after it was corrected.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from shared.labeling.label_files import format_labels
from shared.labeling.records import (
    LabeledLine,
    LabeledPage,
    LabelSet,
    label_set,
)

LINE, TEXT, READABLE = "line", "text", "readable"
UNREADABLE = "unreadable"
ROUND = 9  # Decimals of a percent: far below a hundredth of a pixel

#: How Label Studio shows a page
TEMPLATE = f"""<View>
  <Header value="Box every line of writing, type what it says, letter by letter."/>
  <RectangleLabels name="{LINE}" toName="image" strokeWidth="2" canRotate="false">
    <Label value="Line" background="#0072B2" hotkey="1"/>
  </RectangleLabels>
  <Image name="image" value="$image" zoom="true" zoomControl="true" rotateControl="false"/>
  <TextArea name="{TEXT}" toName="image" perRegion="true" whenTagName="{LINE}" editable="true"
            maxSubmissions="1" rows="1" displayMode="region-list" placeholder="What it says"/>
  <Choices name="{READABLE}" toName="image" perRegion="true" whenTagName="{LINE}" choice="single">
    <Choice value="{UNREADABLE}" alias="{UNREADABLE}"/>
  </Choices>
</View>
"""


def to_tasks(labels: LabelSet, root: str = "", model: str = "reader") -> list[dict[str, Any]]:
    """Return one task of Label Studio for every page, its lines as pre-annotations.

    Args:
        labels: What to send, open pages and finished ones alike.
        root: Folder of the label file, relative to the document root of the server's local files.
        model: Name of what proposed the lines.
    """
    tasks = []
    for page in labels.pages:
        path = f"{root.strip('/')}/{page.image}" if root.strip("/") else page.image
        task: dict[str, Any] = {
            "data": {
                "image": f"/data/local-files/?d={quote(path)}",
                "page": page.image,
                "writer": page.writer or "",
            },
            "meta": {"page": json.loads(format_labels(label_set([page])))},
        }
        if page.lines:
            known = [line.confidence for line in page.lines if line.confidence is not None]
            results = [result for line in page.lines for result in _results(line, page)]
            task["predictions"] = [
                {
                    "model_version": model,
                    "score": round(sum(known) / len(known), 4) if known else 0.0,
                    "result": results,
                }
            ]
        tasks.append(task)
    return tasks


def _results(line: LabeledLine, page: LabeledPage) -> list[dict[str, Any]]:
    """Return the results of one line: its box, its text and its choice."""
    left, top, right, bottom = line.box
    place = {
        "x": _percent(left, page.width),
        "y": _percent(top, page.height),
        "width": _percent(right - left, page.width),
        "height": _percent(bottom - top, page.height),
        "rotation": 0,
    }
    shared = {
        "to_name": "image",
        "original_width": page.width,
        "original_height": page.height,
        "image_rotation": 0,
    }

    def result(name: str, kind: str, **value: Any) -> dict[str, Any]:
        return {"id": line.id, "from_name": name, "type": kind, **shared, "value": place | value}

    found = [result(LINE, "rectanglelabels", rectanglelabels=["Line"])]
    if line.text:
        found.append(result(TEXT, "textarea", text=[line.text]))
    if line.status == UNREADABLE:
        found.append(result(READABLE, "choices", choices=[UNREADABLE]))
    return found


def _percent(pixels: float, size: int) -> float:
    return round(100 * pixels / size, ROUND)
