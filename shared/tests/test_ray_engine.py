"""The engine for clusters: the same results as the local one, and the proof with two nodes."""

import functools
import importlib.util
import subprocess
import sys

import pytest
from optuna.pruners import SuccessiveHalvingPruner

from shared.experiments import Study, StudyError
from shared.experiments import run_study as run_and_track

CLIMB = "shared.tests.fixtures.toy_experiments:climb"
HALVING = SuccessiveHalvingPruner(min_resource=2, reduction_factor=2)
run_study = functools.partial(run_and_track, wandb="off")
HAS_RAY = importlib.util.find_spec("ray") is not None
needs_ray = pytest.mark.skipif(
    not HAS_RAY, reason="Ray is not installed; pip install -e '.[parallel]' brings it"
)


@pytest.fixture(autouse=True)
def own_my(monkeypatch, tmp_path):
    monkeypatch.setenv("HANDWRITING_MY", str(tmp_path / "my"))


def said(runs):
    """Return what must not depend on the engine."""
    return [
        (run.name, run.config, run.state, run.curves, run.tables, run.summary.get("height"))
        for run in runs
    ]


@needs_ray
@pytest.mark.nightly
def test_both_engines_give_the_same_records():
    options = {"space": {"rate": [0.9, 0.1, 0.2], "fault": ["none", "raise"]}, "seeds": [1, 2]}
    local = run_study(Study("local", CLIMB, "height", **options), workers=2, quiet=True)
    on_ray = run_study(Study("rayed", CLIMB, "height", **options), "ray", workers=2, quiet=True)
    assert said(on_ray) == said(local)
    assert [run.error for run in on_ray] == [run.error for run in local]
    assert (on_ray[0].folder / "artifacts/height.txt").read_text() == "0.9"
    assert "asked to fail" in (on_ray[1].folder / "log.txt").read_text()


@needs_ray
@pytest.mark.nightly
def test_a_killed_task_costs_one_trial_and_is_tried_again():
    options = {"space": {"fault": ["none", "die", "swallow"]}, "stop": HALVING}
    runs = run_study(Study("die", CLIMB, "height", **options), "ray", workers=1, quiet=True)
    states = [run.state for run in runs]
    assert states[0] == states[2] == "finished" and states[1] == "failed"
    again = run_study(Study("die", CLIMB, "height", **options), workers=1, quiet=True)
    assert again[0].summary["pid"] == runs[0].summary["pid"]


@pytest.mark.nightly
@needs_ray
@pytest.mark.skipif(sys.platform != "linux", reason="network namespaces are Linux's")
def test_two_nodes_in_a_namespace_without_a_network():
    allowed = subprocess.run(["unshare", "--map-root-user", "--net", "true"], check=False)
    if allowed.returncode:
        pytest.skip("this system does not allow network namespaces")
    done = subprocess.run(
        [sys.executable, "-m", "shared.tests.two_nodes"], capture_output=True, text=True,
        check=False, timeout=600,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "interfaces: lo\n" in done.stdout
    assert "InvalidAuthToken" in done.stdout
    assert "6 trials on 2 nodes; equal to the local engine: 6" in done.stdout


@pytest.mark.skipif(HAS_RAY, reason="Ray is installed, so nothing is missing")
def test_without_ray_a_sentence_says_what_to_install():
    with pytest.raises(StudyError, match="needs Ray: pip install"):
        run_study(Study("absent", CLIMB, "height"), "ray", quiet=True)
