"""Versions by git and DVC from a cell, and what changed between two of them."""

from __future__ import annotations

import os

import pytest

from shared.labeling.differences import changes
from shared.labeling.terminal import CommandError, Terminal
from shared.labeling.tool_environments import (
    COMPLETE,
    DVC,
    ToolMissingError,
    find_tool,
    has_tool,
    install_tool,
)
from shared.tests.labeling_support import line


@pytest.fixture
def terminal(tmp_path, monkeypatch):
    """Give a terminal in a new repository, inside another one whose hook is running."""
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    terminal = Terminal(tmp_path)
    terminal("git init --quiet --initial-branch=main")
    terminal("git config user.name learner")
    terminal("git config user.email learner@localhost")
    return terminal


def test_v1_v2_and_back_by_gits_own_commands(terminal, tmp_path, capsys):
    for tag in ("v1", "v2"):
        (tmp_path / "labels.json").write_text(tag)
        terminal("git add labels.json")
        terminal(f"git commit --quiet -m '{tag}: a note'")
        terminal(f"git tag {tag}")
    assert terminal.answer("git log --format=%s").splitlines() == ["v2: a note", "v1: a note"]
    terminal("git checkout v1 -- labels.json")
    assert (tmp_path / "labels.json").read_text() == "v1"
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "$ git add labels.json"
    assert "$ git commit --quiet -m 'v2: a note'" in said


def test_what_fails_says_the_programs_own_words(terminal):
    with pytest.raises(CommandError, match="(?s)git checkout nowhere.*nowhere"):
        terminal("git checkout nowhere")
    with pytest.raises(CommandError, match="no-such-program is not installed"):
        terminal("no-such-program --version")


def test_a_missing_dvc_says_how_to_get_it(terminal, tmp_path, monkeypatch):
    monkeypatch.setenv("HANDWRITING_MY", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolMissingError, match="labs label --install dvc"):
        terminal("dvc init")


def test_what_turns_on_a_screen_is_left_out(terminal, tmp_path, capsys):
    (tmp_path / "said").write_text("\x1b[?25l\u280b Checking graph\n\x1b[?25hdone\n", "utf-8")
    terminal("cat said")
    assert capsys.readouterr().out == "$ cat said\ndone\n"


@pytest.mark.nightly
def test_a_reader_comes_back_from_dvcs_remote(terminal, tmp_path):
    if not has_tool(DVC):
        install_tool(DVC)
    terminal("dvc init --quiet")
    terminal(f"dvc remote add --quiet --default store {(tmp_path / 'remote').as_posix()}")
    file = tmp_path / "weights"
    for tag in ("v1", "v2"):
        file.write_text(tag)
        terminal("dvc add --quiet weights")
        terminal("git add weights.dvc .gitignore .dvc")
        terminal(f"git commit --quiet -m {tag}")
        terminal(f"git tag {tag}")
        terminal("dvc push")
    assert "weights" in terminal.answer("dvc diff v1 v2")
    file.unlink()
    (tmp_path / ".dvc/cache").rename(tmp_path / "lost")
    terminal("git checkout --quiet v1")
    terminal("dvc pull")
    assert file.read_text() == "v1"


def test_changes_are_told_by_kind():
    from shared.labeling import label_set
    from shared.tests.labeling_support import page

    before = page(line("a"), line("b", text="two"), line("c", status="proposed"), line("d"))
    after = page(line("a", (10, 10, 95, 30)), line("b", text="too"), line("c"), line("e"))
    found = changes(label_set([before]), label_set([after, page(image="new.png")]))
    assert [(one.line, one.kind) for one in found] == [
        ("a", "box"), ("b", "text"), ("c", "status"), ("d", "removed"), ("e", "added"),
    ]  # fmt: skip


def test_an_installation_that_was_broken_off_does_not_count(tmp_path, monkeypatch):
    monkeypatch.setenv("HANDWRITING_MY", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    command = tmp_path / "tools/dvc" / ("Scripts/dvc.exe" if os.name == "nt" else "bin/dvc")
    command.parent.mkdir(parents=True)
    command.write_text("")
    with pytest.raises(ToolMissingError, match="labs label --install dvc"):
        find_tool(DVC)
    (tmp_path / "tools/dvc" / COMPLETE).write_text("dvc")
    assert find_tool(DVC) == command and has_tool(DVC)


def test_an_installation_that_fails_says_so_and_leaves_nothing_that_counts(tmp_path, monkeypatch):
    monkeypatch.setenv("HANDWRITING_MY", str(tmp_path))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PATH", str(tmp_path))
    said = []
    with pytest.raises(RuntimeError, match="(?s)exit status 1.*No matching distribution"):
        install_tool(DVC, said.append)
    assert not has_tool(DVC) and "170 MB" in said[0]
