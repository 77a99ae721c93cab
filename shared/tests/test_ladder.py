"""The ladder of Lab 3: its table, its run file, and that a stopped run goes on."""

import json

import pytest

from shared.course import ladder

CELLS = [
    {"targets": "ctc", "context": "lstm", "cer": 0.25},
    {"targets": "grid", "context": "none", "cer": 0.5},
]


def test_the_table_marks_what_ran_here_and_what_did_not_run():
    table = ladder.format_ladder(CELLS, live=[("ctc", "lstm")])
    header, grid, boxes, ctc = table.splitlines()
    assert all(name in header for name in ladder.CONTEXTS.values())
    assert "50.0%" in grid and "*" not in grid
    assert boxes.count("not run") == 3
    assert "25.0% *" in ctc


def test_an_unknown_row_is_named():
    with pytest.raises(ValueError, match="no row 'letters'; choose one of grid, boxes, ctc"):
        ladder.train_cell(None, "letters", None, None)


def test_the_shipped_run_file_holds_nine_cells_of_one_protocol():
    run = ladder.shipped_ladder()
    assert {(cell["targets"], cell["context"]) for cell in run["cells"]} == set(ladder.CELLS)
    assert run["command"] == ladder.COMMAND
    for cell in run["cells"]:
        assert (cell["updates"], cell["seed"]) == (run["updates"], run["seed"])
        assert 0 < cell["cer"] < 1.5
    assert (run["updates"], run["lines"], run["seed"]) == (
        ladder.UPDATES,
        ladder.LINES,
        ladder.SEED,
    )


def test_finished_cells_are_not_trained_again(tmp_path, monkeypatch):
    monkeypatch.setenv("HANDWRITING_MY", str(tmp_path / "my"))
    trained = []

    class Finished:
        updates, seconds = 2, 1.0
        evaluations = ({"update": 1, "cer": 0.9}, {"update": 2, "cer": 0.5})

        def wait(self):
            if len(trained) == 4:
                raise KeyboardInterrupt
            return self

    def train_cell(network, targets, *_):
        trained.append((targets, network))
        return Finished()

    monkeypatch.setattr(ladder, "ladder_lines", lambda *_, **__: (None, None))
    monkeypatch.setattr(ladder, "cell_network", lambda context, seed: context)
    monkeypatch.setattr(ladder, "train_cell", train_cell)
    path = tmp_path / "ladder.json"
    with pytest.raises(KeyboardInterrupt):
        ladder.train_ladder(path, updates=2, lines=4)
    assert not path.exists()
    trained.append(None)  # So that the second run is not stopped
    ladder.train_ladder(path, updates=2, lines=4)
    cells = json.loads(path.read_text())["cells"]
    assert [(cell["targets"], cell["context"]) for cell in cells] == list(ladder.CELLS)
    assert trained.count(("grid", "none")) == 1
    assert not list((tmp_path / "my").rglob("part.json"))
