"""Confidence and drift: what is promised of them holds on traffic that chose neither."""

from __future__ import annotations

import numpy as np
import pytest
from measure_traffic import WINDOW, _plain, draw_windows, false_alarm_rate, make_reference

from shared import paths
from shared.service import confidence, drift, traffic
from shared.service.exporting.runtime import load_model
from shared.service.reading import read_line

SMALL_WINDOW = {"window": 16, "per_writer": 4}


@pytest.fixture(scope="module")
def model():
    folder = paths.DATA / "models"
    return load_model(folder / "reader.onnx", folder / "detector_small.onnx")


@pytest.fixture(scope="module")
def reference(model):
    return drift.Reference(**model.description.reference["line"])


@pytest.fixture(scope="module")
def hands():
    return traffic.fresh_hands(32, first=1400)  # Neither the reference's nor its judges'


def window(model, hands, shift, seed=5):
    found = []
    for line in traffic.send_lines(hands, 5, seed, shift):
        try:
            found.append(read_line(model, line.image).features)
        except ValueError:  # Ink too faint to be seen at all
            continue
    return np.array(found[:WINDOW])


@pytest.mark.parametrize(
    ("shift", "feature"),
    [("ink", "ink_width"), ("faint", "darkness"), ("scale", "scale"), ("script", "sureness")],
)
def test_shifted_traffic_raises_the_alarm(model, reference, hands, shift, feature):
    score, relative = reference.score(window(model, hands[:16], shift))
    assert score > reference.threshold
    assert max(relative, key=relative.get) == feature


def test_normal_traffic_does_not(model, reference, hands):
    for group in (hands[:16], hands[16:]):
        score, relative = reference.score(window(model, group, "none"))
        assert score <= reference.threshold, relative


@pytest.mark.parametrize("kind", ["line", "page"])
def test_the_stated_rate_of_false_alarms_was_measured(model, kind):
    stored = drift.Reference(**model.description.reference[kind])
    assert stored.measured["windows"] >= 1000 and stored.measured["writers"] >= 48
    assert stored.measured["rate"] <= stored.false_alarms == 0.01


def synthetic(writers, lines, seed, shift=0.0):
    """Rows whose features wander with their writer, as handwriting does."""
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(writers, 1, 5)) + 0.5 * rng.normal(size=(writers, lines, 5)) + shift
    return rows.reshape(-1, 5), [f"w{k // lines}" for k in range(writers * lines)]


def test_lines_of_a_writer_are_no_independent_witnesses():
    """A threshold for independent lines would cry wolf more than ten times as often."""
    rows, writers = synthetic(128, 6, 0)
    reference = make_reference(rows, writers)
    fresh, fresh_writers = synthetic(400, 6, 1)
    rate = false_alarm_rate(reference, fresh, fresh_writers)["rate"]
    textbook = 1.63 / np.sqrt(WINDOW)  # Kolmogorov and Smirnov, 1%, one feature
    drawn = draw_windows(fresh, fresh_writers, reference, 2, 400)
    naive = np.mean([max(reference.distances(one).values()) > textbook for one in drawn])
    assert rate <= 0.02 and naive > 10 * max(rate, 0.005)


def test_distance_is_that_of_kolmogorov_and_smirnov():
    rows = np.tile(np.linspace(0, 1, 1001)[:, None], 5)
    plain = _plain(rows, 4, 1, 0.01)
    # By hand: four values above .5 leave half of the reference below them
    assert plain.distances(np.full((4, 5), 0.5))["scale"] == pytest.approx(0.5, abs=0.01)
    assert plain.distances(np.full((4, 5), 2.0))["scale"] == pytest.approx(1.0)
    spread = np.tile(np.array([0.125, 0.375, 0.625, 0.875])[:, None], 5)
    assert plain.distances(spread)["scale"] == pytest.approx(0.125, abs=0.01)


def test_a_monitor_reports_a_window_when_it_is_full():
    rows, writers = synthetic(64, 6, 0)
    monitor = drift.DriftMonitor(make_reference(rows, writers, **SMALL_WINDOW))
    normal = [drift.LineFeatures(*row) for row in synthetic(4, 4, 9)[0]]
    far = [drift.LineFeatures(*row) for row in synthetic(4, 4, 3, shift=6.0)[0]]
    *before, full = [monitor.add(one) for one in normal]
    assert before == [None] * 15 and not full["alarm"]
    assert [monitor.add(one) for one in far][-1]["alarm"]
    report = monitor.report()
    assert (report["windows"], report["alarms"], report["alarm"]) == (2, 1, True)
    assert report["lines_waiting"] == 0


