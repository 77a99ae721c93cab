"""To Label Studio and back: recorded exports always, the real server in the nightly run.

`fixtures/label_studio_export.json` was recorded from Label Studio 1.23.2, whose pages were labeled
in a browser by two people: one line corrected, one deleted while its baseline stayed, one box
drawn anew without a text, one line called unreadable, one page skipped, one draft left behind;
one turned box was sent by REST, because the template does not let boxes be turned.
"""

from __future__ import annotations

import copy
import http.cookiejar
import json
import os
import shutil
import sys
import urllib.parse
import urllib.request
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil
import pytest

from shared import paths
from shared.course import cli
from shared.labeling import (
    LabelError,
    label_server,
    label_set,
    read_labels,
)
from shared.labeling.agreeing import agreement
from shared.labeling.label_files import keep_before
from shared.labeling.label_studio import TEMPLATE, to_tasks
from shared.labeling.label_studio_export import from_tasks, read_export
from shared.labeling.records import checked_labels
from shared.labeling.tool_environments import LABEL_STUDIO, ToolMissingError, find_tool, has_tool
from shared.tests.labeling_support import labeled_folder, line, page

RECORDED = Path(__file__).parent / "fixtures/label_studio_export.json"
PEOPLE = {1: "learner", 2: "bo", 3: "cara"}


@pytest.fixture
def recorded():
    return json.loads(RECORDED.read_text(encoding="utf-8"))


def test_two_annotators_become_two_label_sets(recorded):
    found = from_tasks(recorded, PEOPLE)
    assert list(found.label_sets) == ["cara", "learner"]
    statuses = {
        name: [one.status for one in labels.pages] for name, labels in found.label_sets.items()
    }
    # What one of them did not submit is there as it was sent
    assert statuses == {"cara": ["done", "done", "open"], "learner": ["done", "skipped", "done"]}
    common = agreement(found.label_sets["cara"], found.label_sets["learner"])
    assert (common.pages, common.first_lines, common.second_lines) == (1, 11, 11)
    assert (common.matched, common.texts, common.same_text) == (10, 10, 9)


def test_a_correction_keeps_what_the_model_had_proposed(recorded):
    one = from_tasks(recorded, PEOPLE).label_sets["learner"].pages[0].line("m2")
    assert (one.text, one.proposal) == ("(418) 251-9846", "M48) 387986")
    assert one.status == "labeled" and one.annotator == "learner" and one.confidence == 0.672
    assert len(one.baseline) == 4


def test_a_deleted_line_stays_deleted_and_a_new_one_is_where_it_was_drawn(recorded):
    sent = to_tasks_of(recorded)
    ids = [one.id for one in from_tasks(recorded, PEOPLE).label_sets["learner"].pages[0].lines]
    assert "m3" in [one.id for one in sent.pages[0].lines] and "m3" not in ids
    new = [line_id for line_id in ids if not line_id.startswith("m")]
    assert len(new) == 1 and ids[0] == new[0]  # Drawn above the others
    assert ids[1:] == ["m1", "m2", *(f"m{k}" for k in range(4, 12))]


def to_tasks_of(tasks):
    """Return the label set that recorded tasks were made from."""
    return label_set(checked_labels(task["meta"]["page"]).pages[0] for task in tasks)


def test_boxes_come_back_to_a_hundredth_of_a_pixel(recorded):
    sent = to_tasks_of(recorded)
    back = from_tasks(recorded, PEOPLE).label_sets["cara"]
    for before, after in zip(sent.pages[:2], back.pages[:2], strict=True):
        for one in before.lines:
            np.testing.assert_allclose(after.line(one.id).box, one.box, atol=0.011)
            np.testing.assert_allclose(after.line(one.id).baseline, one.baseline, atol=0.011)


