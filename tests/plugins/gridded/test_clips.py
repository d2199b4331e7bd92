"""Clips: no leakage between splits, numbers that can be undone, masks that tell the truth, other processes."""

from __future__ import annotations

import multiprocessing
import pickle
from typing import Any

import numpy as np
import pytest
import torch
import xarray
from torch.utils.data import DataLoader

import framecast
from framecast_gridded.clips import FieldClips

SPLITS = ("train", "validation", "test")


def values(file):
    """The field of a file, (T, 1, H, W) from the north on; both samples begin in the south."""
    with xarray.open_dataset(file) as dataset:
        name = next(name for name in dataset if dataset[name].ndim == 3)
        return dataset[name].to_numpy()[:, None, ::-1]


def frames_of(clips):
    """The number in the whole set of every frame that a split shows."""
    reach = clips.windows.frames * clips.windows.step
    starts = [clips.windows[index][1] for index in range(len(clips))]
    return {frame for start in starts for frame in range(start, start + reach, clips.windows.step)}


@pytest.mark.parametrize("frame_step", [1, 3])
def test_no_time_is_in_two_splits_and_time_goes_on_from_split_to_split(air, settings_for, frame_step):
    with xarray.open_dataset(air) as dataset:
        times = dataset.time.to_numpy()
    settings = settings_for(air, frame_step=frame_step)
    shown = [sorted(times[frame] for frame in frames_of(FieldClips(settings, split, 6))) for split in SPLITS]

    assert shown[0][-1] < shown[1][0] <= shown[1][-1] < shown[2][0]
    assert len({time for part in shown for time in part}) == 240


def test_clips_begin_a_stride_apart(air, settings_for):
    clips = FieldClips(settings_for(air, stride=5), "train", 10)

    assert [clips.windows[index][1] for index in range(3)] == [0, 5, 10]
    assert len(clips) == (168 - 10) // 5 + 1
    assert clips.sequences == 1
    assert not clips.skipped


def test_range_takes_the_training_period_to_0_and_1(air, settings_for):
    training = values(air)[:168]
    clips = FieldClips(settings_for(air), "test", 4)

    assert clips.normalisation.offset == (float(training.min()),)
    assert clips.normalisation.scale[0] == pytest.approx(float(training.max()) - float(training.min()))
    apart = FieldClips(settings_for(air, stride=4), "train", 4)
    seen = torch.cat([apart[index]["frames"] for index in range(len(apart))])
    assert (seen.min().item(), seen.max().item()) == (0, 1)


def test_standard_takes_the_training_period_to_mean_0_and_deviation_1(air, settings_for):
    clips = FieldClips(settings_for(air, normalisation="standard", stride=4), "train", 4)
    seen = torch.cat([clips[index]["frames"] for index in range(len(clips))]).double()

    assert seen.mean().item() == pytest.approx(0, abs=1e-4)
    assert seen.std().item() == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("normalisation", ["range", "standard", "none"])
def test_normalisation_is_undone_exactly(air, settings_for, normalisation):
    more = {"value_range": (200.0, 330.0)} if normalisation == "none" else {}
    clips = FieldClips(settings_for(air, normalisation=normalisation, **more), "validation", 6)
    start = clips.windows[2][1]

    undone = clips.normalisation.undone(clips[2]["frames"].numpy())

    np.testing.assert_allclose(undone, values(air)[start : start + 6], rtol=1e-5)


def test_a_set_without_gaps_has_no_masks(air, settings_for):
    sample = FieldClips(settings_for(air), "train", 5)[0]

    assert set(sample) == {"frames"}
    assert (tuple(sample["frames"].shape), sample["frames"].dtype) == ((5, 1, 37, 49), torch.float32)


@pytest.mark.parametrize("split", SPLITS)
def test_masks_are_false_exactly_where_the_data_have_no_number(sea, settings_for, split):
    clips = FieldClips(settings_for(sea), split, 6)
    start = clips.windows[1][1]
    expected = values(sea)[start : start + 6]

    sample = clips[1]

    assert sample["mask"].dtype == torch.bool
    np.testing.assert_array_equal(sample["mask"].numpy(), np.isfinite(expected))
    assert torch.isfinite(sample["frames"]).all()
    undone = clips.normalisation.undone(sample["frames"].numpy())
    np.testing.assert_allclose(undone[sample["mask"]], expected[sample["mask"]], rtol=1e-5)


@pytest.mark.parametrize("fill", ["mean", 271.5])
def test_gaps_are_filled_with_the_training_mean_or_what_is_given(sea, settings_for, fill):
    clips = FieldClips(settings_for(sea, fill=fill), "test", 6)
    sample = clips[0]
    expected = np.nanmean(values(sea)[: 54 - 8 - 8].astype(np.float64)) if fill == "mean" else fill

    filled = clips.normalisation.undone(sample["frames"].numpy())[~sample["mask"].numpy()]

    np.testing.assert_allclose(filled, expected, rtol=1e-6)


def test_a_single_gap_at_the_end_gives_every_sample_a_mask(tmp_path, settings_for):
    frames = np.random.default_rng(0).random((30, 1, 8, 8), np.float32)
    frames[29, 0, 3, 3] = np.inf
    np.save(tmp_path / "a.npy", frames)

    masks = {split: FieldClips(settings_for(tmp_path / "a.npy"), split, 4)[0]["mask"] for split in SPLITS}

    assert [int((~mask).sum()) for mask in masks.values()] == [0, 0, 1]


