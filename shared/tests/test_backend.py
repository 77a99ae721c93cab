"""Importing is quick and silent; TensorFlow comes through one door, without log lines."""

import os
import subprocess
import sys

import pytest

from shared import backend


def _run(code: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=False
    )


def test_importing_shared_loads_nothing_heavy():
    modules = "alphabet, backend, figures, losses, metrics, networks, paths, recognizer, training"
    run = _run(
        f"import sys, shared; from shared import {modules}\n"
        "heavy = {'tensorflow', 'keras', 'matplotlib', 'cv2', 'IPython', 'PIL'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    assert (run.stdout.strip(), run.stderr) == ("[]", "")


def test_tensorflow_comes_without_a_log_line():
    run = _run(
        "from shared.backend import keras, tf, cpu_count\n"
        "network = keras.Sequential([keras.layers.Dense(2)])\n"
        "tf.function(lambda x: network(x))(tf.zeros((1, 3)))\n"
        "assert tf.config.threading.get_intra_op_parallelism_threads() == cpu_count()\n"
        "print(keras.backend.backend())"
    )
    assert (run.stdout.strip(), run.stderr) == ("tensorflow", "")


def test_another_backend_of_keras_is_refused_in_a_sentence():
    run = _run(
        "import os; os.environ['KERAS_BACKEND'] = 'jax'\n"
        "try:\n    from shared.backend import keras\n"
        "except RuntimeError as error:\n    print(error)"
    )
    assert "computes with jax" in run.stdout and "Set KERAS_BACKEND=tensorflow" in run.stdout


def test_held_lines_are_printed_when_the_block_fails(capfd):
    with pytest.raises(ImportError), backend.quiet_descriptor():
        os.write(2, b"the reason\n")
        raise ImportError("no such library")
    assert "the reason" in capfd.readouterr().err


def test_lines_are_held_and_the_descriptor_comes_back(capfd):
    with backend.quiet_descriptor():
        os.write(2, b"noise\n")
    os.write(2, b"afterwards\n")
    assert capfd.readouterr().err == "afterwards\n"


def test_cpu_count_follows_the_allowance():
    if not hasattr(os, "sched_setaffinity"):
        pytest.skip("This system has no processor affinity")
    one = sorted(os.sched_getaffinity(0))[:1]
    code = f"import os; os.sched_setaffinity(0, {one}); from shared import backend as b"
    assert _run(code + "; print(b.cpu_count())").stdout.strip() == "1"


def test_an_unknown_name_is_refused():
    with pytest.raises(AttributeError, match="offers tf and keras"):
        _ = backend.torch