def test_everything_that_was_left_out_is_told(recorded):
    notes = {(note.code, note.page, note.line) for note in from_tasks(recorded, PEOPLE).notes}
    assert notes == {
        ("unknown_result", "anna/p1.png", None),  # Baselines, which are not drawn there any more
        ("unknown_result", "anna/p2 \u00fc.jpg", None),
        ("unreadable_with_text", "anna/p1.png", "m3"),
        ("turned_box", "p10.png", "m1"),
        ("draft", "anna/p1.png", None),
        ("draft", "p10.png", None),
    }
    problems = {(p.code, p.page) for p in validate_without_images(recorded)}
    assert problems == {("empty_text", "anna/p1.png")}  # The box that was drawn and not typed


def validate_without_images(tasks):
    from shared.labeling.validation import check_page

    return [
        p for one in from_tasks(tasks, PEOPLE).label_sets["learner"].pages for p in check_page(one)
    ]


def test_a_turned_box_becomes_the_one_around_it_by_hand():
    # 100 x 200 pixels; a box of 40 x 20 at (50, 100), turned by 90 degrees about that corner,
    # reaches from x = 30 to 50 and from y = 100 to 140
    (task,) = to_tasks(label_set([page(line("a", (50, 100, 90, 120)), status="open")]))
    result = annotate(task)[0]
    result["value"]["rotation"] = 90
    labels = from_tasks([answered(task, [result])]).label_sets["7"]
    np.testing.assert_allclose(labels.pages[0].lines[0].box, (30, 100, 50, 140), atol=0.01)


def annotate(task):
    """Return a copy of what was proposed, as an annotator would submit it."""
    return copy.deepcopy(task["predictions"][0]["result"])


def answered(task, results, **more):
    annotation = {"id": 1, "completed_by": 7, "result": results, "was_cancelled": False, **more}
    before = task.get("annotations", [])
    return {**task, "id": 1, "annotations": [*before, annotation], "drafts": []}


def rich():
    return label_set(
        [
            page(
                line("a", (10.25, 10, 90, 30.5), "up", baseline=((10.25, 25), (90, 26.5))),
                line("b", (10, 40, 90, 60), None, "unreadable"),
                line("c", (10, 70, 90, 90), "guess", "proposed", proposal="guess", confidence=0.5),
                image="sub folder/a+\u00fc.png", status="open",
            )
        ]
    )  # fmt: skip


def test_a_page_survives_the_round_trip_untouched():
    before = rich().pages[0]
    (task,) = to_tasks(rich(), "photos")
    assert task["data"]["image"] == "/data/local-files/?d=photos/sub%20folder/a%2B%C3%BC.png"
    (after,) = from_tasks([answered(task, annotate(task))], {7: "bo"}).label_sets["bo"].pages
    want = [
        replace(one, status="labeled" if one.status == "proposed" else one.status, annotator="bo")
        for one in before.lines
    ]
    assert list(after.lines) == want and after.status == "done"
    assert replace(after, lines=(), status="open") == replace(before, lines=())


def test_a_line_is_a_box_and_a_text_or_a_choice():
    names = [result["from_name"] for result in to_tasks(rich())[0]["predictions"][0]["result"]]
    assert names == ["line", "text", "line", "readable", "line", "text"]


