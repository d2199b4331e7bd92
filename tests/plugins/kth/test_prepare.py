"""`platform data prepare kth`: the real command on a true-format miniature; killed; on wrong input."""

import json
import os
import signal
import subprocess
import sys

import pytest

import framecast
from tests.folder_content import folder_content
from tests.real_clips import real_video
from tests.wait_until import wait_until

TRUNCATED = "person02_walking_d2"


def said(command, *arguments):
    """(exit code, standard output, standard error) of the real command."""
    done = subprocess.run(command(*arguments), capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def test_one_pass_makes_the_store_and_a_summary(prepared):
    table = {
        line.rsplit("  ", 1)[0].strip(): line.rsplit("  ", 1)[-1].strip() for line in prepared.said.splitlines()
    }

    assert table["files expected"] == "599"
    assert table["files found"] == "599"
    assert table["files prepared"] == "598"
    assert (table["persons"], table["actions"]) == ("25", "6")
    assert table["frames"] == f"{598 * 40:,}"


def test_what_was_left_out_is_counted_and_named(prepared):
    assert "3 left out:" in prepared.said
    assert f"{TRUNCATED}: it " in prepared.said
    assert "person13_handclapping_d3: missing in the official set too" in prepared.said
    assert "boxing.zip: ../../person01_boxing_d1_uncomp.avi: its path leads out of the archive" in prepared.said


def test_the_hostile_path_wrote_nothing_outside(prepared):
    assert not list(prepared.root.parent.rglob("person01_boxing_d1*"))
    assert {file.name for file in prepared.root.parent.iterdir()} == {"kth"}


def test_the_store_holds_the_frames_of_the_files(prepared):
    store = framecast.data.Store.open(prepared.store)
    video = next(video for video in store.videos if video.name == "person01_walking_d1")
    file = prepared.root / "walking" / "person01_walking_d1_uncomp.avi"
    decoded = [frame.pixels for frame in framecast.data.VideoReader(file, framecast.data.FrameFormat(32, 32))]

    assert (store.read(video, 0, 40) == decoded).all()
    assert video.rate == 25
    assert video.facts == {
        "person": 1,
        "action": "walking",
        "setting": 1,
        "ranges": [[0, 10], [10, 20], [20, 30], [30, 40]],
    }
    assert store.damaged() == []


def test_two_processes_open_the_store_at_once(prepared):
    code = (
        "import sys, hashlib, pathlib, framecast\n"
        "store = framecast.data.Store.open(pathlib.Path(sys.argv[1]))\n"
        "print('open', flush=True)\n"
        "input()\n"
        "clips = [store.read(video, 3, 20).tobytes() for video in store.videos]\n"
        "print(hashlib.sha256(b''.join(clips)).hexdigest())\n"
    )
    both = [
        subprocess.Popen(
            [sys.executable, "-c", code, prepared.store], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    assert [process.stdout.readline() for process in both] == ["open\n", "open\n"]
    for process in both:
        process.stdin.write("\n")
        process.stdin.flush()
    one, other = (process.communicate()[0] for process in both)

    assert one == other
    assert len(one) == 65


@pytest.mark.slow
@pytest.mark.parametrize("farewell", [signal.SIGKILL, signal.SIGINT], ids=["killed", "interrupted"])
def test_stopped_half_way_and_started_again_it_equals_the_uninterrupted_store(
    prepared, official_files, command, tmp_path, farewell
):
    root = official_files(tmp_path / "kth")
    arguments = command("prepare", "kth", "--root", root, "size=32")
    process = subprocess.Popen(
        arguments,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # tests in the background ignore it
    )
    shards = root / "framecast-32x32.preparing" / "shards"
    wait_until(lambda: len(list(shards.glob("*.json"))) >= 10, "ten shards", process)
    if farewell == signal.SIGINT:
        os.killpg(process.pid, farewell)  # as a terminal does: to the decoding processes as well
    else:
        process.send_signal(farewell)
    out, err = process.communicate()
    finished = {file: file.stat().st_mtime_ns for file in shards.glob("*.json")}

    assert process.returncode == (-signal.SIGKILL if farewell == signal.SIGKILL else 130)
    assert not (root / "framecast-32x32").exists()
    assert 10 <= len(finished) < 200
    if farewell == signal.SIGINT:
        assert (out, err) == ("", "stopped; the same command continues from here\n")
    first = min(finished)
    inode = first.with_suffix(".frames").stat().st_ino
    again = subprocess.run(arguments, capture_output=True, text=True, check=True)

    assert again.stdout.splitlines()[1:] == prepared.said.splitlines()[1:]
    assert folder_content(root / "framecast-32x32") == folder_content(prepared.store)
    assert not shards.parent.exists()
    # what was finished is not done again
    assert (root / "framecast-32x32" / "shards" / first.with_suffix(".frames").name).stat().st_ino == inode


def test_a_second_preparation_says_the_same_and_writes_nothing(prepared, command):
    before = {file: file.stat().st_mtime_ns for file in prepared.store.rglob("*")}
    code, out, err = said(command, "prepare", "kth", "--root", prepared.root, "size=32")

    assert (code, out + err) == (0, prepared.said)
    assert {file: file.stat().st_mtime_ns for file in prepared.store.rglob("*")} == before


def test_the_summary_is_there_for_programs_too(prepared, command):
    code, out, _ = said(command, "prepare", "kth", "--root", prepared.root, "size=32", "--json")
    found = json.loads(out)

    assert code == 0
    assert found["files prepared"] == 598
    assert [name for name, _ in found["skipped"]][-1] == TRUNCATED


def test_info_counts_the_clips_of_each_split(prepared, command, tmp_path):
    picture = tmp_path / "kth.png"
    code, out, err = said(
        command, "info", "kth", "--root", prepared.root, "size=32", "--frames", 10, "--json", "-o", picture
    )
    found = json.loads(out)

    assert (code, err) == (0, "")
    assert (found["channels"], found["height"], found["width"]) == (1, 32, 32)
    assert [row["split"] for row in found["splits"]] == ["train", "validation", "test"]
    assert all(row["clips"] for row in found["splits"])
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_info_of_what_is_not_prepared_names_the_command(command, tmp_path):
    root = tmp_path / "my kth"
    root.mkdir()
    code, out, err = said(command, "info", "kth", "--root", root, "size=[32, 48]")

    assert (code, out) == (2, "")
    assert err == (
        f"data: {root}/framecast-32x48 is not prepared yet: run  "
        f"python -m framecast data prepare kth --root '{root}' 'size=[32, 48]'\n"
    )


NAME = "person01_boxing_d1_uncomp.avi"


def no_folder(root):
    root.rmdir()


def other_videos(root):
    (root / "holiday.avi").write_bytes(real_video("avi"))


def zero_bytes(root):
    (root / NAME).touch()


def text_renamed(root):
    (root / NAME).write_text("not a video, whatever its name says\n" * 100)


def a_directory(root):
    (root / NAME).mkdir()


def not_an_archive(root):
    (root / "boxing.zip").write_text("the server is down")


@pytest.mark.parametrize(
    ("spoil", "because"),
    [
        (no_folder, "no such folder"),
        (lambda root: None, "holds no KTH videos: put the six zip archives and 00sequences.txt"),
        (other_videos, "holiday.avi: not the name of a KTH file"),
        (zero_bytes, "person01_boxing_d1: it is empty (0 bytes)"),
        (text_renamed, "person01_boxing_d1: it cannot be decoded: Invalid data found"),
        (a_directory, f"{NAME}: a folder, not a video"),
        (not_an_archive, "boxing.zip: not a zip archive that can be read"),
    ],
    ids=["no-folder", "empty-folder", "other-videos", "0-bytes", "text", "directory", "no-archive"],
)
def test_a_root_without_a_sound_video_is_one_clear_line(command, tmp_path, spoil, because):
    root = tmp_path / "kth"
    root.mkdir()
    spoil(root)
    before = sorted(tmp_path.rglob("*"))
    code, out, err = said(command, "prepare", "kth", "--root", root, "size=32")

    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert because in err
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("spoil", [zero_bytes, text_renamed, a_directory, other_videos, not_an_archive])
def test_beside_a_sound_video_it_is_a_counted_skip(command, tmp_path, spoil):
    (tmp_path / "person01_boxing_d2_uncomp.avi").write_bytes(real_video("avi"))
    spoil(tmp_path)
    code, out, err = said(command, "prepare", "kth", "--root", tmp_path, "size=32", "--json")
    found = json.loads(out)
    skipped = {name: why for name, why in found["skipped"] if why != "not there"}

    assert (code, err) == (0, "")
    assert found["files prepared"] == 1
    assert len(skipped) == 2, "it, and the one that the official set lacks too"


@pytest.mark.parametrize(
    ("settings", "because"),
    [
        (["size=4"], "data.size"),
        (["size=32", "actions=[]"], "data.actions"),
        (["size=32", "split=mine"], "data.split"),
        (["size=32", "augmentation={crop: 64}"], "augmentation.crop is 64, but the frames are 32x32"),
        (["sise=32"], "did you mean size?"),
    ],
)
def test_wrong_settings_are_refused_before_anything_is_done(command, tmp_path, settings, because):
    code, out, err = said(command, "prepare", "kth", "--root", tmp_path, *settings)

    assert (code, out) == (2, "")
    assert because in err
    assert list(tmp_path.iterdir()) == []
