"""Versions: saved, brought back, lost and repaired; by our snapshots always, by DVC nightly."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace

import pytest

from shared import paths
from shared.course import cli
from shared.labeling import read_labels, write_labels
from shared.labeling.snapshots import SnapshotStore, VersionError
from shared.labeling.tool_environments import (
    COMPLETE,
    DVC,
    ToolMissingError,
    find_tool,
    has_tool,
    install_tool,
)
from shared.labeling.versioning import changes, forget_cache, open_store
from shared.tests.labeling_support import labeled_folder, line


def correct(folder, text):
    """Change one label of a folder, and return the labels as they are then."""
    labels = read_labels(folder)
    first = labels.pages[0]
    labels = labels.with_page(first.with_line(replace(first.lines[0], text=text)))
    write_labels(folder / "labels.json", labels)
    return labels


@pytest.fixture(params=["snapshots", pytest.param("dvc", marks=pytest.mark.nightly)])
def store(request, tmp_path, monkeypatch):
    """Give the folder `data` of a labeled set, and its versions by one of the two ways."""
    if request.param == "dvc":
        there = paths.checkout() / "my/tools/dvc/bin"
        if (there / "dvc").is_file():
            monkeypatch.setenv("PATH", f"{there}{os.pathsep}{os.environ['PATH']}")
        elif not shutil.which("dvc"):
            install_tool(DVC)
    labeled_folder(tmp_path / "data")
    return open_store(tmp_path / "data", request.param)


def test_v1_v2_and_back_to_v1_by_tag(store):
    v1 = read_labels(store.data)
    first = store.save("v1", "as first labeled")
    v2 = correct(store.data, "corrected")
    second = store.save("v2", "one text corrected")
    assert first.identity != second.identity and store.tags() == ["v1", "v2"]
    assert store.checkout("v1") == first and read_labels(store.data) == v1
    assert store.checkout("v2") == second and read_labels(store.data) == v2
    assert second.note == "one text corrected" and second.files == 3
    assert store.labels("v1") == v1 and read_labels(store.data) == v2
    assert [(one.kind, one.line, one.after.text) for one in changes(v1, v2)] == [
        ("text", "l1", "corrected")
    ]


def test_a_version_that_is_saved_again_holds_no_other_back(store):
    v1 = read_labels(store.data)
    store.save("v1")
    v2 = correct(store.data, "corrected")
    second = store.save("v2")
    store.checkout("v1")
    write_labels(store.data / "labels.json", v2)  # As a notebook does that runs a second time
    assert store.save("v2") == second
    store.checkout("v1")
    assert read_labels(store.data) == v1


def test_work_that_was_not_saved_is_never_lost(store):
    store.save("v1")
    correct(store.data, "v2")
    store.save("v2")
    mine = correct(store.data, "not saved anywhere")
    with pytest.raises(VersionError, match="would be lost"):
        store.checkout("v1")
    assert read_labels(store.data) == mine
    store.save("mine")
    store.checkout("v1")
    store.checkout("mine")
    assert read_labels(store.data) == mine


def test_a_tag_never_moves(store):
    store.save("v1")
    assert store.save("v1").tag == "v1"  # The same data again is no harm
    correct(store.data, "other")
    with pytest.raises(VersionError, match="'v1' already, of other data"):
        store.save("v1")
    assert store.tags() == ["v1"]
    with pytest.raises(VersionError, match="would be lost"):  # The refused save saved nothing
        store.checkout("v1")
    with pytest.raises(VersionError, match="no version 'v3'; there are: v1"):
        store.checkout("v3")
    for bad in ("", "../v1", "a b", "-x", "v1.lock"):
        with pytest.raises(VersionError, match="cannot name a version"):
            store.save(bad)


def test_a_lost_cache_is_named_and_repaired_from_the_remote(store):
    v1 = read_labels(store.data)
    store.save("v1")
    v2 = correct(store.data, "corrected")
    store.save("v2")
    store.push()
    assert store.verify() == []
    forget_cache(store)
    assert store.verify() != []
    with pytest.raises(VersionError, match=r"lost .*v1.*pull\(\)"):
        store.checkout("v1")
    assert read_labels(store.data) == v2
    store.pull()
    assert store.verify() == []
    store.checkout("v1")
    assert read_labels(store.data) == v1


def test_a_version_can_drop_and_add_files(store):
    labels = labeled_folder(store.data, ("a", "b"))
    store.save("v1")
    (store.data / "pages/b.png").unlink()
    write_labels(store.data / "labels.json", replace(labels, pages=labels.pages[:1]))
    store.save("v2")
    store.checkout("v1")
    assert (store.data / "pages/b.png").is_file()
    store.checkout("v2")
    assert not (store.data / "pages/b.png").exists()
    assert [(c.page, c.kind) for c in changes(labels, read_labels(store.data))] == [
        ("pages/b.png", "removed")
    ]


@pytest.fixture
def snapshots(tmp_path):
    labeled_folder(tmp_path / "data")
    return SnapshotStore(tmp_path / "data")


def test_what_versions_share_is_stored_once(snapshots):
    snapshots.save("v1")
    before = len(list(snapshots.store.glob("objects/*/*")))
    correct(snapshots.data, "corrected")
    assert snapshots.changed("v1") == ["labels.json"]
    snapshots.save("v2")
    assert len(list(snapshots.store.glob("objects/*/*"))) == before + 1
    assert (snapshots.push(), snapshots.push()) == (before + 3, 0)  # And two listings


def test_a_damaged_object_is_found_refused_and_replaced(snapshots):
    snapshots.save("v1")
    snapshots.push()
    correct(snapshots.data, "corrected")
    snapshots.save("v2")
    damaged = snapshots._object(snapshots.store, snapshots._read("v1")["files"]["labels.json"])
    damaged.write_bytes(damaged.read_bytes().replace(b"fog", b"dog"))
    assert snapshots.verify() == ["labels.json of v1 is damaged in the store"]
    kept = read_labels(snapshots.data)
    with pytest.raises(VersionError, match="lost 1 of 3 files"):
        snapshots.checkout("v1")
    assert read_labels(snapshots.data) == kept
    assert snapshots.pull() == 1 and snapshots.verify() == []


def test_nothing_to_save_and_nothing_pushed_are_said(tmp_path):
    empty = SnapshotStore(tmp_path / "none")
    with pytest.raises(VersionError, match="nothing to save"):
        empty.save("v1")
    with pytest.raises(VersionError, match="nothing was pushed"):
        empty.pull()
    with pytest.raises(VersionError, match="there are: none"):
        empty.checkout("v1")


SWITCH = """
import sys
from shared.labeling.snapshots import SnapshotStore
store = SnapshotStore(sys.argv[1])
print("ready", flush=True)
for k in range(100000):
    store.checkout(("v1", "v2")[k % 2])
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no signal that cannot be refused")
def test_a_killed_checkout_leaves_whole_files_and_can_be_finished(snapshots):
    v1 = read_labels(snapshots.data)
    for k in range(20):
        (snapshots.data / f"note{k}.txt").write_text("one" * 1000)
    first = snapshots.save("v1")
    v2 = correct(snapshots.data, "corrected")
    for k in range(20):
        (snapshots.data / f"note{k}.txt").write_text("two" * 1000)
    snapshots.save("v2")
    rng = random.Random(5)
    for _ in range(4):
        process = subprocess.Popen(
            [sys.executable, "-c", SWITCH, str(snapshots.data)], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout.readline() == "ready\n"
        time.sleep(rng.uniform(0, 0.3))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert read_labels(snapshots.data) in (v1, v2)  # One or the other, never a part
        assert snapshots.checkout("v1") == first and snapshots.changed("v1") == []


def test_changes_are_told_by_kind():
    from shared.labeling import label_set
    from shared.tests.labeling_support import page

    before = page(line("a"), line("b", text="two"), line("c", status="proposed"), line("d"))
    after = page(line("a", (10, 10, 95, 30)), line("b", text="too"), line("c"), line("e"))
    found = changes(label_set([before]), label_set([after, page(image="new.png")]))
    assert [(one.line, one.kind) for one in found] == [
        ("a", "box"), ("b", "text"), ("c", "status"), ("d", "removed"), ("e", "added"),
        (None, "added"),
    ]  # fmt: skip


def test_a_folder_keeps_the_kind_of_versions_it_began_with(snapshots, monkeypatch):
    snapshots.save("v1")
    assert open_store(snapshots.data).kind == "snapshots"
    with pytest.raises(VersionError, match="'git' is unknown"):
        open_store(snapshots.data, "git")


def test_the_command_line_saves_and_brings_back(snapshots, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("HANDWRITING_MY", str(tmp_path / "my"))
    monkeypatch.setenv("PATH", str(tmp_path))
    data = str(snapshots.data)
    v1 = read_labels(snapshots.data)
    assert cli.main(["version", data, "--save", "v1", "--note", "first"]) == 0
    correct(snapshots.data, "other")
    assert cli.main(["version", data, "--save", "v2"]) == 0
    assert cli.main(["version", data, "--compare", "v1", "v2"]) == 0
    assert cli.main(["version", data, "--checkout", "v1"]) == 0
    assert read_labels(snapshots.data) == v1
    assert cli.main(["version", data]) == 0
    said = capsys.readouterr().out
    assert "without DVC" in said and "'Grey fog hid the quay today' -> 'other'" in said
    assert cli.main(["version", data, "--checkout", "v9"]) == 2
    assert "no version 'v9'" in capsys.readouterr().err


def test_an_installation_that_was_broken_off_does_not_count(tmp_path, monkeypatch):
    monkeypatch.setenv("HANDWRITING_MY", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    command = tmp_path / "tools/dvc" / ("Scripts/dvc.exe" if os.name == "nt" else "bin/dvc")
    command.parent.mkdir(parents=True)
    command.write_text("")
    with pytest.raises(ToolMissingError, match="labs version --install"):
        find_tool(DVC)
    (tmp_path / "tools/dvc" / COMPLETE).write_text("dvc")
    assert find_tool(DVC) == command and has_tool(DVC)


@pytest.mark.skipif(os.name == "nt", reason="The stand-in is a POSIX script")
def test_an_installation_that_fails_says_so_and_leaves_nothing_that_counts(tmp_path, monkeypatch):
    monkeypatch.setenv("HANDWRITING_MY", str(tmp_path))
    uv = tmp_path / "bin/uv"
    uv.parent.mkdir()
    uv.write_text('#!/bin/sh\n[ "$1" = venv ] || { echo "no network here"; exit 3; }\n')
    uv.chmod(0o755)
    monkeypatch.setenv("PATH", f"{uv.parent}{os.pathsep}/usr/bin{os.pathsep}/bin")
    said = []
    with pytest.raises(RuntimeError, match="(?s)exit status 3.*no network here"):
        install_tool(DVC, said.append)
    assert not has_tool(DVC) and "170 MB" in said[0]