@pytest.mark.parametrize(
    ("spoil", "code", "status"),
    [
        (lambda r: r[0].update(image_rotation=90), "turned_image", "open"),
        (lambda r: r[0].update(original_width=50), "wrong_size", "done"),
        (lambda r: r[1]["value"].update(text=["one", "two"]), "several_texts", "done"),
        (lambda r: r[0].update(from_name="polygon"), "unknown_result", "done"),
        (lambda r: r.pop(0), "text_without_box", "done"),
        (lambda r: r[1]["value"].update(text=[None]), "no_text", "done"),
        (lambda r: r[1]["value"].update(text=[5]), "no_text", "done"),
        (lambda r: r[1]["value"].update(text=["\ud800"]), "no_text", "done"),
        (lambda r: r[0].pop("id"), "broken_region", "done"),
        (lambda r: r[0].pop("value"), "broken_region", "done"),
        (lambda r: r[0]["value"].pop("x"), "broken_region", "done"),
        (lambda r: r[0]["value"].update(x="12"), "broken_region", "done"),
        (lambda r: r[0]["value"].update(rotation="much"), "broken_region", "done"),
    ],
)
def test_what_does_not_fit_is_noted_and_never_guessed_in_silence(spoil, code, status):
    (task,) = to_tasks(label_set([page(line("a"), status="open")]))
    results = annotate(task)
    spoil(results)
    found = from_tasks([answered(task, results)])
    assert code in {note.code for note in found.notes}
    assert found.label_sets["7"].pages[0].status == status


def test_the_last_of_two_annotations_by_one_person_counts():
    (task,) = to_tasks(label_set([page(line("a"), status="open")]))
    first, second = annotate(task), annotate(task)
    first[1]["value"]["text"], second[1]["value"]["text"] = ["late"], ["early"]
    task = answered(task, first, updated_at="2026-02-02")
    task = answered(task, second, updated_at="2026-01-01")
    found = from_tasks([task])
    assert found.label_sets["7"].pages[0].lines[0].text == "late"
    assert [note.code for note in found.notes] == ["labeled_twice"]


def test_a_box_that_cannot_be_read_keeps_the_line_as_it_was_sent():
    sent = page(line("a"), line("b"), status="open")
    (task,) = to_tasks(label_set([sent]))
    results = annotate(task)
    results[0]["value"]["width"] = None
    found = from_tasks([answered(task, results)])
    lines = found.label_sets["7"].pages[0].lines
    assert lines[0] == sent.lines[0] and lines[1].status == "labeled"
    assert [(note.code, note.line) for note in found.notes] == [("broken_region", "a")]


def test_two_people_whose_names_agree_before_the_at_stay_two():
    (task,) = to_tasks(label_set([page(line("a"), status="open")]))
    both = annotate(task), annotate(task)
    for number, results in enumerate(both, start=1):
        results[1]["value"]["text"] = [f"by {number}"]
        task = answered(task, results, completed_by=number)
    people = {1: "bo@school-a.example", 2: "bo@school-b.example"}
    found = from_tasks([task], people)
    texts = {name: one.pages[0].lines[0].text for name, one in found.label_sets.items()}
    assert texts == {"bo-school-a.example-1": "by 1", "bo-school-b.example-2": "by 2"}
    assert found.notes == []


def test_what_nobody_signed_is_somebodys():
    (task,) = to_tasks(label_set([page(line("a"), status="open")]))
    assert list(from_tasks([answered(task, annotate(task), completed_by=None)]).label_sets) == [
        "somebody"
    ]


@pytest.mark.parametrize("name", ["x/../../evil@e", "..@e", "a\0b\n@e", "c:\\d@e", "a" * 300])
def test_a_name_never_leads_out_of_its_folder(name, tmp_path):
    (task,) = to_tasks(label_set([page(line("a"), status="open")]))
    task = answered(task, annotate(task), completed_by={"id": 4, "email": name})
    (made,) = from_tasks([task]).label_sets
    assert (tmp_path / f"labels-{made}.json").resolve().parent == tmp_path.resolve()
    (tmp_path / f"labels-{made}.json").write_text("{}")


def test_a_foreign_task_costs_itself_and_is_named():
    (task,) = to_tasks(label_set([page(line("a"), status="open")]))
    metas = ({}, None, "x", {"page": {"pages": []}})
    foreign = [{"id": number, "meta": meta} for number, meta in enumerate(metas, 6)]
    found = from_tasks([*foreign, answered(task, annotate(task))])
    assert [len(labels.pages) for labels in found.label_sets.values()] == [1]
    named = [("foreign_task", f"task {number}") for number in range(6, 10)]
    assert [(note.code, note.page) for note in found.notes] == named


