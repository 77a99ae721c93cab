"""Write PAGE XML, the format in which archives and other recognizers exchange pages and lines.

It is written and not read: labels come in as `labels.json`, or from Label Studio. Written is the
2019-07-15 edition of the schema (Pletschacher and Antonacopoulos 2010, "The PAGE (Page Analysis and
Ground-Truth Elements) format framework", ICPR). Its points are whole, non-negative pixels, so a box
is rounded outward by less than a pixel; a line's own id and its status, for which PAGE has no
place, stand in a `custom` attribute, which other programs leave alone.
"""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ET
from datetime import UTC, datetime
from pathlib import Path

from shared.labeling.records import LabeledLine, LabeledPage, LabelError, LabelSet
from shared.paths import write_atomically

NAMESPACE = "http://schema.primaresearch.org/PAGE/gts/pagecontent/2019-07-15"
LOCATION = f"{NAMESPACE} {NAMESPACE}/pagecontent.xsd"
INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"
CREATOR = "handwriting-labs"
#: XML cannot hold these even when escaped
UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def write_page_xml(
    labels: LabelSet, folder: Path | str, when: datetime | None = None
) -> list[Path]:
    """Write one PAGE file for every page, named after its image, each whole or not at all.

    Args:
        labels: What to export.
        folder: Where the files go; `pages/a.png` becomes `pages/a.xml` in it.
        when: Time that stands in the files; now if not given.

    Returns:
        The paths written.

    Raises:
        LabelError: Two images would share a file, or a text cannot stand in XML.
    """
    folder = Path(folder)
    targets: dict[Path, str] = {}
    for page in labels.pages:
        path = folder / Path(page.image).with_suffix(".xml")
        if path in targets:
            raise LabelError(
                f"{page.image!r} and {targets[path]!r} would both be written to {path.name}. "
                "Rename one of the images."
            )
        targets[path] = page.image
    return [
        write_atomically(path, page_xml(labels.page(image), when))
        for path, image in targets.items()
    ]


def page_xml(page: LabeledPage, when: datetime | None = None) -> str:
    """Return a page as PAGE XML, its lines in one region and in reading order."""
    ET.register_namespace("", NAMESPACE)
    ET.register_namespace("xsi", INSTANCE)
    stamp = (when or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%SZ")
    root = ET.Element(_tag("PcGts"), {f"{{{INSTANCE}}}schemaLocation": LOCATION})
    metadata = _add(root, "Metadata")
    for name, text in (("Creator", CREATOR), ("Created", stamp), ("LastChange", stamp)):
        _add(metadata, name).text = text
    size = {"imageWidth": str(page.width), "imageHeight": str(page.height)}
    sheet = _add(root, "Page", imageFilename=page.image, **size)
    if page.lines:
        region = _add(sheet, "TextRegion", id="region")
        lefts, tops, rights, bottoms = zip(*(line.box for line in page.lines), strict=True)
        around = min(lefts), min(tops), max(rights), max(bottoms)
        _add(region, "Coords", points=_corners(around))
        for number, line in enumerate(page.lines, 1):
            _add_line(region, line, f"line_{number}", page.image)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, "unicode") + "\n"


def _add_line(region: ET.Element, line: LabeledLine, name: str, image: str) -> None:
    element = _add(region, "TextLine", id=name, custom=f"id:{line.id}; status:{line.status}")
    _add(element, "Coords", points=_corners(line.box))
    if line.baseline:
        points = " ".join(f"{max(0, round(x))},{max(0, round(y))}" for x, y in line.baseline)
        _add(element, "Baseline", points=points)
    if line.text is None:
        return
    if UNWRITABLE.search(line.text):
        raise LabelError(
            f"The text {line.text!r} of line {line.id!r} on {image!r} holds a control "
            "character that XML cannot hold. Type it again."
        )
    _add(_add(element, "TextEquiv"), "Unicode").text = line.text


def _add(parent: ET.Element, name: str, **attributes: str) -> ET.Element:
    return ET.SubElement(parent, _tag(name), attributes)


def _tag(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"


def _corners(box: tuple[float, float, float, float]) -> str:
    left, top = (math.floor(max(value, 0.0)) for value in box[:2])
    right, bottom = (math.ceil(max(value, 0.0)) for value in box[2:])
    return f"{left},{top} {right},{top} {right},{bottom} {left},{bottom}"
