"""Checkpoints: complete or absent, the right ones kept, a damaged one passed over with a complaint."""

from __future__ import annotations

import errno
import json
import os
import shutil
from pathlib import Path

import pytest

from framecast.engine.checkpoint.reading import newest_usable
from framecast.runs.checkpoints import Checkpoint, CheckpointStore


def save(store: CheckpointStore, step: int, monitor: float | None = None) -> tuple[Checkpoint, bool]:
    folder = store.begin(step)
    (folder / "model.bin").write_bytes(bytes([step]) * 100)
    (folder / "inner").mkdir()
    (folder / "inner" / "optimizer.bin").write_bytes(b"state")
    return store.publish(step, step // 10, monitor)


def steps(store: CheckpointStore) -> list[int]:
    return [each.step for each in store.all()]


def named(store: CheckpointStore) -> dict[str, int]:
    return {name: point.step for name in ("best", "last", "previous") if (point := store.named(name))}


@pytest.fixture
def store(tmp_path: Path) -> CheckpointStore:
    return CheckpointStore(tmp_path / "checkpoints")


def test_nothing_is_there_at_first(store: CheckpointStore) -> None:
    assert store.all() == []
    assert store.named("last") is None
    assert newest_usable(store) == (None, [])


def test_a_checkpoint_is_read_as_it_was_published(store: CheckpointStore) -> None:
    checkpoint, best = save(store, 10, 0.5)
    assert best
    assert (checkpoint.step, checkpoint.epoch, checkpoint.monitor) == (10, 1, 0.5)
    assert set(checkpoint.files) == {"model.bin", "inner/optimizer.bin"}
    assert checkpoint.damaged() == []
    assert newest_usable(store) == (checkpoint, [])


def test_the_links_point_to_the_best_the_last_and_the_one_before(store: CheckpointStore) -> None:
    for step, monitor in [(10, 0.5), (20, 0.1), (30, 0.3), (40, 0.2)]:
        save(store, step, monitor)
    assert named(store) == {"best": 20, "last": 40, "previous": 30}
    assert (store.folder / "best").readlink() == Path("step-00000020"), "relative, so that the run can move"


@pytest.mark.parametrize(("direction", "best", "kept"), [("min", 20, [50, 40, 30, 20]), ("max", 30, [50, 40, 30])])
def test_the_newest_and_the_best_are_kept_in_the_metrics_own_direction(
    direction: str, best: int, kept: list[int], tmp_path: Path
) -> None:
    store = CheckpointStore(tmp_path, keep_last=2, keep_best=2, direction=direction)
    for step, monitor in [(10, 0.5), (20, 0.1), (30, 0.9 if direction == "max" else 0.2), (40, 0.6), (50, 0.4)]:
        save(store, step, monitor)
    assert steps(store) == kept
    assert named(store)["best"] == best


def test_of_equals_the_earlier_one_is_the_best(store: CheckpointStore) -> None:
    assert save(store, 10, 0.5)[1]
    assert not save(store, 20, 0.5)[1]


def test_a_checkpoint_without_a_score_is_never_the_best(store: CheckpointStore) -> None:
    assert not save(store, 10)[1]
    save(store, 20, 0.5)
    save(store, 30)
    assert named(store) == {"best": 20, "last": 30, "previous": 20}


def test_keeping_one_keeps_one_and_the_best(tmp_path: Path) -> None:
    store = CheckpointStore(tmp_path, keep_last=1, keep_best=1)
    for step, monitor in [(10, 0.1), (20, 0.2), (30, 0.3)]:
        save(store, step, monitor)
    assert steps(store) == [30, 10]


def test_no_link_points_to_what_was_deleted(tmp_path: Path) -> None:
    store = CheckpointStore(tmp_path, keep_last=2)
    save(store, 10, 0.5)
    save(store, 20, 0.4)
    store = CheckpointStore(tmp_path, keep_last=1)  # the job was resumed with fewer to keep
    save(store, 30, 0.3)
    assert [link.name for link in tmp_path.iterdir() if link.is_symlink() and not link.exists()] == []


def damage_content(path: Path) -> None:
    (path / "model.bin").write_bytes(b"x" * 100)


def damage_by_cutting(path: Path) -> None:
    (path / "model.bin").write_bytes((path / "model.bin").read_bytes()[:50])


def damage_by_deleting(path: Path) -> None:
    (path / "model.bin").unlink()


@pytest.mark.parametrize("damage", [damage_content, damage_by_cutting, damage_by_deleting])
def test_a_damaged_newest_falls_back_to_the_one_before_with_a_complaint(damage, store: CheckpointStore) -> None:
    save(store, 10)
    save(store, 20)
    damage(store.folder / "step-00000020")
    found, complaints = newest_usable(store)
    assert found is not None
    assert found.step == 10
    assert complaints == ["step-00000020 is damaged (model.bin)"]


def test_when_all_are_damaged_there_is_none_and_a_complaint_for_each(store: CheckpointStore) -> None:
    for step in (10, 20):
        save(store, step)
        damage_content(store.folder / f"step-{step:08d}")
    found, complaints = newest_usable(store)
    assert found is None
    assert len(complaints) == 2


@pytest.mark.parametrize(
    "manifest",
    ["", "{", "[]", "null", "3", '"text"', '{"step": 30}', '{"step": 30, "epoch": 1, "monitor": 0, "x": 1}'],
)
def test_a_folder_without_a_whole_manifest_is_no_checkpoint(manifest: str, store: CheckpointStore) -> None:
    save(store, 10)
    half = store.folder / "step-00000030"
    half.mkdir()
    (half / "manifest.json").write_text(manifest)
    assert steps(store) == [10]


def test_the_leftovers_of_a_crash_do_no_harm(store: CheckpointStore) -> None:
    save(store, 10)
    left = store.begin(20)
    (left / "model.bin").write_bytes(b"half")
    (store.folder / ".last.writing").symlink_to("step-00000020")
    assert steps(store) == [10]
    checkpoint, _ = save(store, 20)  # the next attempt comes to the same step
    assert checkpoint.damaged() == []
    assert set(checkpoint.files) == {"model.bin", "inner/optimizer.bin"}
    assert named(store) == {"last": 20, "previous": 10}
    assert not [path.name for path in store.folder.iterdir() if path.name.endswith(".writing")]


def test_a_step_that_is_reached_again_replaces_the_old_checkpoint(store: CheckpointStore) -> None:
    save(store, 10, 0.5)
    save(store, 20, 0.9)
    folder = store.begin(20)
    (folder / "model.bin").write_bytes(b"another attempt")
    checkpoint, best = store.publish(20, 2, 0.1)
    assert best
    assert checkpoint.damaged() == []
    assert (store.folder / "last" / "model.bin").read_bytes() == b"another attempt"


def test_a_score_that_is_not_a_number_never_makes_the_best(store: CheckpointStore) -> None:
    save(store, 1, monitor=0.5)
    _, best = save(store, 2, monitor=float("nan"))
    assert not best
    assert named(store)["best"] == 1


def without_links(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system without symbolic links, such as exFAT or some network shares."""

    def refused(source: str, target: str, *rest: object, **more: object) -> None:
        raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP), source, None, target)

    monkeypatch.setattr(os, "symlink", refused)


@pytest.mark.parametrize("direction", ["min", "max"])
def test_without_links_the_names_follow_from_the_manifests(
    direction: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_links(monkeypatch)
    store = CheckpointStore(tmp_path, direction=direction)
    for step, monitor in [(10, 0.5), (20, 0.1), (30, 0.9), (40, 0.6)]:
        save(store, step, monitor)
    best = 20 if direction == "min" else 30
    assert named(CheckpointStore(tmp_path)) == {"best": best, "last": 40, "previous": 30}
    assert {path.name for path in tmp_path.iterdir()} == {f"step-{step:08d}" for step in {best, 30, 40}}


def copied_with_folders(folder: Path) -> None:
    """As `cp -rL` and archives do: the links become folders."""
    for link in [path for path in folder.iterdir() if path.is_symlink()]:
        target = link.resolve()
        link.unlink()
        shutil.copytree(target, link)


def copied_with_files(folder: Path) -> None:
    """As some archives and cloud drives do: a link becomes a small file that holds its target."""
    for link in [path for path in folder.iterdir() if path.is_symlink()]:
        target = str(link.readlink())
        link.unlink()
        link.write_text(target)


def copied_without_links(folder: Path) -> None:
    for link in [path for path in folder.iterdir() if path.is_symlink()]:
        link.unlink()


def copied_with_broken_links(folder: Path) -> None:
    for link in [path for path in folder.iterdir() if path.is_symlink()]:
        link.unlink()
        link.symlink_to("/nowhere/at/all")


@pytest.mark.parametrize(
    "copied", [copied_with_folders, copied_with_files, copied_without_links, copied_with_broken_links]
)
def test_a_copy_is_read_and_trained_on_whatever_became_of_the_links(copied, store: CheckpointStore) -> None:
    for step, monitor in [(10, 0.1), (20, 0.3), (30, 0.2)]:
        save(store, step, monitor)
    copied(store.folder)
    assert steps(store) == [30, 20, 10]
    assert named(store) == {"best": 10, "last": 30, "previous": 20}
    _, best = save(store, 40, 0.05)
    assert best
    assert steps(store) == [40, 30]
    assert named(store) == {"best": 40, "last": 40, "previous": 30}
    assert (store.folder / "best").readlink() == Path("step-00000040")
    assert (store.folder / "best" / "model.bin").read_bytes() == bytes([40]) * 100


def test_a_copy_of_the_named_checkpoints_alone_is_enough(store: CheckpointStore) -> None:
    for step, monitor in [(10, 0.1), (20, 0.3)]:
        save(store, step, monitor)
    copied_with_folders(store.folder)
    for path in store.folder.glob("step-*"):
        shutil.rmtree(path)
    assert named(store) == {"best": 10, "last": 20, "previous": 10}
    save(store, 30, 0.2)
    assert named(store) == {"best": 10, "last": 30, "previous": 20}


def test_manifests_of_an_older_version_leave_the_best_to_its_link(tmp_path: Path) -> None:
    store = CheckpointStore(tmp_path, direction="max")
    for step, monitor in [(10, 0.9), (20, 0.3)]:
        save(store, step, monitor)
    for manifest in tmp_path.glob("step-*/manifest.json"):
        content = json.loads(manifest.read_text())
        del content["direction"]
        manifest.write_text(json.dumps(content))
    assert named(CheckpointStore(tmp_path))["best"] == 10


@pytest.mark.parametrize(
    "changes",
    [
        {"files": ["model.bin"]},
        {"files": None},
        {"files": {"../../outside": "0" * 64}},
        {"files": {"/etc/hostname": "0" * 64}},
        {"step": "10"},
        {"step": 77},
        {"step": -3},
        {"step": 10.5},
        {"step": None},
        {"monitor": "best"},
        {"direction": "sideways"},
    ],
)
def test_a_manifest_that_is_not_ours_is_none(changes: dict[str, object], store: CheckpointStore) -> None:
    save(store, 10, 0.5)
    manifest = store.folder / "step-00000010" / "manifest.json"
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), **changes}))
    assert steps(store) == []


def test_what_is_no_plain_file_is_damaged_and_is_not_read(store: CheckpointStore) -> None:
    checkpoint, _ = save(store, 10)
    (checkpoint.path / "model.bin").unlink()
    os.mkfifo(checkpoint.path / "model.bin")  # opening it would wait for ever
    assert checkpoint.damaged() == ["model.bin"]
    (checkpoint.path / "model.bin").unlink()
    (checkpoint.path / "model.bin").symlink_to("/dev/zero")
    assert checkpoint.damaged() == ["model.bin"]


@pytest.mark.parametrize(
    "spoil",
    [
        "[]",
        "{",
        '{"position": null}',
        '{"optimizer": "adam", "task": {}, "numbers": {}, "position": {"epoch": -1, "batch": 0, "step": 1}}',
    ],
)
def test_one_that_is_intact_but_cannot_be_read_is_followed_by_the_older_one(spoil: str, tmp_path: Path) -> None:
    store = CheckpointStore(tmp_path)
    for step, loop in (
        (1, '{"optimizer": "adam", "task": {}, "numbers": {}, "position": {"epoch": 0, "batch": 1, "step": 1}}'),
        (2, spoil),
    ):
        folder = store.begin(step)
        (folder / "loop.json").write_text(loop)
        store.publish(step, 0, None)
    found, complaints = newest_usable(store)
    assert found is not None
    assert found.step == 1
    assert len(complaints) == 1
    assert complaints[0].startswith("step-00000002 cannot be read (")


def test_a_damaged_manifest_of_a_newer_one_is_reported(tmp_path: Path) -> None:
    store = CheckpointStore(tmp_path)
    for step in (1, 2):
        (store.begin(step) / "a").write_text("a")
        store.publish(step, 0, None)
    (tmp_path / "step-00000002" / "manifest.json").write_text("{}")
    found, complaints = newest_usable(store)
    assert found is not None
    assert found.step == 1
    assert complaints == ["step-00000002 has a damaged manifest.json and is passed over"]
