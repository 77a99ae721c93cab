"""The ladder of Lab 3: its table, its run file, and that a stopped run goes on."""

import pytest
import train_ladder as ladder

from shared import paths

CELLS = [
    {"targets": "ctc", "context": "lstm", "cer": 0.25},
    {"targets": "grid", "context": "none", "cer": 0.5},
]


def test_the_table_says_what_did_not_run():
    table = ladder.format_ladder(CELLS)
    header, grid, boxes, ctc = table.splitlines()
    assert all(name in header for name in ladder.CONTEXTS.values())
    assert "50.0%" in grid
    assert boxes.count("not run") == 3
    assert "25.0%" in ctc


def test_an_unknown_row_is_named():
    with pytest.raises(ValueError, match="no row 'letters'; choose one of grid, boxes, ctc"):
        ladder.train_cell(None, "letters", None, None)


def test_the_shipped_run_file_holds_nine_cells_of_one_protocol():
    run = paths.sample("ladder")
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
            return self

    def train_cell(network, targets, *_):
        trained.append((targets, network))
        return Finished()

    monkeypatch.setattr(ladder, "ladder_lines", lambda *_: (None, None))
    monkeypatch.setattr(ladder, "cell_network", lambda context, seed: context)
    monkeypatch.setattr(ladder, "train_cell", train_cell)
    settings = {"updates": 2, "lines": 4, "seed": 0, "validation_lines": 2}
    first = ladder.run_cell("grid", "none", settings)
    assert ladder.run_cell("grid", "none", settings) == first
    assert trained == [("grid", "none")]
    assert first["cer"] == 0.5 and first["cer_half"] == 0.9
    ladder.run_cell("grid", "none", {**settings, "seed": 1})
    assert len(trained) == 2, "a cell of another run was taken for this one's"
