"""Export: the model file says what the notebook's model says, and says what it is."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys

import numpy as np
import pytest

from shared import paths
from shared.export.model_file import KEY, Description, ModelFileError, describe
from shared.export.parity import SAME, line_parity, page_parity
from shared.export.runtime import OnnxLineDetector, OnnxLineTextRecognizer, OnnxNetwork, load_model
from shared.lines import frozen_lines
from shared.pages import frozen_pages
from shared.recognizer import LineDetector, LineTextRecognizer, PageReader, prepare_line
from shared.recognizer.preparation import PREPARATION, place_line

LINE = paths.DATA / "models/line_small.onnx"
DETECTOR = paths.DATA / "models/detector_small.onnx"
#: Mean ink of the eight parts of a prepared line, where `PREPARATION` is 1
PREPARED_1 = (75.2, 52.4, 76.6, 50.9, 79.0, 51.6, 78.6, 52.0)


@pytest.fixture(scope="module")
def exported():
    return load_model(LINE, DETECTOR)


@pytest.mark.parametrize(("file", "card"), [(LINE, "line_small"), (DETECTOR, "detector_small")])
def test_shipped_files_were_made_from_the_shipped_weights(file, card):
    described = OnnxNetwork(file).description
    stored = json.loads((paths.DATA / f"models/{card}.json").read_text(encoding="utf-8"))
    weights = (paths.DATA / f"models/{card}.weights.h5").read_bytes()
    assert described.weights_sha256 == stored["sha256"] == hashlib.sha256(weights).hexdigest(), (
        "The weights are newer than the model file: run `labs export --out data/models`."
    )


def test_lines_get_the_notebooks_logits_and_texts(exported):
    notebook, lines = LineTextRecognizer.load(), frozen_lines()
    parity = line_parity(notebook, exported.recognizer, lines.images)
    assert parity.inputs == 300 and parity.same_texts == 1.0 and parity.largest < SAME
    one_by_one = [exported.recognizer.logits(image) for image in lines.images[:20]]
    for alone, company in zip(
        one_by_one, exported.recognizer.logits_many(lines.images[:20]), strict=True
    ):
        assert np.abs(alone - company).max() < SAME


def test_pages_get_the_notebooks_maps_and_texts(exported):
    notebook = PageReader(LineDetector.load(), LineTextRecognizer.load())
    images = [page.image for name in ("photo", "touching") for page in frozen_pages(name)[:2]]
    parity = page_parity(notebook, exported.reader, images)
    assert parity.inputs == 4 and parity.holds, parity


def test_parity_notices_a_difference(exported):
    class Shifted(OnnxLineTextRecognizer):
        def _run(self, batch):
            return super()._run(batch) + np.eye(1, 96, 70) * 2 * SAME

    other = Shifted(OnnxNetwork(LINE))
    parity = line_parity(exported.recognizer, other, frozen_lines().images[:5])
    assert not parity.holds and parity.largest == pytest.approx(2 * SAME, rel=0.1)


def test_a_network_is_converted_with_free_batch_and_width(tmp_path):
    from shared.backend import keras
    from shared.export.conversion import convert_line
    from shared.networks import line_network

    keras.utils.set_random_seed(0)
    reader = LineTextRecognizer(line_network(96, channels=(4, 4, 8, 8), features=16, blocks=1))
    file = tmp_path / "tiny.onnx"
    file.write_bytes(convert_line(reader, "tiny"))
    other = OnnxLineTextRecognizer.load(file)
    rng = np.random.default_rng(0)
    lines = [(rng.random((32, width)) < 0.1).astype(np.uint8) * 255 for width in (30, 31, 64, 333)]
    assert line_parity(reader, other, lines).holds
    assert other.alphabet == reader.alphabet and other.network.description.name == "tiny"


def test_int8_is_smaller_and_costs_less_than_one_point(exported, tmp_path):
    from shared.export.quantization import quantize

    lines = frozen_lines()
    rates = {"float32": exported.recognizer.error_rate(lines)}
    for recipe, share in (("recurrent", 0.8), ("all", 0.35)):
        content = quantize(LINE.read_bytes(), recipe)
        assert len(content) < share * LINE.stat().st_size
        file = tmp_path / f"{recipe}.onnx"
        file.write_bytes(content)
        small = OnnxLineTextRecognizer.load(file)
        assert small.network.description.precision == f"int8 {recipe}"
        rates[recipe] = small.error_rate(lines)
    assert max(rates.values()) - rates["float32"] < 0.01, rates
    with pytest.raises(ValueError, match="no recipe 'half'"):
        quantize(b"", "half")


def test_litert_reads_lines_of_its_own_width_as_the_notebook_does():
    from shared.export.small_device import SmallReader, convert_for_small_devices

    notebook = LineTextRecognizer.load()
    lines = [image for image in frozen_lines().images if 225 <= image.shape[1] <= 256][:8]
    small = SmallReader(convert_for_small_devices(notebook.network, 256))
    for line, expected in zip(lines, notebook.logits_many(lines), strict=True):
        assert np.abs(small.logits(line) - expected).max() < 1e-2
    with pytest.raises(ValueError, match="this file takes 256"):
        small.logits(np.zeros((32, 300), np.uint8))


def test_reading_with_a_model_file_loads_no_tensorflow():
    code = (
        "import sys, numpy as np; from shared.export.runtime import load_model; "
        "from shared.lines import frozen_lines; "
        f"model = load_model({str(LINE)!r}, {str(DETECTOR)!r}); "
        "print(model.recognizer.read(frozen_lines().images[0])); "
        "sys.exit(len({'tensorflow', 'keras', 'onnx'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0 and done.stdout.strip(), done.stderr


def rewritten(tmp_path, **changes):
    properties = OnnxNetwork(LINE).description
    content = json.loads(properties.to_json()) | changes
    import onnx

    model = onnx.load_from_string(LINE.read_bytes())
    onnx.helper.set_model_props(model, {KEY: json.dumps(content)} if changes else {"other": "x"})
    file = tmp_path / "changed.onnx"
    file.write_bytes(model.SerializeToString())
    return file


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "does not say what it is"),
        ({"format": 99}, "has format 99"),
        ({"preparation": PREPARATION + 1}, "it would misread"),
        ({"surprise": 1}, "does not say what it is"),
        ({"task": "detector"}, "one for 'line' is needed"),
    ],
)
def test_a_file_that_would_be_misread_is_refused(tmp_path, changes, said):
    with pytest.raises(ModelFileError, match=said):
        OnnxLineTextRecognizer.load(rewritten(tmp_path, **changes))


def test_a_damaged_or_missing_file_is_refused(tmp_path):
    cut = tmp_path / "cut.onnx"
    cut.write_bytes(LINE.read_bytes()[:100_000])
    with pytest.raises(ModelFileError, match="no ONNX network"):
        OnnxLineDetector.load(cut)
    with pytest.raises(FileNotFoundError, match="labs export"):
        OnnxLineDetector.load(tmp_path / "none.onnx")


def test_a_description_comes_back_from_the_file(tmp_path):
    description = Description("line", "mine", "ab", alphabet="xyz", confidence={"slope": 1.5})
    content = describe(LINE.read_bytes(), description)
    file = tmp_path / "mine.onnx"
    file.write_bytes(content)
    assert OnnxNetwork(file).description == description


def test_the_preparation_is_the_one_that_its_number_stands_for():
    """A change in how lines are prepared needs another `PREPARATION`, and new exports."""
    assert PREPARATION == 1
    page = np.full((90, 420), 230, np.uint8)
    for left in range(30, 390, 30):
        page[40:70, left : left + 6] = 40
        page[64:70, left : left + 22] = 60
    prepared = prepare_line(page)
    assert np.array_equal(prepared, place_line(page).image)
    parts = [part.mean() for part in np.array_split(prepared.astype(float), 8, axis=1)]
    assert np.allclose(parts, PREPARED_1, atol=3.0)
