"""Four decoders of Lab 5, three of them set wrongly, as they read the same lines.

`python -m shared.checks.lab05_decoders` reads the lines again with the shipped reader (half a
minute) and prints `_RECORDS`, which is stored so that every learner sees the same four.
"""

from __future__ import annotations

from dataclasses import dataclass

#: What can be wrong; one name is left over
SETTINGS = (
    "well tuned",
    "length bonus missing",
    "length bonus too high",
    "language model trusted too much",
    "no language model",
)
#: Weight and bonus of each
_VALUES = {
    "well tuned": (0.3, 0.6),
    "length bonus missing": (1.5, 0.0),
    "length bonus too high": (0.3, 5.0),
    "language model trusted too much": (2.5, 6.5),
}
#: Which decoder is set how
_ORDER = (
    "length bonus too high",
    "well tuned",
    "language model trusted too much",
    "length bonus missing",
)
_LINES, _SHOWN = 60, 4


@dataclass(frozen=True)
class Decoder:
    """What one decoder read.

    Attributes:
        name: "A" to "D".
        rate: Character error rate on 60 validation lines.
        length: Characters read, divided by characters written.
        readings: Pairs of what is written and what was read.
    """

    name: str
    rate: float
    length: float
    readings: tuple[tuple[str, str], ...]


def four_decoders() -> tuple[Decoder, ...]:
    """Return the four decoders as they were recorded."""
    return tuple(
        Decoder(name, rate, length, tuple(map(tuple, readings)))
        for name, (rate, length, readings) in zip("ABCD", _RECORDS, strict=True)
    )


def record() -> list[tuple]:
    """Read the lines with each decoder and return the records."""
    from shared.decoding import BeamDecoder, course_model
    from shared.lines import compose_lines
    from shared.metrics import character_error_rate
    from shared.recognizer import LineTextRecognizer

    lines = compose_lines(_LINES, "validation", 5)
    logits = LineTextRecognizer.load().logits_many(lines.images)
    model = course_model()
    texts = {}
    for name, (weight, bonus) in _VALUES.items():
        decoder = BeamDecoder(model, weight, bonus)
        texts[name] = [decoder(one) for one in logits]
    ranked = sorted(range(_LINES), key=lambda k: -len({found[k] for found in texts.values()}))
    shown = [k for k in ranked if 18 <= len(lines.texts[k]) <= 34][:_SHOWN]
    records = []
    for name in _ORDER:
        found = texts[name]
        rate = round(character_error_rate(lines.texts, found), 3)
        length = round(sum(map(len, found)) / sum(map(len, lines.texts)), 2)
        records.append((rate, length, [(lines.texts[k], found[k]) for k in shown]))
    return records


_RECORDS = (
    (0.105, 1.08, (
        ("mixed me without another year,", "meixted me without another years,"),
        ("L1jmcd cQh'^&tMGkIxk(", "L vjmcd cQh'*^ &tMG'kI.xHk1"),
        ("and Joel agreed among", "and Jioel agreed armong"),
        ("knew at this friend;", "hn ew at this frirend;"),
    )),
    (0.045, 0.98, (
        ("mixed me without another year,", "meted me without another year,"),
        ("L1jmcd cQh'^&tMGkIxk(", "Ljmcd cQh'^&tMGkIHk1"),
        ("and Joel agreed among", "and Joel agreed among"),
        ("knew at this friend;", "hnew at this friend;"),
    )),
    (0.14, 0.97, (
        ("mixed me without another year,", "mild me without another year,"),
        ("L1jmcd cQh'^&tMGkIxk(", "I ned ceh' at Micket"),
        ("and Joel agreed among", "and sold agreed among"),
        ("knew at this friend;", "from at this firend;"),
    )),
    (0.117, 0.92, (
        ("mixed me without another year,", "meed me without another year,"),
        ("L1jmcd cQh'^&tMGkIxk(", "LmdcahatMGkIT"),
        ("and Joel agreed among", "and Joel agred among"),
        ("knew at this friend;", "new at this frend;"),
    )),
)  # fmt: skip

if __name__ == "__main__":
    import pprint

    pprint.pprint(record(), width=96)
