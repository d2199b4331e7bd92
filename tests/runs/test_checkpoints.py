"""Checkpoints: complete or absent, the right ones kept, a damaged one passed over with a complaint."""

from __future__ import annotations

from pathlib import Path

import pytest

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
    assert store.newest_sound() == (None, [])


def test_a_checkpoint_is_read_as_it_was_published(store: CheckpointStore) -> None:
    checkpoint, best = save(store, 10, 0.5)
    assert best
    assert (checkpoint.step, checkpoint.epoch, checkpoint.monitor) == (10, 1, 0.5)
    assert set(checkpoint.files) == {"model.bin", "inner/optimizer.bin"}
    assert checkpoint.damaged() == []
    assert store.newest_sound() == (checkpoint, [])


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
    found, complaints = store.newest_sound()
    assert found is not None
    assert found.step == 10
    assert complaints == ["step-00000020 is damaged (model.bin)"]


def test_when_all_are_damaged_there_is_none_and_a_complaint_for_each(store: CheckpointStore) -> None:
    for step in (10, 20):
        save(store, step)
        damage_content(store.folder / f"step-{step:08d}")
    found, complaints = store.newest_sound()
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
