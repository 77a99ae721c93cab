"""The worker: what it survives, what it takes for a reply, and that nothing is left behind."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from shared.checks.probing import Reply
from shared.checks.worker import Worker, memory_in_use

#: The calls are in a module of their own: a module of tests may not be imported over there
PATH = os.pathsep.join([str(Path(__file__).parent / "fixtures"), *sys.path])
FORKS = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")


@pytest.fixture
def worker():
    found = Worker()
    found.environment["PYTHONPATH"] = PATH
    yield found
    found.close()


def ask(worker, name, seconds=30.0, **given):
    return worker.ask(f"worker_calls:{name}", seconds, **given)


def is_there(process):
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    with contextlib.suppress(OSError):  # Where there is /proc, a zombie can be told
        return Path(f"/proc/{process}/stat").read_text().split()[2] != "Z"
    return True


def wait_until_gone(process, seconds=20.0):
    end = time.monotonic() + seconds
    while is_there(process) and time.monotonic() < end:
        time.sleep(0.05)
    return not is_there(process)


@FORKS
def test_a_copy_changes_nothing(worker):
    assert ask(worker, "remember", value=1) == Reply("answer", "1")
    original = ask(worker, "process").text
    for _ in range(2):
        with worker.copy():
            copy = int(ask(worker, "process").text)
            assert ask(worker, "remember", value=5) == Reply("answer", "6")
            (Path(worker.folder) / "x").touch()
        assert wait_until_gone(copy)
    assert ask(worker, "process").text == original
    assert ask(worker, "remember", value=0) == Reply("answer", "1")


@FORKS
def test_a_copy_that_ends_leaves_the_original(worker):
    original = ask(worker, "process").text
    for name, status in {
        "leave": "died", "hang": "time", "flood": "time", "devour": "answer"
    }.items():  # fmt: skip
        with worker.copy():
            copy = int(ask(worker, "process").text)
            assert ask(worker, name, seconds=2.0).status == status
            if status != "answer":
                assert ask(worker, "process").status == "died", "nobody answers for a copy"
        assert wait_until_gone(copy)
        assert ask(worker, "process").text == original


def test_without_forks_the_process_is_a_fresh_one_after_each_block():
    worker = Worker(fork=False)
    worker.environment["PYTHONPATH"] = PATH
    seen = set()
    for _ in range(2):
        with worker.copy():
            assert ask(worker, "remember", value=1) == Reply("answer", "1")
            seen.add(ask(worker, "process").text)
    assert len(seen) == 2 and not worker.alive


@FORKS
def test_what_code_started_ends_with_it(worker):
    with worker.copy():
        child = int(ask(worker, "start_a_child").text)
        ask(worker, "leave", seconds=5.0)
    assert wait_until_gone(child)
    child = int(ask(worker, "start_a_child").text)
    assert is_there(child)
    worker.close()
    assert wait_until_gone(child)


@FORKS
def test_a_forged_reply_is_none(worker):
    reply = ask(worker, "forge", seconds=5.0)
    assert reply == Reply("answer", "the true one")


@FORKS
def test_what_takes_too_much_memory_is_stopped(worker, monkeypatch):
    if not memory_in_use(os.getpid()):
        pytest.skip("This system does not say how much memory a process uses.")
    monkeypatch.setattr("shared.checks.worker.MEMORY", 400_000_000)
    source = "import itertools\nx = list(itertools.product(range(10), repeat=12))"
    reply = worker.ask("shared.checks.answering:run_cell", 60, source=source, label="cell")
    assert (reply.status, "0.4 GB of memory" in reply.text) == ("died", True)
    assert worker.ask("shared.checks.answering:run_cell", 60, source="1", label="cell").text == ""


def test_nothing_goes_on_when_the_judge_is_killed(tmp_path):
    program = (
        "from shared.checks.worker import Worker, memory_in_use\n"
        "worker = Worker()\n"
        f"worker.environment['PYTHONPATH'] = {PATH!r}\n"
        "print(worker.ask('worker_calls:process', 30).text, flush=True)\n"
        "with worker.copy():\n"
        "    print(worker.ask('worker_calls:process', 30).text, flush=True)\n"
        "    worker.ask('worker_calls:hang', 60)\n"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    judge = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, env=environment, cwd=tmp_path
    )
    processes = [int(judge.stdout.readline()) for _ in range(2)]
    time.sleep(0.3)
    judge.send_signal(signal.SIGKILL)
    judge.wait()
    judge.stdout.close()
    assert all(wait_until_gone(process) for process in processes)


@pytest.mark.parametrize(
    "reading",
    [
        "data_file('answers.json').read_text()",
        "os.symlink(data_file('answers.json'), 'other'), open(b'other').read()",
        "os.open(data_file('answers.json'), os.O_RDONLY)",
        "open(next((data_file('answers.json').parents[1] / 'solutions').glob('*.py')))",
    ],
)
def test_the_courses_own_answers_are_closed(worker, reading):
    source = f"import os\nfrom shared.paths import data_file\n{reading}"
    reply = worker.ask("shared.checks.answering:run_cell", 60, source=source, label="cell")
    assert reply.status == "error" and "own answers are closed" in reply.text
    other = {"source": "open('mine', 'w').write('x'); open('mine').read()", "label": "cell"}
    assert worker.ask("shared.checks.answering:run_cell", 60, **other).status == "answer"
