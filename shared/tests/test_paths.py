"""Files are found where they should be, and written whole or not at all."""

import errno
import os
import stat
import subprocess
import sys

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


def test_a_lock_names_its_holder_and_ends_with_its_block(tmp_path):
    path = tmp_path / "new" / "one.lock"
    with (
        paths.locked(path),
        pytest.raises(TimeoutError, match=f"is held by process {os.getpid()} on "),
        paths.locked(path, seconds=0.1),
    ):
        pass
    with paths.locked(path):
        pass


@pytest.mark.skipif(os.name == "nt", reason="Windows locks in another way")
def test_a_file_system_without_locks_keeps_nobody_from_writing(tmp_path, monkeypatch):
    import fcntl

    for number in (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP):

        def refuse(*arguments, number=number):
            raise OSError(number, os.strerror(number))

        monkeypatch.setattr(fcntl, "flock", refuse)
        with paths.locked(tmp_path / f"{number}.lock"):
            (tmp_path / "written").write_text("x")


def test_a_killed_process_holds_no_lock(tmp_path):
    path = tmp_path / "one.lock"
    code = (
        "import sys, time; from shared.paths import locked\n"
        "with locked(sys.argv[1]): print('held', flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "held\n"
        with pytest.raises(TimeoutError, match=f"process {process.pid}"), paths.locked(path):
            pass
        process.kill()
    with paths.locked(path, seconds=5.0):
        pass
