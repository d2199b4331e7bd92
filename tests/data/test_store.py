"""The store: what is read is what was decoded, from any process, and damage is told."""

import json
import multiprocessing
import os
import pickle

import numpy as np
import pytest

from framecast.data import Store, VideoReader
from framecast.errors import InputError


@pytest.fixture
def decoded(sources, format):
    """The frames of each source, decoded directly."""
    return [np.stack([frame.pixels for frame in VideoReader(source.path, format)]) for source in sources]


def test_it_reads_the_frames_that_a_decoder_gives(store, decoded):
    assert [video.name for video in store.videos] == [f"clip{number}" for number in range(6)]
    for video, frames in zip(store.videos, decoded, strict=True):
        assert (store.read(video, 0, video.frames) == frames).all()
        assert (store.read(video, 3, 5) == frames[3:8]).all()
        assert (store.read(video, 1, 3, step=4) == frames[1:10:4]).all()
    assert store.frames == sum(map(len, decoded))
    assert store.bytes == sum(frames.nbytes for frames in decoded)


@pytest.mark.parametrize(("start", "count", "step"), [(-1, 2, 1), (9, 2, 1), (10, 1, 1), (2, 3, 4)])
def test_beyond_a_videos_frames_is_an_index_error(store, start, count, step):
    assert store.videos[0].frames == 10
    with pytest.raises(IndexError, match="of clip0, which has 10"):
        store.read(store.videos[0], start, count, step)


def test_a_missing_shard_says_what_to_do(store):
    (store.folder / store.shards[0].file).unlink()

    with pytest.raises(InputError, match=r"0000\.frames: No such file or directory: prepare the data anew"):
        store.read(store.videos[0], 0, 2)
    assert store.damaged() == [store.shards[0].file]


def test_a_shard_cut_short_says_what_to_do(store):
    os.truncate(store.folder / store.shards[0].file, 5 * 32 * 32)

    assert store.read(store.videos[0], 0, 5).shape == (5, 1, 32, 32)
    with pytest.raises(InputError, match="shorter than its index says: prepare the data anew"):
        store.read(store.videos[0], 0, 6)


def test_a_flipped_bit_is_found(store):
    assert store.damaged() == []
    file = store.folder / store.shards[2].file
    content = bytearray(file.read_bytes())
    content[1234] ^= 1
    file.write_bytes(content)

    assert store.damaged() == [store.shards[2].file]


def test_a_pickled_store_reads_on(store, decoded):
    store.read(store.videos[0], 0, 1)
    copy = pickle.loads(pickle.dumps(store))

    assert (copy.read(copy.videos[4], 0, 14) == decoded[4]).all()


def test_a_forked_process_reads_through_descriptors_of_its_own(store, decoded):
    store.read(store.videos[0], 0, 1)
    context = multiprocessing.get_context("fork")
    with context.Pool(2) as pool:
        found = pool.starmap(store.read, [(video, 0, video.frames) for video in store.videos])

    for frames, expected in zip(found, decoded, strict=True):
        assert (frames == expected).all()
    assert (store.read(store.videos[0], 0, 10) == decoded[0]).all()


def test_a_folder_without_a_store_names_the_command_that_makes_one(tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no store"):
        Store.open(tmp_path)
    with pytest.raises(InputError, match="is not prepared yet: run  platform data prepare mine"):
        Store.prepared(tmp_path / "none", "platform data prepare mine")


def test_a_store_of_another_format_is_refused(store):
    file = store.folder / "index.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "format": 99}))

    with pytest.raises(InputError, match="is a store of format 99, this version reads 2: prepare"):
        Store.open(store.folder)


def test_a_store_of_an_older_version_names_the_command_that_makes_it_again(store):
    file = store.folder / "index.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "format": 1}))

    with pytest.raises(InputError, match=r"by another version, .*: run  platform data prepare mine"):
        Store.prepared(store.folder, "platform data prepare mine")


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"format": 2}'])
def test_a_damaged_index_is_reported(store, text):
    (store.folder / "index.json").write_text(text)

    with pytest.raises(InputError, match=r"index\.json is damaged .*: delete .* and prepare it anew"):
        Store.open(store.folder)


@pytest.mark.parametrize(
    "file", ["../../etc/passwd", "/etc/passwd", "shards/../../secret.frames", "index.json", "shards/a/b.frames", 7]
)
def test_an_index_that_names_other_files_than_shards_is_refused(file, store):
    index = json.loads((store.folder / "index.json").read_text())
    index["shards"][1]["file"] = file
    (store.folder / "index.json").write_text(json.dumps(index))

    with pytest.raises(InputError, match=r"index\.json is damaged"):
        Store.open(store.folder)


@pytest.mark.parametrize("link", ["shards/0001.frames", "shards"])
def test_a_link_in_a_store_is_not_followed(link, store, tmp_path):
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "0001.frames").write_bytes(bytes(100_000))
    (store.folder / link).rename(store.folder / "aside")
    (store.folder / link).symlink_to(tmp_path / "secret" / ("" if link == "shards" else "0001.frames"))

    with pytest.raises(InputError, match="is a symbolic link"):
        Store.open(store.folder).read(store.videos[1], 0, 2)
    assert store.shards[1].file in Store.open(store.folder).damaged()


@pytest.mark.parametrize(
    "change",
    [{"shard": 99}, {"shard": -1}, {"first": -5}, {"frames": "many"}, {"frames": 2**80}, {"frames": -1}],
    ids=str,
)
def test_an_index_that_does_not_fit_together_is_refused(change, store):
    index = json.loads((store.folder / "index.json").read_text())
    index["videos"][1].update(change)
    (store.folder / "index.json").write_text(json.dumps(index))

    with pytest.raises(InputError, match=r"index\.json is damaged"):
        Store.open(store.folder)


@pytest.mark.parametrize("shape", [[1, 32], [1, 0, 32], [1, -32, -32], ["a", 1, 1], 5])
def test_an_index_of_an_absurd_shape_is_refused(shape, store):
    index = json.loads((store.folder / "index.json").read_text())
    (store.folder / "index.json").write_text(json.dumps({**index, "shape": shape}))

    with pytest.raises(InputError, match=r"index\.json is damaged"):
        Store.open(store.folder)
