"""The declaration of a model."""

from __future__ import annotations

from collections.abc import Callable as Function
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Generic

from framecast.plugin.constraint import Constraint
from framecast.plugin.cost import Cost
from framecast.plugin.declarations.answer import Answer
from framecast.plugin.declarations.settings_class import NO_SETTINGS, S, ensure_settings, validate_settings
from framecast.plugin.sample_shape import SampleShape

if TYPE_CHECKING:
    from torch import nn

    from framecast.plugin.protocols.recognition_model import RecognitionModel
    from framecast.plugin.protocols.video_model import VideoModel


@dataclass(frozen=True)
class Model(Generic[S]):
    """A model. `build(settings, sample_shape)` returns a `torch.nn.Module` that is called as a
    `framecast.VideoModel`, or with `produces="logits"` as a `framecast.RecognitionModel`. A recognition model also
    predicts frames, unless `predicts_frames(settings)` is False. A model without parameters is evaluated, never
    trained; `baseline` declares one that others are compared with, which reports draw as a level.

    `activation_checkpointing` says that the module has an attribute `activation_checkpointing`, False: set to
    True, the backward pass computes each layer again from its input instead of keeping its activations.
    `load_published(path, settings)` returns the module with the weights of a checkpoint that others published.

    `accepts(settings, sample_shape, frames_in, frames_out)` returns None where the model can see so many frames of
    that shape and predict so many, else the reason in a sentence: such a job is refused before it costs anything.
    It needs no torch.

    `setting_groups` names settings that act together, such as the sizes of two layers: the report of a search that
    varies two or more of a group shows its scores over the first two of them.

    `runtime_settings` names settings that change how the model is computed, and neither its weights nor, but for
    rounding, its predictions: they may change when a run is resumed.
    """

    name: str
    summary: str
    build: Function[[S, SampleShape], VideoModel | RecognitionModel]
    settings: type[S] = NO_SETTINGS
    produces: Answer = "frames"
    predicts_frames: Function[[S], bool] = lambda settings: True
    constraints: tuple[Constraint, ...] = ()
    cost: Function[[S, SampleShape], Cost] | None = None
    activation_checkpointing: bool = False
    load_published: Function[[Path, S], nn.Module] | None = None
    accepts: Function[[S, SampleShape, int, int], str | None] | None = None
    baseline: bool = False
    setting_groups: tuple[tuple[str, ...], ...] = ()
    runtime_settings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        validate_settings("model", self.name, self.settings)
        ensure_settings(f"model {self.name}: runtime_settings names", self.runtime_settings, self.settings)
        named = [name for each in self.constraints for name in (*each.names, *each.when)]
        ensure_settings(f"model {self.name}: its constraints name", named, self.settings)
        for group in self.setting_groups:
            if isinstance(group, str) or len(set(group)) < 2:
                raise ValueError(
                    f"model {self.name}: setting_groups has {group!r}, and a group names two or more settings: "
                    " (('width', 'depth'),)"
                )
            ensure_settings(f"model {self.name}: setting_groups names", group, self.settings)