def test_variables_are_channels_each_normalised_on_its_own(tmp_path, air, settings_for):
    with xarray.open_dataset(air) as dataset:
        celsius = dataset.air_temperature - 273.15
        dataset.assign(celsius=celsius).to_netcdf(tmp_path / "two.nc")
    both = FieldClips(settings_for(tmp_path / "two.nc", variables=["celsius", "air_temperature"]), "train", 4)
    one = FieldClips(settings_for(air), "train", 4)

    assert both.fields.grid.variables == ("celsius", "air_temperature")
    assert both.normalisation.offset[0] == pytest.approx(both.normalisation.offset[1] - 273.15, abs=1e-3)
    for channel in (0, 1):
        torch.testing.assert_close(both[3]["frames"][:, channel], one[3]["frames"][:, 0], atol=1e-5, rtol=0)


def test_frames_and_masks_are_varied_alike_and_anew_in_each_epoch(sea, settings_for):
    more = {"flip": "both", "reverse": True, "crop": 16}
    clips = FieldClips(settings_for(sea, augmentation=more, fill=-1e6), "train", 6)
    seen = []
    for epoch in range(4):
        clips.set_epoch(epoch)
        sample = clips[3]
        assert tuple(sample["frames"].shape) == (6, 1, 16, 16)
        assert torch.equal(sample["frames"] > -1, sample["mask"])
        assert torch.equal(sample["frames"], clips[3]["frames"]), "a pure function of seed, epoch and index"
        seen.append(sample["frames"].numpy().tobytes())
    assert len(set(seen)) == 4


def test_validation_clips_are_cropped_in_the_middle_and_nothing_else(air, settings_for):
    whole = FieldClips(settings_for(air), "validation", 4)
    cropped = FieldClips(settings_for(air, augmentation={"crop": 21, "flip": "both"}), "validation", 4)
    cropped.set_epoch(3)

    assert torch.equal(cropped[5]["frames"], whole[5]["frames"][..., 8:29, 14:35])


def test_a_split_too_short_for_a_clip_is_refused_with_its_numbers(sea, settings_for):
    with pytest.raises(
        framecast.InputError, match="validation has 8 of the 54 frames, and one clip reaches over 10:"
    ):
        FieldClips(settings_for(sea), "validation", 10)
    with pytest.raises(framecast.InputError, match="train has 38 of the 54 frames, and one clip reaches over 46:"):
        FieldClips(settings_for(sea, frame_step=5), "train", 10)


def test_one_frame_is_refused(tmp_path, settings_for):
    np.save(tmp_path / "a.npy", np.zeros((1, 8, 8)))
    with pytest.raises(framecast.InputError, match="of 1 frame none would be left to train on"):
        FieldClips(settings_for(tmp_path / "a.npy"), "train", 4)


def test_a_test_that_nobody_asked_for_has_no_clips(air, settings_for):
    assert len(FieldClips(settings_for(air, test_share=0), "test", 4)) == 0


def test_clips_read_the_same_after_a_trip_to_another_process(sea, settings_for):
    clips = FieldClips(settings_for(sea), "train", 6)
    text = pickle.dumps(clips)
    again = pickle.loads(text)

    assert len(text) < 5_000, "no data go along"
    assert torch.equal(again[4]["frames"], clips[4]["frames"])
    assert torch.equal(again[4]["mask"], clips[4]["mask"])


@pytest.fixture(params=["netcdf", "zarr", "npy"])
def stored(request, tmp_path, air):
    """The air temperature as each kind of file, compressed in chunks where the kind has such."""
    with xarray.open_dataset(air) as dataset:
        if request.param == "npy":
            np.save(tmp_path / "a.npy", dataset.air_temperature.to_numpy())
            return tmp_path / "a.npy"
        if request.param == "zarr":
            dataset[["air_temperature"]].drop_encoding().to_zarr(tmp_path / "a.zarr", consolidated=False)
            return tmp_path / "a.zarr"
        packed = {"air_temperature": {"zlib": True, "chunksizes": (8, 37, 49)}}
        dataset[["air_temperature"]].to_netcdf(tmp_path / "a.nc", encoding=packed)
        return tmp_path / "a.nc"


def test_two_forked_processes_read_what_this_one_reads_at_the_same_time(stored, settings_for):
    clips = FieldClips(settings_for(stored), "train", 6)
    alone = torch.stack([clips[index]["frames"] for index in range(len(clips))])  # the files are open now
    data: Any = clips
    forked = DataLoader(data, batch_size=8, num_workers=2, multiprocessing_context="fork", timeout=60)

    for number, batch in enumerate(forked):
        part = slice(8 * number, 8 * number + 8)
        assert torch.equal(batch["frames"], alone[part])
        assert torch.equal(clips[8 * number]["frames"], alone[8 * number])


def test_a_forked_process_opens_files_of_its_own(stored, settings_for):
    """Else both would move one position in the file."""
    clips = FieldClips(settings_for(stored), "train", 6)
    expected = clips[7]["frames"]
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)

    def read():
        sender.send(float((clips[7]["frames"] - expected).abs().max()))

    child = context.Process(target=read)
    child.start()
    assert receiver.poll(60)
    assert receiver.recv() == 0
    child.join(60)
    assert child.exitcode == 0
    assert torch.equal(clips[7]["frames"], expected), "what the child closed is still open here"
