"""Making a store: the same bytes however it is made, nothing twice, and nothing half-written."""

import resource
import zipfile
from dataclasses import replace

import pytest

from framecast.data import FrameFormat, Source, Store, prepare_store
from framecast.errors import InputError
from tests.folder_content import folder_content
from tests.real_clips import encoded, grey, real_video


def times(folder):
    return {file: (file.stat().st_ino, file.stat().st_mtime_ns) for file in folder.rglob("*")}


def test_the_number_of_processes_and_the_order_of_sources_change_no_byte(store, sources, format, tmp_path):
    prepare_store(tmp_path / "other", sources[::-1], format, processes=2)

    assert folder_content(tmp_path / "other") == folder_content(store.folder)
    assert set(folder_content(store.folder)) == {
        "index.json",
        *(f"shards/000{number}.frames" for number in range(6)),
    }


def test_videos_share_a_shard_where_there_are_many(store, sources, format, tmp_path, monkeypatch):
    monkeypatch.setattr("framecast.data.preparation.MOST_SHARDS", 2)
    packed = prepare_store(tmp_path / "packed", sources, format, processes=1)

    assert len(packed.shards) == 2
    for video, other in zip(packed.videos, store.videos, strict=True):
        assert (packed.read(video, 2, 8) == store.read(other, 2, 8)).all()


def test_a_second_call_touches_nothing(store, sources, format):
    before = times(store.folder)
    told = []
    prepare_store(
        store.folder, sources, format, processes=1, progress=lambda done, total: told.append((done, total))
    )

    assert times(store.folder) == before
    assert told == [(6, 6)]


def test_progress_counts_videos(sources, format, tmp_path):
    told = []
    prepare_store(tmp_path / "s", sources, format, processes=1, progress=lambda *counts: told.append(counts))

    assert told == [(done, 6) for done in range(7)]


@pytest.mark.parametrize("change", ["size", "sources", "facts", "least_frames"])
def test_other_input_makes_the_store_anew(store, sources, change):
    size = 24 if change == "size" else 32
    wanted = sources[:4] if change == "sources" else sources
    if change == "facts":
        wanted = [replace(source, facts={}) for source in sources]
    again = prepare_store(
        store.folder,
        wanted,
        FrameFormat(size, size),
        least_frames=12 if change == "least_frames" else 1,
        processes=1,
    )

    assert again.signature != store.signature
    assert again.shape == (1, size, size)
    assert len(again.videos) == {"sources": 4, "least_frames": 4}.get(change, 6)
    assert sorted(file.name for file in store.folder.parent.iterdir()) == ["store"]


def test_a_damaged_index_is_no_obstacle(store, sources, format):
    before = folder_content(store.folder)
    (store.folder / "index.json").write_text("{")
    prepare_store(store.folder, sources, format, processes=1)

    assert folder_content(store.folder) == before


def test_it_goes_on_from_the_shards_that_are_there(store, sources, format, tmp_path):
    class Stopped(Exception):
        pass

    def stop(done, total):
        if done == 3:
            raise Stopped

    with pytest.raises(Stopped):
        prepare_store(tmp_path / "other", sources, format, processes=1, progress=stop)
    work = tmp_path / "other.preparing"
    (work / "shards" / "0004.4711").write_bytes(b"cut off")
    (work / "index.json.4711").write_text("{")
    told = []
    prepare_store(tmp_path / "other", sources, format, processes=1, progress=lambda *counts: told.append(counts))

    assert told[0] == (3, 6)
    assert folder_content(tmp_path / "other") == folder_content(store.folder)
    assert not work.exists()


def test_what_is_damaged_or_too_short_is_left_out_and_listed(sources, format, tmp_path):
    (tmp_path / "empty.avi").touch()
    whole = real_video("avi", 40)
    (tmp_path / "half.avi").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "one.avi").write_bytes(real_video("avi", 1))
    spoiled = [Source(file.stem, file) for file in sorted(tmp_path.iterdir())]
    store = prepare_store(
        tmp_path / "s", [*spoiled, *sources], format, least_frames=2, refused=[("x.zip", "odd")], processes=1
    )

    assert [name for name, _ in store.skipped] == ["x.zip", "empty", "half", "one"]
    assert store.skipped[-1][1] == "it has 1 frame, at least 2 are needed"
    assert [video.name for video in store.videos] == [source.name for source in sources]
    assert len(store.shards) == 6
    assert store.damaged() == []


def test_nothing_is_left_where_no_video_is_sound(format, tmp_path):
    (tmp_path / "empty.avi").touch()

    with pytest.raises(InputError, match=r"the only video cannot be used \(empty: it is empty \(0 bytes\)\)"):
        prepare_store(tmp_path / "s", [Source("empty", tmp_path / "empty.avi")], format, refused=[("a", "b")])
    assert [file.name for file in tmp_path.iterdir()] == ["empty.avi"]


def test_two_videos_of_one_name_are_refused(sources, format, tmp_path):
    with pytest.raises(InputError, match="two videos are called clip2: keep one of them"):
        prepare_store(tmp_path / "s", [*sources, sources[2]], format)


def test_a_folder_that_cannot_be_written_is_an_input_error(sources, format, tmp_path):
    (tmp_path / "file").touch()

    with pytest.raises(InputError, match="Not a directory"):
        prepare_store(tmp_path / "file" / "s", sources, format, processes=1)


def test_a_full_disk_says_that_it_goes_on_and_it_does(store, sources, format, tmp_path):
    """A limit of the size of files takes the part of the disk: the first shard is smaller, the second larger."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10 * 32 * 32 + 500, before[1]))
    try:
        with pytest.raises(InputError, match=r"may not grow.*; make room and start again, it continues from here"):
            prepare_store(tmp_path / "other", sources, format, processes=1)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    left = {file.name for file in (tmp_path / "other.preparing" / "shards").iterdir()}
    assert left == {"0000.frames", "0000.json"}
    prepare_store(tmp_path / "other", sources, format, processes=1)

    assert folder_content(tmp_path / "other") == folder_content(store.folder)


def test_entries_of_an_archive_are_decoded_as_files_are(store, sources, format, tmp_path):
    with zipfile.ZipFile(tmp_path / "all.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for source in sources:
            archive.write(source.path, source.path.name)
    zipped = [replace(source, path=tmp_path / "all.zip", member=source.path.name) for source in sources]
    packed = prepare_store(tmp_path / "zipped", zipped, format, processes=1)

    assert [shard.sha256 for shard in packed.shards] == [shard.sha256 for shard in store.shards]


def test_an_entry_that_cannot_be_unpacked_is_left_out(sources, format, tmp_path):
    file = tmp_path / "all.zip"
    content = encoded([grey(100)] * 4, "avi")
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("clip.avi", content)
    raw = bytearray(file.read_bytes())
    raw[len(content) // 2] ^= 1
    file.write_bytes(raw)
    store = prepare_store(tmp_path / "s", [*sources, Source("zipped", file, "clip.avi")], format, processes=1)

    assert store.skipped[0][0] == "zipped"
    assert store.skipped[0][1].startswith("it cannot be unpacked: Bad CRC-32")
    assert Store.open(store.folder).frames == store.frames


def test_a_store_that_was_whole_when_its_preparation_was_killed_is_not_made_again(
    store, sources, format, tmp_path
):
    store.folder.rename(tmp_path / "s.preparing")
    told = []
    made = prepare_store(tmp_path / "s", sources, format, progress=lambda *counts: told.append(counts))

    assert (made.signature, made.damaged(), told) == (store.signature, [], [])
