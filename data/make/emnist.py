"""Real handwritten characters, EMNIST, from files that a user has or asks to be fetched.

The official files come in idx format, gzipped (Cohen, Afshar, Tapson, van Schaik 2017, "EMNIST:
an extension of MNIST to handwritten letters", arXiv:1702.05373). Name their folder once, in the
environment variable HANDWRITING_EMNIST, or put them in `data/emnist` or `my/emnist`.

  python data/make/emnist.py               write the sets that Lab 2 reads, in data/emnist
  python data/make/emnist.py --download    fetch the official files first, 560 MB
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import os
import sys
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from shared.lines import CLASSES_47, CLASSES_62, CharacterSet
from shared.paths import DATA, my_directory, write_atomically

SETTING = "HANDWRITING_EMNIST"
URL = "https://biometrics.nist.gov/cs_links/EMNIST/gzip.zip"
CHECKSUM = "md5:58c8d27c78d21e728a6bc7b3cc06412e"
_CLASSES = {"byclass": CLASSES_62, "bymerge": CLASSES_47, "balanced": CLASSES_47}
_IMAGES, _LABELS = 2051, 2049  # How the files begin
_HOW = (
    f"Download {URL} by hand (560 MB), unpack the files emnist-balanced-*.gz and "
    f"emnist-byclass-*.gz into one folder, and set {SETTING} to that folder; or call "
    "python data/make/emnist.py --download."
)


class EmnistError(ValueError):
    """EMNIST files that are missing, damaged or mixed up; the message names the file."""


def find() -> Path | None:
    """Return the folder with EMNIST files, or None if the user has none.

    Raises:
        EmnistError: if HANDWRITING_EMNIST names a folder without such files.
    """
    setting = os.environ.get(SETTING)
    if setting:
        folder = Path(setting).expanduser()
        if not _stems(folder):
            raise EmnistError(
                f"{SETTING} is set to {folder}, but no emnist-*-images-idx3-ubyte.gz is there. "
                f"Correct or unset it. {_HOW}"
            )
        return folder
    for folder in (DATA / "emnist", my_directory() / "emnist"):
        if _stems(folder):
            return folder
    return None


def _stems(folder: Path) -> set[str]:
    """Return the sets in a folder, such as "balanced-train"."""
    ending = "-images-idx3-ubyte.gz"
    return {p.name[len("emnist-") : -len(ending)] for p in folder.glob(f"emnist-*{ending}")}


def load(split: str, classes: int = 47, folder: Path | None = None) -> CharacterSet:
    """Load EMNIST.

    With the official files: Balanced for 47 classes (ByMerge where Balanced is missing), ByClass
    for 62. With the test sets of ByClass and ByMerge and the last 9,120 images of Balanced alone:
    47 classes train on the latter two and test on ByClass with case merged; 62 classes divide
    the ByClass test set, the last 15% of each class for testing. An image that also stands in
    the test set, or twice, is left out of training.

    Args:
        split: "train" or "test".
        classes: 47 (case merged where both look alike) or 62.
        folder: where the files are; found as `find` does if not given.

    Returns:
        Upright images, ink 255 on paper 0; EMNIST names no writers.

    Raises:
        EmnistError: on missing, damaged or mixed-up files.
        ValueError: on another split or number of classes.
    """
    if split not in ("train", "test") or classes not in (47, 62):
        raise ValueError(
            f"load({split!r}, classes={classes}): split is 'train' or 'test', classes 47 or 62."
        )
    folder = folder or find()
    if folder is None:
        raise EmnistError(f"No EMNIST files were found. {_HOW}")
    have = _stems(folder)
    for name in ("balanced", "bymerge") if classes == 47 else ("byclass",):
        if {f"{name}-train", f"{name}-test"} <= have:
            test = _read(folder, f"{name}-test")
            return test if split == "test" else _without(_read(folder, f"{name}-train"), test)
    if classes == 47 and {"bymerge-test", "balanced-train-last9120", "byclass-test"} <= have:
        test = merge_case(_read(folder, "byclass-test"))
        if split == "test":
            return test
        parts = [_read(folder, name) for name in ("bymerge-test", "balanced-train-last9120")]
        images = np.concatenate([part.images for part in parts])
        labels = np.concatenate([part.labels for part in parts])
        return _without(CharacterSet(images, labels, CLASSES_47, []), test)
    if classes == 62 and "byclass-test" in have:
        whole = _read(folder, "byclass-test")
        test = _divide(whole, "test")
        return test if split == "test" else _without(_divide(whole, "train"), test)
    raise EmnistError(
        f"{folder} holds {', '.join(sorted(have)) or 'no EMNIST set'}: not enough for {classes} "
        f"classes, which need {'balanced' if classes == 47 else 'byclass'}-train and -test. {_HOW}"
    )


def merge_case(whole: CharacterSet) -> CharacterSet:
    """Fold 62 classes into the 47 of EMNIST ByMerge: C I J K L M O P S U V W X Y Z.

    Raises:
        ValueError: A class is neither digit nor letter.
    """
    folded = [c if c in CLASSES_47 else c.upper() for c in whole.classes]
    if not set(folded) <= set(CLASSES_47):
        raise ValueError(f"Case merges for digits and letters alone, not for {whole.classes!r}.")
    numbers = np.array([CLASSES_47.index(c) for c in folded], whole.labels.dtype)
    return CharacterSet(whole.images, numbers[whole.labels], CLASSES_47, whole.writers)


def _divide(whole: CharacterSet, split: str) -> CharacterSet:
    """Take the first 85% of each class for training, the rest for testing."""
    rank = np.zeros(len(whole), int)
    for number in range(len(whole.classes)):
        members = np.flatnonzero(whole.labels == number)
        rank[members] = np.arange(len(members)) * 100 >= 85 * len(members)
    return whole[np.flatnonzero(rank == (split == "test"))]


def _without(train: CharacterSet, test: CharacterSet) -> CharacterSet:
    """Drop training images that the test set has, and all but the first of equal ones."""
    seen = set(map(_digest, test.images))
    keep = []
    for number, digest in enumerate(map(_digest, train.images)):
        if digest not in seen:
            seen.add(digest)
            keep.append(number)
    return train[np.array(keep, int)]


def _digest(image: np.ndarray) -> bytes:
    return hashlib.blake2b(image, digest_size=16).digest()  # 700,000 whole images are half a GB


def _read(folder: Path, stem: str) -> CharacterSet:
    """Read one pair of idx files, such as "balanced-train"."""
    images_path = folder / f"emnist-{stem}-images-idx3-ubyte.gz"
    labels_path = folder / f"emnist-{stem}-labels-idx1-ubyte.gz"
    images = _read_idx(images_path, _IMAGES)
    labels = _read_idx(labels_path, _LABELS).astype(np.int64)
    classes = _CLASSES[stem.split("-")[0]]
    if len(images) != len(labels):
        raise EmnistError(
            f"{images_path.name} holds {len(images):,} images and {labels_path.name} "
            f"{len(labels):,} labels. The two are not of one set, or one is incomplete. {_HOW}"
        )
    if images.shape[1:] != (28, 28):
        raise EmnistError(f"{images_path.name} holds images of {images.shape[1:]}, not (28, 28).")
    if len(labels) and labels.max() >= len(classes):
        raise EmnistError(
            f"{labels_path.name} has the label {labels.max()}, but {stem} has {len(classes)} "
            f"classes, 0 to {len(classes) - 1}. It belongs to another set. {_HOW}"
        )
    # EMNIST stores every image with rows and columns exchanged.
    upright = np.ascontiguousarray(images.transpose(0, 2, 1))
    return CharacterSet(upright, labels, classes, [])


def _read_idx(path: Path, magic: int) -> np.ndarray:
    """Read one gzipped idx file of unsigned bytes, or say what is wrong with it."""
    try:
        content = gzip.decompress(path.read_bytes())
    except FileNotFoundError:
        raise EmnistError(f"{path} is missing beside the others of its set. {_HOW}") from None
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise EmnistError(
            f"{path} is damaged or was not downloaded to its end ({error}). Delete it. {_HOW}"
        ) from error
    found, kinds = int.from_bytes(content[:4], "big"), {_IMAGES: "images", _LABELS: "labels"}
    if found != magic:
        what = f"holds {kinds[found]}" if found in kinds else f"begins with {found}"
        mixed = " Images and labels were probably swapped." if found in kinds else ""
        raise EmnistError(
            f"{path} {what}, but {kinds[magic]} (magic number {magic}) are expected.{mixed} {_HOW}"
        )
    start = 4 + 4 * (3 if magic == _IMAGES else 1)  # A number of 4 bytes for each dimension
    shape = np.frombuffer(content[4:start].ljust(4, b"\0"), ">u4").tolist()
    if len(content) - start != np.prod(shape):
        raise EmnistError(
            f"{path} announces {' x '.join(map(str, shape))} bytes and holds "
            f"{max(0, len(content) - start):,}: it is incomplete. Delete it. {_HOW}"
        )
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)


def download(folder: Path | None = None, url: str = URL, checksum: str = CHECKSUM) -> Path:
    """Fetch the official files; called by a person only, never by importing or loading.

    Args:
        folder: where the files shall be; `my/emnist` if not given.
        url: the archive.
        checksum: its checksum, as "md5:..." or "sha256:...".

    Raises:
        EmnistError: if the archive cannot be had or is not the one expected.
    """
    import pooch  # only here: it brings the network library along

    folder = Path(folder or my_directory() / "emnist")
    try:
        archive = Path(pooch.retrieve(url, checksum, "gzip.zip", folder, progressbar=True))
    except ValueError as error:
        raise EmnistError(f"{url} is not the archive expected: {error}. {_HOW}") from error
    except OSError as error:  # which the network library's errors are
        raise EmnistError(f"The download of {url} stopped: {error}. {_HOW}") from error
    with zipfile.ZipFile(archive) as members:
        for member in members.namelist():
            name = Path(member).name
            if name.startswith(("emnist-balanced-", "emnist-byclass-")) and name.endswith(".gz"):
                write_atomically(folder / name, members.read(member))
    archive.unlink()
    return folder


def main(words: Sequence[str] | None = None) -> int:
    """Write both splits as Lab 2 reads them; return 1 where the files cannot be used."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--download", action="store_true", help="fetch the official files first")
    arguments = parser.parse_args(words)
    try:
        folder = download() if arguments.download else None
        for split in ("train", "test"):
            file = DATA / "emnist" / f"{split}_62.npz"
            load(split, 62, folder).save(file)
            print(f"{file} is written.")
    except EmnistError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
