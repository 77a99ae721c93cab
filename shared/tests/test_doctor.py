"""`labs doctor`: what it finds, what stops a lab, and what it does not tell."""

from __future__ import annotations

import argparse
import socket

from shared.course import doctor


def told(capsys) -> tuple[int, str]:
    status = doctor.run(argparse.Namespace())
    return status, capsys.readouterr().out


def test_a_whole_machine_stops_nothing(capsys):
    status, text = told(capsys)
    assert status == 0 and "Nothing here will stop a lab." in text
    assert "tensorflow" in text and "cores" in text


def test_a_missing_package_is_named_with_what_installs_it(capsys, monkeypatch):
    monkeypatch.setitem(doctor.PACKAGES, "the notebooks", ("no-such-package",))
    status, text = told(capsys)
    assert status == 1
    assert "! no-such-package missing: pip install" in text and "A line with !" in text


def test_a_folder_that_is_a_file_is_said(capsys, monkeypatch, tmp_path):
    (tmp_path / "my").write_text("")
    monkeypatch.setenv("HANDWRITING_MY", str(tmp_path / "my"))
    status, text = told(capsys)
    assert status == 1 and "a file has that name" in text


def test_a_taken_port_is_seen_and_a_full_disk_stops(capsys, monkeypatch):
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        monkeypatch.setattr(doctor, "PORTS", {port: ("a server", "Choose another one.")})
        monkeypatch.setattr(doctor, "DISK", 1e9)
        status, text = told(capsys)
    assert status == 1 and f"{port} (a server) taken" in text and "free some space" in text


def test_a_proxy_is_named_without_its_address(capsys, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://anna:secret@proxy:3128")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    _, text = told(capsys)
    assert "https_proxy" in text and "secret" not in text and "no_proxy=127.0.0.1" in text