def test_a_page_without_lines_has_no_predictions_and_may_be_submitted_empty():
    (task,) = to_tasks(label_set([page(status="open")]))
    assert "predictions" not in task
    assert from_tasks([{**task, "id": 1}]).label_sets == {}
    (done,) = from_tasks([answered(task, [])]).label_sets["7"].pages
    assert done.status == "done" and done.lines == ()


def test_a_foreign_export_is_refused_with_a_reason(tmp_path):
    path = tmp_path / "export.json"
    for content, said in (
        ("[", "no JSON"),
        ("{}", "no list of tasks"),
        ('[{"id": 3, "data": {"image": "x"}}]', "Task 3 .* not sent from here"),
    ):
        path.write_text(content)
        with pytest.raises(LabelError, match=said):
            read_export(path)
    path.write_bytes(b"\xef\xbb\xbf[]")  # With a byte order mark, as Windows writes it
    assert read_export(path).label_sets == {}
    with pytest.raises(FileNotFoundError, match="There is no export"):
        read_export(tmp_path / "none.json")


def test_the_template_names_what_the_results_name():
    import xml.etree.ElementTree as ET

    named = {element.get("name") for element in ET.fromstring(TEMPLATE).iter()} - {None}
    used = {r["from_name"] for r in to_tasks(rich())[0]["predictions"][0]["result"]}
    assert used <= named and "image" in named


# ---------------------------------------------------------------- the command line, no server
@pytest.fixture
def my(tmp_path, monkeypatch):
    monkeypatch.setenv("HANDWRITING_MY", str(tmp_path / "my"))
    return tmp_path


def test_labels_go_out_and_come_in_without_a_server(my, capsys):
    folder = my / "photos"
    labeled_folder(folder, status="open")
    tasks = my / "tasks.json"
    assert cli.main(["label", str(folder), "--tasks", str(tasks)]) == 0
    sent = json.loads(tasks.read_text(encoding="utf-8"))
    export = my / "export.json"
    done = [answered(sent[0], annotate(sent[0])), {**sent[1], "id": 2}]
    export.write_text(json.dumps(done))
    assert cli.main(["label", str(folder), "--export", str(export)]) == 0
    assert "1 of 2 pages are done" in capsys.readouterr().out
    assert [p.status for p in read_labels(folder / "labels-7.json").pages] == ["done", "open"]
    assert cli.main(["label", str(folder / "labels-7.json"), "--check"]) == 0
    before = (folder / "labels-7.json").read_bytes()
    done[0]["annotations"][0]["was_cancelled"] = True
    export.write_text(json.dumps(done))
    assert cli.main(["label", str(folder), "--export", str(export)]) == 0
    assert (folder / "labels-7.1.json").read_bytes() == before  # The file it replaced is kept
    assert cli.main(["label", str(folder), "--page-xml", str(my / "out")]) == 0
    assert sorted(p.name for p in (my / "out").rglob("*.xml")) == ["a.xml", "b.xml"]


def test_mistakes_at_the_command_line_are_sentences(my, capsys):
    assert cli.main(["label"]) == 2
    assert "Name their folder" in capsys.readouterr().err
    assert cli.main(["label", str(my / "none")]) == 2
    assert "There is no folder" in capsys.readouterr().err
    folder = my / "photos"
    labels = labeled_folder(folder)
    broken = replace(labels.pages[0], lines=(line(text=" two\u2019s"),))
    from shared.labeling import write_labels

    write_labels(folder / "labels.json", labels.with_page(broken))
    assert cli.main(["label", str(folder), "--check"]) == 1
    assert "unknown_character" in capsys.readouterr().out


