"""Clips of a data set, normalised as a model was trained instead of by the data set's own statistics."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from framecast.data.normalisation import Normalisation
from framecast.errors import InputError
from framecast.plugin.data_note import DataNote

if TYPE_CHECKING:
    from torch import Tensor


class RenormalisedClips:
    """Stands in for the data set `clips`, which has normalised its samples; all but their values is the same, and
    `notes` say so."""

    def __init__(self, clips: Any, trained: Normalisation) -> None:
        self.clips = clips
        self.normalisation = trained
        self.notes = [*getattr(clips, "notes", ()), *normalisation_notes(clips.normalisation, trained)]
        self._conversion = clips.normalisation.conversion_to(trained)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or "clips" not in self.__dict__:  # while it is being unpickled
            raise AttributeError(name)
        return getattr(self.clips, name)

    def __len__(self) -> int:
        return len(self.clips)

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        import torch

        sample: dict[str, Tensor] = dict(self.clips[index])
        factor, offset, fill = (torch.from_numpy(each) for each in self._conversion)
        frames = torch.as_tensor(sample["frames"]).double() * factor + offset
        if "mask" in sample:
            frames = frames.where(torch.as_tensor(sample["mask"]), fill)
        return {**sample, "frames": frames.float()}


def normalise_as(clips: Any, trained: Normalisation | None) -> Any:
    """The data set with the normalisation of a trained model: itself where that is its own, or where the model has
    none. Raises InputError where the channels are not those that the model was trained on."""
    if trained is None:
        return clips
    own: Normalisation | None = getattr(clips, "normalisation", None)
    if own is None:
        raise InputError(
            "data: the model was trained on normalised fields, and these data are not normalised: name data of "
            "the kind that it was trained on"
        )
    ensure_same_channels(own, trained)
    return clips if own.is_equivalent(trained) else RenormalisedClips(clips, trained)


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
