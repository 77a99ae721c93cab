"""Files are found where they should be, and written whole or not at all."""

import errno
import os
import stat

import pytest

from shared import paths


def test_the_checkout_is_this_repository():
    root = paths.checkout()
    assert (root / "shared" / "paths.py").is_file()
    assert root / "data" == paths.DATA


def test_a_missing_data_file_is_named_with_its_place():
    with pytest.raises(FileNotFoundError, match="models/nothing.h5.*should be at.*Restore"):
        paths.data_file("models/nothing.h5")


def test_my_directory_follows_the_setting_and_is_made(tmp_path, monkeypatch):
    monkeypatch.setenv("HANDWRITING_MY", str(tmp_path / "deep" / "mine"))
    assert paths.my_directory() == tmp_path / "deep" / "mine"
    assert (tmp_path / "deep" / "mine").is_dir()


def test_my_directory_taken_by_a_file(tmp_path, monkeypatch):
    (tmp_path / "mine").write_text("a file")
    monkeypatch.setenv("HANDWRITING_MY", str(tmp_path / "mine"))
    with pytest.raises(NotADirectoryError, match="HANDWRITING_MY"):
        paths.my_directory()


@pytest.mark.parametrize("content", [b"\x00\xff", "text with umlaut \u00e4"])
def test_write_atomically(tmp_path, content):
    path = paths.write_atomically(tmp_path / "new" / "file.bin", content)
    expected = content if isinstance(content, bytes) else content.encode()
    assert path.read_bytes() == expected
    assert [p.name for p in path.parent.iterdir()] == ["file.bin"]


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps no such modes")
def test_a_written_file_is_readable_by_others(tmp_path):
    umask = os.umask(0o022)
    try:
        path = paths.write_atomically(tmp_path / "file", "x")
    finally:
        os.umask(umask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


def test_a_full_disk_leaves_the_old_file_and_no_part(tmp_path, monkeypatch):
    path = paths.write_atomically(tmp_path / "file", "old")

    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="disk is full.*left as it was"):
        paths.write_atomically(path, "new")
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["file"]
