"""The loader of EMNIST files, on small generated ones and on real ones where there are any."""

import functools
import gzip
import hashlib
import http.server
import os
import struct
import threading
import zipfile

import emnist
import numpy as np
import pytest

from shared import lines, paths
from shared.lines import CLASSES_47, CLASSES_62, CharacterSet


def write_pair(folder, stem, images, labels):
    """Write a pair of idx files as EMNIST stores them: each image transposed."""
    stored = np.asarray(images, np.uint8).transpose(0, 2, 1)
    content = struct.pack(">4I", 2051, *stored.shape) + stored.tobytes()
    (folder / f"emnist-{stem}-images-idx3-ubyte.gz").write_bytes(gzip.compress(content))
    content = struct.pack(">2I", 2049, len(labels)) + np.asarray(labels, np.uint8).tobytes()
    (folder / f"emnist-{stem}-labels-idx1-ubyte.gz").write_bytes(gzip.compress(content))


def random_images(count, seed):
    return np.random.default_rng(seed).integers(0, 256, (count, 28, 28), dtype=np.uint8)


@pytest.fixture
def official(tmp_path, monkeypatch):
    """A folder with small files under the official names of Balanced and ByClass."""
    for seed, (stem, classes) in enumerate(
        [("balanced-train", 47), ("balanced-test", 47), ("byclass-train", 62), ("byclass-test", 62)]
    ):
        write_pair(tmp_path, stem, random_images(124, seed), np.arange(124) % classes)
    monkeypatch.setenv(emnist.SETTING, str(tmp_path))
    return tmp_path


def images_file(folder, stem="balanced-train"):
    return folder / f"emnist-{stem}-images-idx3-ubyte.gz"


def labels_file(folder, stem="balanced-train"):
    return folder / f"emnist-{stem}-labels-idx1-ubyte.gz"


def test_images_are_upright_and_labels_name_classes(official):
    train = emnist.load("train")
    np.testing.assert_array_equal(train.images, random_images(124, 0))
    assert train.classes == CLASSES_47
    assert train.labels.tolist() == [k % 47 for k in range(124)]
    assert emnist.load("test", 62).classes == CLASSES_62


def test_equal_images_are_left_out_of_training(official):
    images = random_images(10, 7)
    test = random_images(124, 1)
    images[3], images[6] = test[50], images[2]
    write_pair(official, "balanced-train", images, np.arange(10))
    train = emnist.load("train")
    assert train.labels.tolist() == [0, 1, 2, 4, 5, 7, 8, 9]


def test_the_partial_files_train_on_bymerge_and_test_on_byclass(tmp_path):
    byclass, bymerge = random_images(124, 1), random_images(94, 2)
    bymerge[5] = byclass[9]
    last = random_images(20, 3)
    last[4] = bymerge[1]
    write_pair(tmp_path, "byclass-test", byclass, np.arange(124) % 62)
    write_pair(tmp_path, "bymerge-test", bymerge, np.arange(94) % 47)
    write_pair(tmp_path, "balanced-train-last9120", last, np.arange(20))
    train, test = emnist.load("train", folder=tmp_path), emnist.load("test", folder=tmp_path)
    assert len(train) == 94 + 20 - 2
    assert (len(test), test.classes) == (124, CLASSES_47)
    # The 39th class of ByClass is `c`, which ByMerge folds into `C`.
    assert test.classes[test.labels[38]] == "C"
    assert test.classes[test.labels[36]] == "a"


def test_62_classes_can_be_had_from_the_byclass_test_set_alone(tmp_path):
    images = random_images(620, 1)
    images[5], images[70] = images[619], images[8]  # The last of each class are for testing
    write_pair(tmp_path, "byclass-test", images, np.arange(620) % 62)
    train = emnist.load("train", 62, folder=tmp_path)
    test = emnist.load("test", 62, folder=tmp_path)
    assert len(train) + len(test) == 618
    assert set(np.bincount(test.labels)) == {1}
    assert not {i.tobytes() for i in train.images} & {i.tobytes() for i in test.images}