def test_too_few_writers_make_no_reference():
    rows, writers = synthetic(10, 6, 0)
    with pytest.raises(ValueError, match="10 writers were given"):
        make_reference(rows, writers)


def test_stroke_width_is_measured_in_pixels():
    from shared.preparation import PlacedLine

    for width in (2, 4, 6):
        image = np.zeros((32, 200), np.uint8)
        image[10 : 10 + width, 10:190] = 255
        found = drift.line_features(PlacedLine(image, 0, 1, 4), 0.5, "abc", -1.0)
        assert found.ink_width == pytest.approx(width * 4 / np.pi, rel=0.05)
        assert found.width_per_character == pytest.approx(64)


def test_a_fit_makes_the_overconfident_honest():
    rng = np.random.default_rng(0)
    true = rng.uniform(0.05, 0.95, 4000)
    right = rng.random(4000) < true
    odds = np.log(true / (1 - true))
    claimed = 1 / (1 + np.exp(-3 * odds - 1))  # Three times too sure
    features = np.column_stack([3 * odds + 1, rng.normal(size=4000)])
    weights = confidence.fit_weights(features, right)
    assert weights == pytest.approx([1 / 3, 0, -1 / 3], abs=0.08)
    mended = 1 / (1 + np.exp(-features @ weights[:-1] - weights[-1]))
    before, after = (confidence.calibration_error(p, right) for p in (claimed, mended))
    assert before > 0.1 and after < 0.03
    assert confidence.chance_error(mended) < 0.03
    with pytest.raises(ValueError, match="some of both"):
        confidence.fit_weights(features[:3], np.ones(3, bool))


def test_reject_curve_by_hand():
    # Surest first: 0, 1 and 4 edits over 10 characters each
    sure, edits, lengths = np.array([0.5, 0.9, 0.1]), np.array([1, 0, 4]), np.array([10, 10, 10])
    coverage, rates, least = confidence.reject_curve(sure, edits, lengths)
    assert np.allclose(coverage, [1 / 3, 2 / 3, 1]) and np.allclose(rates, [0, 1 / 20, 5 / 30])
    assert least.tolist() == [0.9, 0.5, 0.1]


def test_a_conformal_threshold_counts_one_more_line_that_is_all_wrong():
    sure, lengths = np.linspace(1, 0.01, 100), np.full(100, 10)
    wrong = np.where(np.arange(100) < 80, 0, 10)
    # 79 right lines and one wrong in thought: 10 of 800 characters; at 50, 10 of 510
    assert confidence.conformal_threshold(sure, wrong, lengths, 0.02) == pytest.approx(sure[79])
    few = confidence.conformal_threshold(sure[:48], wrong[:48], lengths[:48], 0.02)
    assert few == confidence.NEVER, "48 right lines promise 1 of 49 at best"
    assert confidence.conformal_threshold(sure[:49], wrong[:49], lengths[:49], 0.02) < 1


def test_equal_confidences_are_accepted_together():
    sure, wrong = np.array([0.9] * 60 + [0.7] * 60), np.array([0] * 60 + [0, 1] * 30)
    ones = np.ones(120)
    assert confidence.conformal_threshold(sure, wrong, ones, 0.1) == 0.9
    assert confidence.conformal_threshold(sure, wrong, ones, 0.3) == 0.7


def test_a_new_line_keeps_a_conformal_promise_on_average():
    rng, rates = np.random.default_rng(3), []
    for _ in range(200):
        sure = rng.random(400)
        wrong = rng.random(400) > sure
        chosen = confidence.conformal_threshold(sure[:200], wrong[:200], np.ones(200), 0.1)
        kept = sure[200:] >= chosen
        rates.append(wrong[200:][kept].mean() if kept.any() else 0.0)
    assert 0.06 < np.mean(rates) <= 0.105


def test_traffic_is_reproducible_and_names_its_shifts():
    hands = traffic.fresh_hands(1)
    one, two = (traffic.send_lines(hands, 1, 4)[0] for _ in range(2))
    assert np.array_equal(one.image, two.image) and one.text == two.text
    with pytest.raises(ValueError, match="no shift 'rain'"):
        traffic.send_lines(hands, 1, 4, "rain")
