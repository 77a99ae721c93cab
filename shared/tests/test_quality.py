"""The gate of the pull request: one-sided, over writers, and never silent."""

import json

import numpy as np
import pytest

from shared.course import cli, quality

WRITERS = [f"hand {k}" for k in range(10) for _ in range(8)]


def lines(edits):
    return {"edits": list(map(int, edits)), "lengths": [40] * 80, "writers": WRITERS}


OLD = lines(np.arange(80) % 5)


@pytest.mark.parametrize(
    ("change", "opened"),
    [
        (np.zeros(80), True),
        (-np.ones(80), True),
        (np.ones(80), False),
        (np.where(np.arange(80) < 8, 20, -1), False),  # One hand loses, the others gain a little
        (np.where(np.arange(80) % 8 == 0, 1, 0), True),  # A third of a point in every hand
    ],
)
def test_gate(change, opened):
    new = lines(np.array(OLD["edits"]) + change)
    found, sentence = quality.compare(OLD, new, 0.01)
    assert found == opened
    assert ("opens" in sentence) == opened


def test_other_lines_cannot_be_compared():
    assert quality.compare(OLD, OLD | {"writers": WRITERS[::-1]}, 0.5)[0] is False


def test_command_writes_a_table_and_fails_on_a_worse_reader(tmp_path, monkeypatch, capsys):
    before, after, table = (tmp_path / name for name in ("old.json", "new.json", "new.md"))
    words = ["quality", "--json", str(after), "--against", str(before), "--markdown", str(table)]
    monkeypatch.setattr(quality, "measure", lambda count: lines(np.array(OLD["edits"]) + 1))
    assert cli.main(words) == 2, "a mistyped path must not open the gate"
    assert "holds no edits of lines; write it" in capsys.readouterr().err and not after.exists()
    assert cli.main([word for word in words if word not in ("--against", str(before))]) == 0
    assert "nothing to compare" in table.read_text()
    before.write_text(json.dumps(OLD))
    assert cli.main(words) == 1
    assert "| before | 80 | 3200 | 160 | 5.00% |" in table.read_text()
    assert "stays shut" in capsys.readouterr().out
    before.write_text("{}")
    assert cli.main(words) == 2


def test_the_shipped_reader_is_measured_on_frozen_lines():
    found = quality.measure(3)
    assert len(found["edits"]) == 3 and sum(found["edits"]) < sum(found["lengths"])
