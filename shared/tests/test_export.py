"""Export: the model file says what the notebook's model says, and says what it is."""

from __future__ import annotations

import copy
import hashlib
import json
import subprocess
import sys
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from shared import paths
from shared.lines import frozen_lines
from shared.pages import LineDetector, PageReader, frozen_pages
from shared.preparation import WHOLE_LINE, place_line, prepare_line
from shared.recognizer import LineTextRecognizer
from shared.service.exporting.model_file import KEY, Description, ModelFileError, describe
from shared.service.exporting.parity import SAME, line_parity, page_parity
from shared.service.exporting.runtime import (
    OnnxLineDetector,
    OnnxLineTextRecognizer,
    OnnxNetwork,
    load_model,
)

LINE = paths.DATA / "models/reader.onnx"
DETECTOR = paths.DATA / "models/detector_small.onnx"
#: Mean ink of the eight parts of a prepared line, of preparation 1
PREPARED_1 = (75.2, 52.4, 76.6, 50.9, 79.0, 51.6, 78.6, 52.0)


@pytest.fixture(scope="module")
def exported():
    return load_model(LINE, DETECTOR)


@pytest.mark.parametrize(("file", "card"), [(LINE, "reader"), (DETECTOR, "detector_small")])
def test_shipped_files_were_made_from_the_shipped_weights(file, card):
    described = OnnxNetwork(file).description
    stored = json.loads((paths.DATA / f"models/{card}.json").read_text(encoding="utf-8"))
    weights = (paths.DATA / f"models/{card}.weights.h5").read_bytes()
    assert described.weights_sha256 == stored["sha256"] == hashlib.sha256(weights).hexdigest(), (
        "The weights are newer than the model file: run `labs export --out data/models`, "
        "then `python data/make/measure_traffic.py data/models/reader.onnx`."
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


class Leaning(LineTextRecognizer):
    """A reader whose best and second class are apart by a gap, in one frame."""

    def __init__(self, like, gap):
        self._like, self._gap = like, gap
        self.preparation, self.alphabet = like.preparation, like.alphabet

    def logits_many(self, images):
        found = self._like.logits_many(images)
        for logits in found:
            logits[0] = 0
            logits[0, 40] = 1
            logits[0, 41] = 1 + self._gap
        return found


@pytest.mark.parametrize(("gap", "same"), [(SAME / 3, 1.0), (2 * SAME, 0.0)])
def test_texts_may_differ_only_where_the_network_is_undecided(exported, gap, same):
    one, other = (Leaning(exported.recognizer, sign * gap) for sign in (1, -1))
    images = frozen_lines().images[:3]
    assert one.decode(one.logits_many(images)[0]) != other.decode(other.logits_many(images)[0])
    parity = line_parity(one, other, images)
    assert parity.same_texts == same and parity.holds == (same == 1)


def test_parity_notices_lines_that_move_or_go_missing(exported, monkeypatch):
    class Moved:
        def __init__(self, change):
            self.predict, self._change = exported.reader.detector.predict, change

        def maps(self, page):
            found = exported.reader.detector.maps(page).lines()
            return SimpleNamespace(lines=lambda: self._change(found))

    def lower(lines, by):
        return [replace(line, baseline=line.baseline + [0, by * line.x_height]) for line in lines]

    page = [frozen_pages("unseen")[0].image]
    for change, holds in (
        (lambda lines: lower(lines, 1e-4), True),
        (lambda lines: lower(lines, 1e-2), False),
        (lambda lines: lines[1:], False),
    ):
        other = PageReader(Moved(change), exported.recognizer)
        parity = page_parity(exported.reader, other, page)
        assert parity.holds is holds and parity.same_texts == 1.0, parity


def whole_weights(model):
    """Return a model file with all weights as float32, as it was before they were halved."""
    whole, names = copy.deepcopy(model), {}
    for weight in whole.graph.initializer:
        if weight.data_type == onnx.TensorProto.FLOAT16:
            values = numpy_helper.to_array(weight).astype(np.float32)
            names[weight.name] = weight.name.removesuffix("_half")
            weight.CopyFrom(numpy_helper.from_array(values, names[weight.name]))
    kept = [node for node in whole.graph.node if not names.keys() & set(node.input)]
    del whole.graph.node[:]
    whole.graph.node.extend(kept)
    return whole.SerializeToString(deterministic=True)


def test_weights_are_halved_where_that_loses_nothing(exported):
    import onnxruntime

    from shared.service.exporting.conversion import halve

    given = onnx.load(LINE)
    weights = {one.name: numpy_helper.to_array(one) for one in given.graph.initializer}
    assert sum(one.dtype == np.float16 for one in weights.values()) > 3
    whole = whole_weights(given)
    content = onnx.load_from_string(whole)
    halve(content)
    assert content == given and len(LINE.read_bytes()) < 0.65 * len(whole)
    halve(content)
    assert content == given, "halved twice"
    image = exported.recognizer.preparation.prepare(frozen_lines().images[0])[None, ..., None]
    sessions = [onnxruntime.InferenceSession(file) for file in (LINE.read_bytes(), whole)]
    assert np.array_equal(*(session.run(None, {"ink": image})[0] for session in sessions))


def test_the_exported_reader_decodes_as_the_notebooks(exported):
    """The language model that the card names comes along; close calls of the beam may turn."""
    notebook, images = LineTextRecognizer.load(), frozen_lines().images[:80]
    texts = [reader.read_many(images) for reader in (notebook, exported.recognizer)]
    assert np.mean([a == b for a, b in zip(*texts, strict=True)]) >= 0.97
    greedy = exported.recognizer.read_many(images, exported.recognizer.decode)
    assert np.mean([a == b for a, b in zip(texts[1], greedy, strict=True)]) < 0.9
    without = load_model(LINE, DETECTOR, language=False).recognizer
    assert without.read_many(images) == greedy


def test_a_network_is_converted_with_free_batch_and_width(tmp_path):
    from shared.backend import keras
    from shared.networks import line_network
    from shared.service.exporting.conversion import convert_line

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
    from shared.service.exporting.quantization import quantize

    lines = frozen_lines()
    rates = {"float32": exported.recognizer.error_rate(lines)}
    whole = len(whole_weights(onnx.load(LINE)))
    for recipe, share in (("recurrent", 0.5), ("all", 0.35)):
        content = quantize(LINE.read_bytes(), recipe)
        assert len(content) < share * whole
        file = tmp_path / f"{recipe}.onnx"
        file.write_bytes(content)
        small = OnnxLineTextRecognizer.load(file)
        assert small.network.description.precision == f"int8 {recipe}"
        rates[recipe] = small.error_rate(lines)
    assert max(rates.values()) - rates["float32"] < 0.01, rates
    with pytest.raises(ValueError, match="no recipe 'half'"):
        quantize(b"", "half")


def test_reading_with_a_model_file_loads_no_tensorflow():
    code = (
        "import sys, numpy as np; from shared.service.exporting.runtime import load_model; "
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
        ({"preparation": 99}, "it would misread"),
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
    description = Description(
        "line", "mine", "ab", alphabet="xyz", reference={"line": {"window": 64}}
    )
    content = describe(LINE.read_bytes(), description)
    file = tmp_path / "mine.onnx"
    file.write_bytes(content)
    assert OnnxNetwork(file).description == description


def test_the_preparation_is_the_one_that_its_number_stands_for():
    """A change in how lines are prepared needs another version, and new exports."""
    assert WHOLE_LINE.version == 1
    page = np.full((90, 420), 230, np.uint8)
    for left in range(30, 390, 30):
        page[40:70, left : left + 6] = 40
        page[64:70, left : left + 22] = 60
    prepared = prepare_line(page)
    assert np.array_equal(prepared, place_line(page).image)
    parts = [part.mean() for part in np.array_split(prepared.astype(float), 8, axis=1)]
    assert np.allclose(parts, PREPARED_1, atol=3.0)
