"""Turn averaged weights into the shipped reader: float16 weights and their card.

    python data/make/release_reader.py --state STATE [--weights STATE/release.npz]
        [--earlier data/models/reader.json]

With `--earlier`, the training began from the averaged weights of that card: its updates, minutes
and curve are counted before this training's. Its numbers are measured
afterwards, by `data/make/measure_reading.py`, and stand in `data/samples/reading.json`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path

import h5py
import numpy as np

from shared.alphabet import ASCII
from shared.networks import reader_network
from shared.paths import write_atomically
from shared.preparation import BODIES
from shared.recognizer import LineTextRecognizer

#: One line for every source; texts were reduced to ASCII and images to gray, 64 rows high
ATTRIBUTION = (
    "Copiste d'un jour (BAnQ, 2024), https://github.com/banq-dcn/Copiste-d-un-jour, CC BY 4.0",
    "CREMMA-AN-TestamentsDePoilus (A. Chague, T. Clerice, A. Mazoue, E. Van Kote; Testaments de "
    "Poilus, Archives nationales), https://github.com/HTR-United/CREMMA-AN-TestamentDePoilus, "
    "CC BY 4.0",
    "Memorials for Jane Lathrop Stanford (I. Guimaraes, P. Maurel, Y. Ozturk, A. Chague, "
    "T. Clerice), https://github.com/PSL-Chartes-HTR-Students/"
    "HN2021-Memorials_Jane_Lathrop_Stanford, CC BY 4.0",
    "Peraire Ground Truth (A. Chague, G. Perez, 2023, doi:10.5281/zenodo.7185907), originals at "
    "Bibliotheque Sebert, Esperanto-France, Paris, CC BY 4.0",
    "CREMMA Manuscrits du 19e (T. Clerice, A. Chague, B. Davoury, S. Doat, M. Faure, M. Humeau), "
    "https://github.com/HTR-United/CREMMA-MSS-19, CC BY 4.0",
    "CREMMA Manuscrits du 20e (T. Clerice, A. Chague), "
    "https://github.com/HTR-United/CREMMA-MSS-20, CC BY 4.0",
    "GT Celestine Doniau-Danest (A. Chague, J. Cisse, R. Kichou), Archives departementales de la "
    "Somme, https://github.com/alix-tz/dataset-celestine-doniau-danest, CC BY 4.0",
    "Notaires de Paris - Repertoires (LECTAUREP: A. Rostaing, M. Durand, A. Chague), "
    "https://github.com/HTR-United/lectaurep-repertoires, CC BY 4.0",
    "CREMMA-MSS-18 (E. Van Kote, M. Faure, A. Chague and others), "
    "https://github.com/HTR-United/CREMMA-MSS-18, CC BY 4.0",
    "Time Us Corpus (A. Chague et al.), https://github.com/HTR-United/timeuscorpus, CC BY 4.0",
    "75 handwriting fonts by way of the npm packages @fontsource, OFL-1.1 or Apache-2.0; "
    "lines were drawn with them, no font is passed on",
    "Texts of synthetic lines: six English books in the public domain (Project Gutenberg)",
)
CAUTION = (
    "The volunteers of Copiste d'un jour copied a sentence of consent that says 'non-commercial', "
    "while the publisher's licence is CC BY 4.0 without that clause. Lines of that sentence were "
    "left out. Who sells what these weights read should know of it."
)


def main() -> None:
    """Write `data/models/reader.weights.h5` and its card."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--state", type=Path, required=True, help="of train_reader.py")
    parser.add_argument("--weights", type=Path, help="release.npz or average.npz of the state")
    parser.add_argument("--out", type=Path, default=Path("data/models/reader.weights.h5"))
    parser.add_argument("--earlier", type=Path, help="card of the weights that it began from")
    options = parser.parse_args()
    weights = options.weights or options.state / "release.npz"
    settings = json.loads((options.state / "settings.json").read_text())
    history = [json.loads(line) for line in (options.state / "log.jsonl").open()]
    earlier = {"updates": 0, "minutes": 0, "history": []}
    if options.earlier:
        earlier = json.loads(options.earlier.read_text())
    network = reader_network(**settings["network"])
    with np.load(weights) as stored:
        network.set_weights([stored[f"a{k}"].astype(np.float32) for k in range(len(stored.files))])
    card = {
        "task": "one line of handwriting to printable ASCII text",
        "network": {"architecture": "reader", **settings["network"]},
        "preparation": BODIES.version,
        "language": "english",
        "parameters": network.count_params(),
        "command": "data/make: reader_lines.py, train_reader.py main and tail, release_reader.py",
        "settings": settings["settings"],
        "data": "real lines of about 500 writers, nearly all French, 349 English of 1905; lines "
        "drawn with 75 handwriting fonts; lines by the course's own pens",
        "attribution": ATTRIBUTION,
        "caution": CAUTION,
        "weights": "average over updates, stored as float16",
        "updates": earlier["updates"] + history[-1]["update"],
        "minutes": round(earlier["minutes"] + history[-1]["minutes"]),
        "validation": {k: history[-1][k] for k in ("copiste", "testaments", "lathrop")},
        "history": earlier["history"]
        + [
            {"update": earlier["updates"] + entry["update"]}
            | {k: round(entry[k], 4) for k in ("copiste", "testaments", "lathrop")}
            for entry in history[:: max(1, len(history) // 20)]
        ],
    }
    reader = LineTextRecognizer(network, ASCII, card)
    written = reader.save(options.out)
    halve(written)
    print(f"Wrote {written}")


def halve(weights: Path) -> None:
    """Rewrite every float32 array of stored weights as float16, and their sum in the card.

    The file is half as large; what it loads is the same only for weights rounded to float16.
    """
    half = weights.with_suffix(".half")
    with h5py.File(weights, "r") as full, h5py.File(half, "w") as small:

        def copy(name: str, item: h5py.Group | h5py.Dataset) -> None:
            if isinstance(item, h5py.Dataset):
                floats = item.dtype == "float32"
                small.create_dataset(name, data=item[()].astype("float16") if floats else item[()])
            else:
                small.require_group(name).attrs.update(item.attrs)

        small.attrs.update(full.attrs)
        full.visititems(copy)
    half.replace(weights)
    card_file = weights.with_name(weights.name.replace(".weights.h5", ".json"))
    card = json.loads(card_file.read_text())
    card["sha256"] = hashlib.sha256(weights.read_bytes()).hexdigest()
    write_atomically(card_file, json.dumps(card, indent=2) + "\n")


if __name__ == "__main__":
    main()
