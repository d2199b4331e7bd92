"""Finding the official files, zipped or not, and telling others apart."""

import zipfile

import pytest

import framecast
from framecast_kth.files import find_files

LINE = "person01_boxing_d1 frames 1-4\n"


@pytest.fixture
def archive(tmp_path):
    """Makes boxing.zip of the given entries: `archive({"name": b"content"})`."""

    def made(entries):
        with zipfile.ZipFile(tmp_path / "boxing.zip", "w") as opened:
            for name, content in entries.items():
                opened.writestr(zipfile.ZipInfo(name), content)
        return tmp_path

    return made


def test_files_are_found_in_archives_and_in_folders(archive):
    root = archive({"boxing/person01_boxing_d1_uncomp.avi": b"1", "person01_boxing_d2_uncomp.avi": b"2"})
    (root / "deep" / "down").mkdir(parents=True)
    (root / "deep" / "down" / "PERSON02_Walking_d4_uncomp.AVI").write_bytes(b"3")

    assert [found.name for found in find_files(root).sources] == [
        "person01_boxing_d1",
        "person01_boxing_d2",
        "person02_walking_d4",
    ]


def test_an_unpacked_file_wins_over_the_archives(archive):
    root = archive({"person01_boxing_d1_uncomp.avi": b"zipped"})
    (root / "person01_boxing_d1_uncomp.avi").write_bytes(b"unpacked")
    (found,) = find_files(root).sources

    assert found.open() == root / "person01_boxing_d1_uncomp.avi"


@pytest.mark.parametrize(
    "name",
    [
        "../person01_boxing_d2_uncomp.avi",
        "a/../../person01_boxing_d2_uncomp.avi",
        "/person01_boxing_d2_uncomp.avi",
        "..\\..\\person01_boxing_d2_uncomp.avi",
        "C:\\person01_boxing_d2_uncomp.avi",
    ],
)
def test_paths_that_lead_out_of_the_archive_are_refused_and_listed(archive, name):
    found = find_files(archive({"person01_boxing_d1_uncomp.avi": b"1", name: b"2"}))

    assert [one.name for one in found.sources] == ["person01_boxing_d1"]
    assert found.refused[0] == (f"boxing.zip: {name}", "its path leads out of the archive")
    assert ("person01_boxing_d2", "not there") in found.refused


def test_an_entry_that_is_nowhere_is_passed_over(archive):
    assert len(find_files(archive({"person01_boxing_d1_uncomp.avi": b"1", ".": b"2"})).sources) == 1


def test_an_entry_of_absurd_size_is_refused_and_listed(archive, monkeypatch):
    root = archive({"person01_boxing_d1_uncomp.avi": b"1", "person01_boxing_d2_uncomp.avi": b"2" * 2000})
    monkeypatch.setenv("FRAMECAST_LIMIT_UNPACKED_BYTES", "1000")
    found = find_files(root)

    assert [one.name for one in found.sources] == ["person01_boxing_d1"]
    name, why = found.refused[0]
    assert name == "boxing.zip: person01_boxing_d2_uncomp.avi"
    assert why.startswith("it would unpack to 1.95 KiB, the limit is 1000 bytes")


def test_the_ranges_are_read_from_an_archive_and_rather_from_a_file(archive):
    root = archive({"person01_boxing_d1_uncomp.avi": b"1", "00sequences.txt": LINE.encode()})
    zipped = find_files(root)
    (root / "00sequences.txt").write_text(LINE.replace("1-4", "2-3"))
    unpacked = find_files(root)

    assert zipped.labelled
    assert zipped.sources[0].facts["ranges"] == [(0, 4)]
    assert unpacked.sources[0].facts["ranges"] == [(1, 3)]


def test_ranges_that_cannot_be_unpacked_are_listed_and_the_videos_kept(archive):
    root = archive({"person01_boxing_d1_uncomp.avi": b"1", "00sequences.txt": LINE.encode()})
    file = root / "boxing.zip"
    file.write_bytes(file.read_bytes().replace(b"frames", b"flames"))
    found = find_files(root)

    assert len(found.sources) == 1
    assert not found.labelled
    assert found.refused[0][0] == "boxing.zip: 00sequences.txt"
    assert found.refused[0][1].startswith("it cannot be unpacked: Bad CRC-32")


def test_files_without_ranges_are_found_too(archive):
    found = find_files(archive({"person01_boxing_d1_uncomp.avi": b"1"}))

    assert not found.labelled
    assert found.sources[0].facts == {"person": 1, "action": "boxing", "setting": 1, "ranges": None}


def test_a_folder_that_is_not_there_is_an_input_error(tmp_path):
    with pytest.raises(framecast.InputError, match="no such folder"):
        find_files(tmp_path / "nowhere")