def test_without_label_studio_the_way_to_it_is_told(my, capsys, monkeypatch):
    monkeypatch.setenv("PATH", str(my))
    labeled_folder(my / "photos")
    assert not has_tool(LABEL_STUDIO)
    with pytest.raises(ToolMissingError, match="labs label --install"):
        find_tool(LABEL_STUDIO)
    assert cli.main(["label", str(my / "photos")]) == 2
    assert "labs label --install" in capsys.readouterr().err
    assert cli.main(["label", str(my / "photos"), "--invite"]) == 2
    assert "No server is running" in capsys.readouterr().err
    assert cli.main(["label", "--stop"]) == 0


def test_a_file_is_never_kept_over_another(tmp_path):
    path = tmp_path / "labels.json"
    for text in ("one", "two", "three"):
        path.write_text(text)
        keep_before(path)
    assert [(tmp_path / f"labels.{k}.json").read_text() for k in (1, 2, 3)] == [
        "one", "two", "three",
    ]  # fmt: skip


FAKE = """#!{python}
import json, os, sys, http.server
port = int(sys.argv[sys.argv.index("--port") + 1])
assert sys.argv[sys.argv.index("--internal-host") + 1] == "127.0.0.1"
if {dies!r}:
    sys.exit("the database is locked")
with open({seen!r}, "w") as file:
    json.dump(dict(os.environ), file)
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        ours = self.headers.get("Authorization") == "Token " + os.environ["LABEL_STUDIO_USER_TOKEN"]
        self.send_response(200 if ours else 401)
        self.end_headers()
        self.wfile.write(b'{{"email": "learner@localhost.local"}}')
    def log_message(self, *words):
        pass
http.server.HTTPServer(("127.0.0.1", port), Answer).serve_forever()
"""


@pytest.fixture
def fake(my, monkeypatch):
    """Put a program into the path that starts and answers as Label Studio does."""

    def make(dies=False):
        command = my / "bin/label-studio"
        command.parent.mkdir(exist_ok=True)
        code = FAKE.format(python=sys.executable, dies=dies, seen=str(my / "seen.json"))
        command.write_text(code)
        command.chmod(0o755)
        monkeypatch.setenv("PATH", f"{command.parent}{os.pathsep}{os.environ['PATH']}")
        return command

    yield make
    label_server.stop(lambda text: None)


needs_posix = pytest.mark.skipif(os.name == "nt", reason="The stand-in is a POSIX script")


@needs_posix
def test_a_server_starts_quietly_is_found_again_and_stops(my, fake, monkeypatch):
    fake()
    monkeypatch.setenv("GIT_DIR", "elsewhere")
    said = []
    first = label_server.start(my, said.append, patience=20)
    assert first.address.startswith("http://127.0.0.1:")
    seen = json.loads((my / "seen.json").read_text())
    assert seen["LABEL_STUDIO_COLLECT_ANALYTICS"] == "false"
    assert seen["LABEL_STUDIO_SENTRY_DSN"] == seen["LABEL_STUDIO_FRONTEND_SENTRY_DSN"] == ""
    assert seen["LABEL_STUDIO_LATEST_VERSION_CHECK"] == "false"
    assert seen["LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT"] == str(my.resolve())
    login = my / "my/label-studio/login.json"
    assert login.stat().st_mode & 0o077 == 0
    assert label_server.start(my, said.append) == first == label_server.running()
    assert any("runs already" in text for text in said)
    with pytest.raises(RuntimeError, match="one folder at a time"):
        label_server.start(my / "my", said.append)
    with pytest.raises(RuntimeError, match="Start it for the folder's parent"):
        label_server.open_project(first, my, rich())
    assert label_server.stop(said.append) is True
    assert label_server.running() is None and not psutil.pid_exists(first.process)
    assert label_server.stop(said.append) is False


@needs_posix
def test_a_server_that_dies_says_what_it_said(my, fake):
    fake(dies=True)
    with pytest.raises(RuntimeError, match="(?s)ended after .*the database is locked"):
        label_server.start(my, lambda text: None, patience=20)
    assert label_server.running() is None


