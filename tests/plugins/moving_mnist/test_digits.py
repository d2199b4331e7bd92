"""Where digits come from: the package, or a folder in any of the forms that MNIST is handed around in."""

import gzip
import hashlib
import struct

import numpy as np
import pytest

import framecast
from framecast_moving_mnist.digits import load_digits

DIGITS = np.random.default_rng(0).integers(0, 256, (5, 28, 28)).astype(np.uint8)
STEM = {"train": "train", "test": "t10k"}


def idx(digits):
    return struct.pack(">IIII", 2051, len(digits), 28, 28) + digits.tobytes()


def csv(digits, header=True):
    lines = ["label," + ",".join(f"pixel{number}" for number in range(784))] if header else []
    return "\n".join([*lines, *(f"7,{','.join(map(str, digit.ravel()))}" for digit in digits)]) + "\n"


@pytest.mark.parametrize(
    ("split", "count", "sha256"),
    [
        ("train", 10_000, "2f7182bf021ffc5c1f62db987487f14d899b5c639f421a80f3095affc09a7db2"),
        ("test", 2_000, "170ff6838184f9ec6aaa1bbb5932ed59b7463585418d2da081525165ef21edae"),
    ],
)
def test_the_digits_in_the_package_are_the_first_of_mnist(split, count, sha256):
    # the checksums were taken of the canonical set, whose idx files have the well-known MD5 sums
    digits = load_digits(None, split)

    assert digits.shape == (count, 28, 28)
    assert digits.dtype == np.uint8
    assert hashlib.sha256(digits.tobytes()).hexdigest() == sha256


@pytest.mark.parametrize("split", ["train", "test"])
@pytest.mark.parametrize("name", ["{}-images-idx3-ubyte", "{}-images.idx3-ubyte"])
def test_idx_files_are_read_under_both_of_their_names(tmp_path, split, name):
    (tmp_path / name.format(STEM[split])).write_bytes(idx(DIGITS))

    assert np.array_equal(load_digits(str(tmp_path), split), DIGITS)


@pytest.mark.parametrize("split", ["train", "test"])
def test_gzipped_idx_files_are_read(tmp_path, split):
    (tmp_path / f"{STEM[split]}-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx(DIGITS)))

    assert np.array_equal(load_digits(str(tmp_path), split), DIGITS)


@pytest.mark.parametrize("split", ["train", "test"])
@pytest.mark.parametrize("header", [True, False])
def test_csv_files_are_read_with_and_without_a_header(tmp_path, split, header):
    (tmp_path / f"mnist_{split}.csv").write_text(csv(DIGITS, header))

    assert np.array_equal(load_digits(str(tmp_path), split), DIGITS)


def test_a_csv_file_of_a_single_digit_is_read(tmp_path):
    (tmp_path / "mnist_train.csv").write_text(csv(DIGITS[:1]))

    assert np.array_equal(load_digits(str(tmp_path), "train"), DIGITS[:1])


def test_a_folder_in_the_home_directory_can_be_written_short(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "mnist").mkdir()
    (tmp_path / "mnist" / "train-images-idx3-ubyte").write_bytes(idx(DIGITS))

    assert len(load_digits("~/mnist", "train")) == 5


def test_a_folder_without_digits_is_refused_with_the_names_looked_for(tmp_path):
    with pytest.raises(framecast.InputError) as refused:
        load_digits(str(tmp_path), "test")

    assert str(tmp_path) in str(refused.value)
    assert "t10k-images-idx3-ubyte.gz" in str(refused.value)
    assert "mnist_test.csv" in str(refused.value)
    assert f"platform data prepare moving_mnist --root {tmp_path}" in str(refused.value)


def test_a_folder_that_does_not_exist_is_refused_by_name(tmp_path):
    with pytest.raises(framecast.InputError, match="nowhere"):
        load_digits(str(tmp_path / "nowhere"), "train")


IDX, GZIPPED = "train-images-idx3-ubyte", "train-images-idx3-ubyte.gz"


@pytest.mark.parametrize(
    ("name", "damaged"),
    [
        pytest.param(IDX, b"", id="empty"),
        pytest.param(IDX, idx(DIGITS)[:10], id="cut in its header"),
        pytest.param(IDX, idx(DIGITS)[:-100], id="cut in its images"),
        pytest.param(IDX, idx(DIGITS) + b"\0", id="too long"),
        pytest.param(IDX, idx(DIGITS[:0]), id="no images"),
        pytest.param(IDX, b"\0\0\x08\x01" + idx(DIGITS)[4:], id="labels, not images"),
        pytest.param(IDX, struct.pack(">IIII", 2051, 1, 32, 32) + bytes(1024), id="images of another size"),
        pytest.param(GZIPPED, idx(DIGITS), id="not gzipped"),
        pytest.param(GZIPPED, gzip.compress(idx(DIGITS))[:-300], id="cut while gzipped"),
        pytest.param(GZIPPED, gzip.compress(idx(DIGITS))[:10] + b"\xff" * 100, id="damaged while gzipped"),
        pytest.param("mnist_train.csv", b"label,pixel0\n", id="no rows"),
        pytest.param("mnist_train.csv", b"label,pixel0\n7,1\n", id="too few columns"),
        pytest.param("mnist_train.csv", csv(DIGITS).encode()[:-1000], id="cut in a row"),
        pytest.param("mnist_train.csv", csv(DIGITS).replace("\n7,", "\n7,x", 1).encode(), id="not numbers"),
        pytest.param("mnist_train.csv", csv(DIGITS.astype(int) + 200).encode(), id="beyond 255"),
        pytest.param("mnist_train.csv", csv(DIGITS.astype(int) - 200).encode(), id="below 0"),
        pytest.param("mnist_train.csv", b"\xff\xfe\x00\xd8", id="not text"),
    ],
)
@pytest.mark.filterwarnings("ignore:loadtxt")
def test_a_damaged_file_is_refused_by_name(tmp_path, name, damaged):
    (tmp_path / name).write_bytes(damaged)

    with pytest.raises(framecast.InputError, match=f"{tmp_path / name} is not a whole file of MNIST digits"):
        load_digits(str(tmp_path), "train")