def test_files_are_found_by_one_setting_or_in_two_places(official, tmp_path, monkeypatch):
    assert emnist.find() == official
    monkeypatch.delenv(emnist.SETTING)
    monkeypatch.setattr(emnist, "DATA", tmp_path / "data")
    monkeypatch.setenv("HANDWRITING_MY", str(tmp_path / "my"))
    assert emnist.find() is None
    with pytest.raises(emnist.EmnistError, match=r"No EMNIST files were found\. .*by hand"):
        emnist.load("train")
    (tmp_path / "my" / "emnist").mkdir(parents=True)
    write_pair(tmp_path / "my" / "emnist", "byclass-test", random_images(62, 0), range(62))
    assert emnist.find() == paths.my_directory() / "emnist"


def test_a_setting_that_leads_nowhere_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv(emnist.SETTING, str(tmp_path / "nowhere"))
    with pytest.raises(emnist.EmnistError, match=r"HANDWRITING_EMNIST is set to .*nowhere"):
        emnist.find()


def test_a_missing_partner_is_named(official):
    labels_file(official).unlink()
    with pytest.raises(emnist.EmnistError, match=r"balanced-train-labels.* is missing"):
        emnist.load("train")


def test_a_missing_set_is_named(official):
    images_file(official, "byclass-train").unlink()
    images_file(official, "byclass-test").unlink()
    with pytest.raises(emnist.EmnistError, match=r"holds balanced-test, balanced-train: not"):
        emnist.load("train", 62)


def test_a_truncated_file_is_named(official):
    path = images_file(official)
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(emnist.EmnistError, match=r"images.* not downloaded to its end"):
        emnist.load("train")


def test_a_file_that_is_no_gzip_is_named(official):
    labels_file(official).write_bytes(b"<html>Not found</html>")
    with pytest.raises(emnist.EmnistError, match=r"labels.* is damaged"):
        emnist.load("train")


def test_swapped_files_are_told_apart(official):
    images, labels = images_file(official), labels_file(official)
    kept = images.read_bytes()
    images.write_bytes(labels.read_bytes())
    labels.write_bytes(kept)
    with pytest.raises(emnist.EmnistError, match=r"holds labels.*probably swapped"):
        emnist.load("train")


@pytest.mark.parametrize("content", [b"", b"ab", struct.pack(">I", 1234) + bytes(100)])
def test_a_wrong_magic_number_is_named(official, content):
    images_file(official).write_bytes(gzip.compress(content))
    with pytest.raises(emnist.EmnistError, match="magic number 2051"):
        emnist.load("train")


def test_fewer_bytes_than_announced_are_named(official):
    content = struct.pack(">4I", 2051, 124, 28, 28) + bytes(100)
    images_file(official).write_bytes(gzip.compress(content))
    with pytest.raises(emnist.EmnistError, match=r"124 x 28 x 28 bytes and holds 100"):
        emnist.load("train")


def test_counts_that_differ_are_named(official):
    labels_file(official).write_bytes(labels_file(official, "byclass-test").read_bytes())
    write_pair(official, "byclass-test", random_images(3, 0), range(3))
    labels_file(official).write_bytes(labels_file(official, "byclass-test").read_bytes())
    with pytest.raises(emnist.EmnistError, match=r"124 images and .* 3 labels"):
        emnist.load("train")


def test_labels_of_another_set_are_named(official):
    labels_file(official).write_bytes(labels_file(official, "byclass-train").read_bytes())
    with pytest.raises(emnist.EmnistError, match=r"label 61, but balanced-train has 47"):
        emnist.load("train")


def test_images_of_another_size_are_named(official):
    write_pair(official, "balanced-train", np.zeros((5, 14, 14)), range(5))
    with pytest.raises(emnist.EmnistError, match=r"\(14, 14\), not \(28, 28\)"):
        emnist.load("train")


@pytest.mark.parametrize(("split", "classes"), [("dev", 47), ("train", 26)])
def test_other_splits_and_classes_are_refused(official, split, classes):
    with pytest.raises(ValueError, match="split is 'train' or 'test', classes 47 or 62"):
        emnist.load(split, classes)


class _Server(http.server.BaseHTTPRequestHandler):
    """Serves one file, and breaks off the first time where asked."""

    content = b""
    break_at: int | None = None

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.content)))
        self.end_headers()
        self.wfile.write(self.content[: self.break_at])
        type(self).break_at = None

    def log_message(self, *_):
        pass