@needs_posix
def test_a_stranger_with_the_number_of_our_server_is_left_alone(my, fake):
    import subprocess

    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        state = label_server.state_folder() / "server.json"
        state.write_text(json.dumps(["http://127.0.0.1:9", str(my), stranger.pid]))
        assert label_server.stop(lambda text: None) is False
        assert stranger.poll() is None and not state.exists()
    finally:
        stranger.kill()
        stranger.wait()


# ---------------------------------------------------------------- the real server, nightly
@pytest.fixture
def real(my, monkeypatch):
    """Give the test Label Studio: this checkout's, else one that is installed now."""
    from shared.labeling.tool_environments import install_tool

    there = paths.checkout() / "my/tools/label-studio/bin"
    if (there / "label-studio").is_file():
        monkeypatch.setenv("PATH", f"{there}{os.pathsep}{os.environ['PATH']}")
    elif not shutil.which("label-studio"):
        install_tool(LABEL_STUDIO)
    yield my
    label_server.stop()


@pytest.mark.nightly
def test_the_whole_way_through_the_real_server(real):
    folder = real / "photos"
    labeled_folder(folder, ("a", "b", "c d"), status="open")
    labels = read_labels(folder)
    server = label_server.start(real)
    opened = label_server.open_project(server, folder, labels)
    assert opened.new_pages == 3
    again = label_server.open_project(server, folder, labels)
    assert (again.project, again.new_pages) == (opened.project, 0)
    tasks = server.tasks(opened.project)
    assert label_server.fetch(server, opened.project).label_sets == {}
    image = tasks[2]["data"]["image"]
    headers = {"Authorization": f"Token {label_server.login().token}"}
    asked = urllib.request.Request(server.address + image, headers=headers)
    with urllib.request.urlopen(asked) as answer:
        assert answer.read() == (folder / "pages/c d.png").read_bytes()
    bo = signed_up(server.invitation(), server)
    # The learner deletes a line and corrects one; bo accepts all; the second page is skipped
    sent = {task["id"]: to_tasks(labels, "photos")[k] for k, task in enumerate(tasks)}
    results = annotate(sent[tasks[0]["id"]])
    mine = [r for r in copy.deepcopy(results) if r["id"] != "l1"]
    mine[1]["value"]["text"] = ["corrected"]
    path = f"/api/tasks/{tasks[0]['id']}/annotations/"
    server.call("POST", path, {"result": mine})
    server.call("POST", path, {"result": results, "completed_by": bo})
    skipped = {"result": [], "was_cancelled": True}
    server.call("POST", f"/api/tasks/{tasks[1]['id']}/annotations/", skipped)
    found = label_server.fetch(server, opened.project)
    learner, other = found.label_sets["learner"], found.label_sets["bo"]
    assert [p.status for p in learner.pages] == ["done", "skipped", "open"]
    assert [p.status for p in other.pages] == ["done", "open", "open"]
    assert [(one.id, one.text) for one in learner.pages[0].lines] == [("l2", "corrected")]
    for before, after in zip(labels.pages[0].lines, other.pages[0].lines, strict=True):
        assert after.box == before.box and after.text == before.text
    label_server.stop()
    later = label_server.start(real)  # What was submitted is there after a restart
    assert label_server.fetch(later, opened.project).label_sets == found.label_sets


def signed_up(page, server):
    """Sign bo up with an invitation, as a browser does; return the number of the new user."""
    jar = http.cookiejar.CookieJar()
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(jar)
    )
    opener.open(page).close()
    form = {"email": "bo@localhost.local", "password": "a long one", "token": page.split("=")[1]}
    form["csrfmiddlewaretoken"] = next(c.value for c in jar if c.name == "csrftoken")
    opener.open(page, urllib.parse.urlencode(form).encode()).close()
    return next(number for number, name in server.people().items() if name.startswith("bo@"))
