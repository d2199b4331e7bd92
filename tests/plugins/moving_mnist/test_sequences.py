"""The classic fixed test set: a real file of its full shape; only what is written takes room on the disk."""

import pickle

import numpy as np
import pytest

import framecast
from framecast_moving_mnist import framecast_datasets
from framecast_moving_mnist.sequences import FILE, FixedSequences

(DATASET,) = framecast_datasets()


def write(folder, shape=(20, 10_000, 64, 64), dtype=np.uint8):
    return np.lib.format.open_memmap(folder / FILE, mode="w+", dtype=dtype, shape=shape)


@pytest.fixture
def numbered(tmp_path):
    """Clip 0, 7 and 9999 show their number's last digit plus the frame's."""
    sequences = write(tmp_path)
    for clip in (0, 7, 9_999):
        for time in range(20):
            sequences[time, clip] = 10 * (clip % 10) + time
    sequences.flush()
    return tmp_path


def test_the_test_split_is_the_file_time_first_turned_into_clips(numbered):
    settings = DATASET.settings(root=str(numbered), test_sequences=True, test_clips=3)
    dataset = DATASET.build(settings, "test", 20)

    clip = dataset[7]["frames"]

    assert len(dataset) == 10_000
    assert clip.shape == (20, 1, 64, 64)
    assert clip.unique_consecutive().tolist() == list(range(70, 90))


def test_shorter_clips_are_the_beginnings(numbered):
    assert FixedSequences(numbered, 5)[9_999]["frames"].unique().tolist() == list(range(90, 95))


def test_more_frames_than_there_are_is_refused_with_both_numbers(numbered):
    with pytest.raises(framecast.InputError, match="have 20 frames, the task needs 40"):
        FixedSequences(numbered, 40)


@pytest.mark.parametrize("index", [-1, 10_000])
def test_an_index_outside_of_the_file_is_an_index_error(numbered, index):
    with pytest.raises(IndexError, match=f"clip {index} of 10000"):
        FixedSequences(numbered, 2)[index]


def test_on_its_way_to_another_process_it_takes_no_pixels_along(numbered):
    sent = pickle.dumps(FixedSequences(numbered, 20))

    assert len(sent) < 1_000
    assert pickle.loads(sent)[7]["frames"][3, 0, 0, 0] == 73


@pytest.mark.parametrize(
    ("shape", "dtype", "found"),
    [
        ((10, 20, 64, 64), np.uint8, "uint8 of shape (10, 20, 64, 64)"),
        ((20, 10_000, 64, 64), np.int8, "int8 of shape (20, 10000, 64, 64)"),
    ],
)
def test_another_array_is_refused_with_what_it_is_and_should_be(tmp_path, shape, dtype, found):
    write(tmp_path, shape, dtype)

    with pytest.raises(framecast.InputError) as refused:
        FixedSequences(tmp_path, 20)

    assert f"{tmp_path / FILE} holds {found}, expected uint8 of shape (20, 10000, 64, 64)" in str(refused.value)


@pytest.mark.parametrize("content", [b"", b"no array", b"\x93NUMPY\x01\x00"])
def test_a_file_that_is_no_array_is_refused_by_name(tmp_path, content):
    (tmp_path / FILE).write_bytes(content)

    with pytest.raises(framecast.InputError, match=f"{FILE} cannot be read"):
        FixedSequences(tmp_path, 20)


def test_a_download_cut_short_is_refused(numbered):
    with open(numbered / FILE, "r+b") as stream:
        stream.truncate(1_000_000)

    with pytest.raises(framecast.InputError, match=f"{FILE} cannot be read"):
        FixedSequences(numbered, 20)


def test_a_missing_file_is_refused_with_where_to_get_it(tmp_path):
    with pytest.raises(framecast.InputError, match="is not there: get it from http"):
        FixedSequences(tmp_path, 20)
