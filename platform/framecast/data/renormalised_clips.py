"""Clips of a data set, normalised as a model was trained instead of by the data set's own statistics."""

from __future__ import annotations

from collections.abc import Sequence

from framecast.errors import InputError
from framecast.plugin.clip_origin import ClipOrigin
from framecast.plugin.data_note import DataNote
from framecast.plugin.normalisation import Normalisation
from framecast.plugin.protocols.clip_dataset import ClipDataset, Sample


class RenormalisedClips(ClipDataset):
    """The clips of another data set, which has normalised them by `own`; all but their values is the same, and
    `notes` say so."""

    def __init__(self, clips: ClipDataset, own: Normalisation, trained: Normalisation) -> None:
        self.clips = clips
        self.normalisation = trained
        self.sequences, self.skipped, self.grouped_by = clips.sequences, clips.skipped, clips.grouped_by
        self.notes = [*clips.notes, *normalisation_notes(own, trained)]
        self._conversion = own.conversion_to(trained)

    def __len__(self) -> int:
        return len(self.clips)

    def __getitem__(self, index: int) -> Sample:
        return self._convert(self.clips[index])

    def __getitems__(self, indices: list[int]) -> Sequence[Sample]:
        return [self._convert(sample) for sample in self.clips.__getitems__(indices)]

    def set_epoch(self, epoch: int) -> None:
        self.clips.set_epoch(epoch)

    def origin(self, index: int) -> ClipOrigin:
        return self.clips.origin(index)

    def _convert(self, sample: Sample) -> Sample:
        import torch

        factor, offset, fill = (torch.from_numpy(each) for each in self._conversion)
        frames = torch.as_tensor(sample["frames"]).double() * factor + offset
        if "mask" in sample:
            frames = frames.where(torch.as_tensor(sample["mask"]), fill)
        return {**sample, "frames": frames.float()}


def normalise_as(clips: ClipDataset, trained: Normalisation | None) -> ClipDataset:
    """The data set with the normalisation of a trained model: itself where that is its own, or where the model has
    none. Raises InputError where the channels are not those that the model was trained on."""
    if trained is None:
        return clips
    own = clips.normalisation
    if own is None:
        raise InputError(
            "data: the model was trained on normalised fields, and these data are not normalised: name data of "
            "the kind that it was trained on"
        )
    ensure_same_channels(own, trained)
    return clips if own.is_equivalent(trained) else RenormalisedClips(clips, own, trained)


def normalisation_notes(own: Normalisation, trained: Normalisation) -> list[DataNote]:
    """Says by which numbers values are normalised, where that is not by these data's own statistics; and where
    the only variable has another name than in training."""
    notes = []
    if not own.is_equivalent(trained):
        text = f"{_numbers(trained)} as in training, not {_numbers(own)} by the statistics of these data"
        notes.append(DataNote("normalisation", text))
    if own.names and trained.names and own.names != trained.names:
        notes.append(DataNote("data", f"{own.names[0]} is taken as {trained.names[0]}"))
    return notes


def _numbers(normalisation: Normalisation) -> str:
    offset, scale = normalisation.offset[0], normalisation.scale[0]
    several = " (the first channel)" if len(normalisation.offset) > 1 else ""
    return f"offset {offset:.6g} and scale {scale:.6g}{several}"


def ensure_same_channels(found: Normalisation, trained: Normalisation) -> None:
    """Raises InputError where the data have other variables or units than the model was trained on.

    A model of one variable takes data of one variable, whatever their names.
    """
    count = len(trained.offset)
    both_named = bool(found.names and trained.names)
    names_differ = both_named and found.names != trained.names and (count > 1 or len(found.names) > 1)
    if len(found.offset) != count or names_differ:
        listed = ", ".join(found.names) or len(found.offset)
        wanted = ", ".join(trained.names)
        raise InputError(
            f"data: these data have the channels {listed}, the model was trained on {wanted or count}"
            + (f": choose {wanted} in the data section" if trained.names else "")
        )
    for name, unit, expected in zip(found.names, found.units, trained.units, strict=False):
        if unit and expected and unit != expected:
            raise InputError(f"data: {name} is in {unit}, the model was trained on {expected}: convert it")
