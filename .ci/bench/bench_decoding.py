"""The entry about decoding with a language model, about a minute."""

from __future__ import annotations

import time

from bench_rows import Row, Sizes

GONE = 0.15  # Share of the errors that the language model takes away, at least
WEIGHTS, BONUSES = (0.0, 0.15, 0.3, 0.45), (0.3, 0.6, 1.0)


def measure_decoding(sizes: Sizes) -> list[Row]:
    """Tune a decoder for Lab 5's small reader on validation lines and read the frozen test once."""
    from shared.experiments import course_model, tune
    from shared.language import BeamDecoder
    from shared.lines import compose_lines, frozen_lines
    from shared.metrics import character_error_rate, word_error_rate
    from shared.recognizer import LineTextRecognizer

    reader, model = LineTextRecognizer.load("line_small"), course_model()
    validation = compose_lines(sizes.tuning_lines, "validation", 11)
    logits = reader.logits_many(validation.images)
    tuned = tune(logits, validation.texts, model, WEIGHTS, BONUSES)
    test = frozen_lines()[: sizes.test_lines]
    logits = reader.logits_many(test.images)
    plain = [reader.decode(one) for one in logits]
    decoder = BeamDecoder(model, tuned.weight, tuned.bonus)
    begun = time.process_time()
    texts = [decoder(one) for one in logits]
    milliseconds = 1000 * (time.process_time() - begun) / len(texts)
    rates = [character_error_rate(test.texts, found) for found in (plain, texts)]
    words = [word_error_rate(test.texts, found) for found in (plain, texts)]
    settings = f"weight {tuned.weight}, bonus {tuned.bonus}, tuned on {len(validation)} lines"
    return [
        Row(
            "decoding",
            "errors gone by a language model, frozen test",
            1 - rates[1] / max(rates[0], 1e-9),
            "{:.0%}",
            f"CER {rates[0]:.1%} -> {rates[1]:.1%}; {settings}",
            at_least=GONE,
        ),
        Row("decoding", "WER with it", words[1], "{:.1%}", f"best path: {words[0]:.1%}"),
        Row("decoding", "processor milliseconds a line", milliseconds, "{:.1f} ms"),
    ]
