"""Say what readers do on real handwriting, as README, model card and labs say it.

The figures stand in `data/samples/reading.json`, written by `measure_reading.py`, and those after
learning a writer's lines in `adaptation.json`, by `measure_adaptation.py`; both run this:

  python data/make/reading_texts.py    write data/samples/reading_texts.json and the model card
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from shared.paths import DATA, data_file, sample, write_atomically

READERS = {
    "small": "the labs' small reader",
    "ours": "this course's reader",
    "ours_with_language": "with its language model",
    "rapidocr": "RapidOCR {rapidocr}",
    "tesseract": "Tesseract {tesseract}",
}
SOURCES = {
    "invented_large": "the course's invented lines, {lines} by {writers} hands",
    "invented": "the same lines, kept 32 rows high",
    "csafe_test": "English pages of today, {lines} by {writers} people",
    "lathrop": "English letters of 1905, {lines} lines by {writers} people",
    "copiste": "French lines of 2024, {lines} by {writers} people",
    "testaments": "French wills of 1914 to 1918, {lines} lines by {writers} people",
}
#: Of those, whose writers have lines to spare for learning
LEARNERS = {
    "csafe": "English pages of today, {writers} people",
    "lathrop": "English letters of 1905, {writers} people",
    "copiste": "French lines of 2024, {writers} people",
    "testaments": "French wills of 1914 to 1918, {writers} people",
}
CARD_KEY = "cer_real_handwriting"


@cache
def record() -> dict[str, Any]:
    """Return what was measured, by reader."""
    return sample("reading")


def sentence() -> str:
    """Return what the shipped reader does on hands it never saw, invented and real."""
    plain, language = (record()[name]["scores"] for name in ("ours", "ours_with_language"))
    rates = [
        _of_100(scores[source])
        for scores in (plain, language)
        for source in ("invented_large", "csafe_test")
    ]
    return (
        f"Of 100 characters, the shipped reader misreads {rates[0]} on lines by invented hands and "
        f"{rates[1]} on English pages by {plain['csafe_test']['writers']} people, none of whom it "
        f"learned from. With its language model it misreads {rates[2]} and {rates[3]}."
    )


def table() -> str:
    """Return character error rates with their intervals, size and time, readers side by side."""
    readers = {name: found for name in READERS if (found := record().get(name))}
    titles = [READERS[name].format(**found["versions"]) for name, found in readers.items()]
    rows = [["", *titles], ["---"] * (1 + len(titles))]
    for source, words in SOURCES.items():
        scores = [found["scores"][source] for found in readers.values()]
        rows.append([words.format(**scores[0]), *map(_with_interval, scores)])
    sizes = [
        [found["bytes"][kind] / 1e6 for kind in ("lines", "pages")] for found in readers.values()
    ]
    sizes = [f"{line:.1f}, {page:.1f}" for line, page in sizes]
    times = [f"{1000 * found['seconds_a_line']:.0f}" for found in readers.values()]
    online = ["yes" if found["network_needed"] else "no" for found in readers.values()]
    rows.append(["megabytes of networks for lines, for pages", *sizes])
    rows.append(["milliseconds a line, one thread", *times])
    rows.append(["needs the internet to read", *online])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def adaptation_record() -> dict[str, Any]:
    """Return what was measured before and after learning, empty where nothing was."""
    path = DATA / "samples/adaptation.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def learned() -> str:
    """Return what a few lines of a writer's own are worth, empty where it was not measured.

    With the language model where the writing is English, greedily elsewhere.
    """
    measured = adaptation_record()
    summary, rows = measured.get("summary", {}), []
    for source, words in LEARNERS.items():
        if found := summary.get(source):
            how = "language" if "after, language" in found["scores"] else "greedy"
            scores = [found["scores"][f"{when}, {how}"] for when in ("before", "after")]
            rates = [f"{each[key]:.1%}" for key in ("median", "upper_quartile") for each in scores]
            rows.append([words.format(**found), f"{found['learned']:.0f}", *rates])
    if not rows:
        return ""
    titles = ["", "lines learned", "median before", "after", "upper quartile before", "after"]
    table = [f"| {' | '.join(row)} |" for row in (titles, ["---"] * 6, *rows)]
    intro = (
        "A few lines of a new writer's own teach the shipped reader, and it reads other lines of "
        "theirs: the error rates of the median writer, and above which a quarter of them lies."
    )
    if measured["sha256"] != _card()["sha256"]:
        intro += " (These figures were measured with the weights before the present ones.)"
    return "\n".join([intro, "", *table])


def _of_100(score: dict[str, Any]) -> str:
    return f"{100 * score['cer']:.0f}"


def _with_interval(score: dict[str, Any]) -> str:
    low, high = score["interval"]
    return f"{score['cer']:.1%} ({100 * low:.0f} to {100 * high:.0f})"


def difference() -> str | None:
    """Return a sentence if texts or card do not say what was measured."""
    card = _card()
    if card["sha256"] != record()["ours"]["sha256"]:
        return (
            f"data/samples/reading.json was measured with another {record()['ours']['model']}; "
            "run data/make/measure_reading.py"
        )
    if card.get(CARD_KEY) != _card_entry() or sample("reading_texts") != texts():
        return "What is said of real handwriting is stale. Run `python data/make/reading_texts.py`"
    return None


def texts() -> dict[str, str]:
    """Return what stands in place of `{reading: NAME}` in a lab, and in the README."""
    return {"sentence": sentence(), "table": table(), "learned": learned()}


def main() -> None:
    """Write the texts, and the error rates into the card of the model that was measured."""
    text = json.dumps(texts(), indent=1, ensure_ascii=False)
    write_atomically(DATA / "samples/reading_texts.json", text + "\n")
    card = _card()
    if card["sha256"] == record()["ours"]["sha256"]:
        path = data_file(f"models/{record()['ours']['model']}.json")
        entries = {**card, CARD_KEY: _card_entry()}
        write_atomically(path, json.dumps(entries, indent=2) + "\n")


def _card() -> dict[str, Any]:
    path = data_file(f"models/{record()['ours']['model']}.json")
    return json.loads(path.read_text(encoding="utf-8"))


def _card_entry() -> dict[str, Any]:
    measured = {name: record()[name] for name in ("ours", "ours_with_language")}
    rates = {
        words.format(**measured["ours"]["scores"][source]): {
            name: {key: found["scores"][source][key] for key in ("cer", "interval", "wer")}
            for name, found in measured.items()
        }
        for source, words in SOURCES.items()
    }
    return {**{key: measured["ours"][key] for key in ("date", "command")}, **rates}


if __name__ == "__main__":
    main()