@pytest.fixture
def archive(tmp_path):
    """An archive behind a local server: (url, checksum, server class)."""
    source = tmp_path / "source"
    source.mkdir()
    write_pair(source, "balanced-train", random_images(100, 0), np.arange(100) % 47)
    write_pair(source, "balanced-test", random_images(100, 1), np.arange(100) % 47)
    write_pair(source, "letters-train", random_images(5, 1), np.arange(5))
    with zipfile.ZipFile(tmp_path / "gzip.zip", "w") as members:
        for path in source.iterdir():
            members.write(path, f"gzip/{path.name}")
    content = (tmp_path / "gzip.zip").read_bytes()
    kind = type("Server", (_Server,), {"content": content})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), kind)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    checksum = "md5:" + hashlib.md5(content).hexdigest()
    yield f"http://127.0.0.1:{server.server_port}/gzip.zip", checksum, kind
    server.shutdown()
    server.server_close()


def test_a_download_unpacks_what_is_needed(tmp_path, archive):
    url, checksum, _ = archive
    folder = emnist.download(tmp_path / "new", url, checksum)
    assert len(emnist.load("train", folder=folder)) == 100
    assert {path.name.split("-")[1] for path in folder.iterdir()} == {"balanced"}


def test_an_interrupted_download_says_so_and_leaves_nothing(tmp_path, archive):
    url, checksum, kind = archive
    kind.break_at = 100_000
    with pytest.raises(emnist.EmnistError, match=r"The download of .* stopped: .* by hand"):
        emnist.download(tmp_path / "new", url, checksum)
    assert list((tmp_path / "new").iterdir()) == []
    emnist.download(tmp_path / "new", url, checksum)
    assert len(emnist.load("test", folder=tmp_path / "new")) == 100


def test_another_archive_than_expected_is_refused(tmp_path, archive):
    url, checksum, _ = archive
    with pytest.raises(emnist.EmnistError, match="is not the archive expected"):
        emnist.download(tmp_path / "new", url, checksum[:-4] + "0000")
    assert list((tmp_path / "new").iterdir()) == []


def test_no_network_says_where_to_put_the_files(tmp_path):
    with pytest.raises(emnist.EmnistError, match="by hand"):
        emnist.download(tmp_path, "http://127.0.0.1:9/gzip.zip", "md5:0")


def test_case_merges_as_in_emnist():
    assert len(CLASSES_62) == 62
    assert len(CLASSES_47) == 47
    made = lines.characters("train", 2, 5)
    merged = emnist.merge_case(made)
    for before, after in zip(made.labels, merged.labels, strict=True):
        old, new = made.classes[before], merged.classes[after]
        assert new == (old.upper() if old.upper() in "CIJKLMOPSUVWXYZ" else old)
    with pytest.raises(ValueError, match="digits and letters alone"):
        emnist.merge_case(lines.characters("train", 1, 0, classes="a#"))


def test_the_command_writes_what_lab_2_reads(official, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(emnist, "DATA", tmp_path / "data")
    assert emnist.main([]) == 0
    written = CharacterSet.load(tmp_path / "data/emnist/train_62.npz")
    assert (written.classes, len(written)) == (CLASSES_62, 124)
    monkeypatch.setenv(emnist.SETTING, str(tmp_path / "nowhere"))
    assert emnist.main([]) == 1
    assert "HANDWRITING_EMNIST is set to" in capsys.readouterr().err


@functools.cache
def real_folder():
    return emnist.find() if os.environ.get(emnist.SETTING) else None


@pytest.mark.nightly
@pytest.mark.skipif(not os.environ.get(emnist.SETTING), reason=f"{emnist.SETTING} is not set")
def test_the_real_files_split_without_a_shared_image():
    train, test = emnist.load("train"), emnist.load("test")
    assert np.bincount(train.labels, minlength=47).min() >= 400
    assert np.bincount(test.labels, minlength=47).min() >= 400
    marks = [
        {hashlib.blake2b(image, digest_size=16).digest() for image in part.images}
        for part in (train, test)
    ]
    assert not marks[0] & marks[1]
    if (real_folder() / "duplicates.csv.gz").exists():
        assert (len(train), len(test)) == (106_583, 116_323)
    # Upright letters: an L has its ink at the bottom, a T at the top.
    mean = {c: test.images[test.labels == test.classes.index(c)].mean(axis=0) for c in "T7"}
    assert all(image[:10].sum() > 1.2 * image[18:].sum() for image in mean.values())
