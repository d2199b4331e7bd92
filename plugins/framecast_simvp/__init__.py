"""SimVP (Gao et al., CVPR 2022, arXiv 2206.05099): video prediction by convolutions alone, nothing recurrent."""

from __future__ import annotations

from collections.abc import Iterator

import framecast
from framecast_simvp.cost import simvp_cost
from framecast_simvp.settings import SimVPSettings


def _build(settings: SimVPSettings, sample: framecast.SampleShape) -> framecast.VideoModel:
    from framecast_simvp.network import SimVP

    return SimVP(settings, sample.channels)


def _accepts(
    settings: SimVPSettings, sample: framecast.SampleShape, frames_in: int, frames_out: int
) -> str | None:
    if frames_in >= settings.frames_in:
        return None
    return (
        f"it sees {settings.frames_in} frames at once and the task shows it {frames_in}: set "
        f"model.frames_in={frames_in}, the task's frames_in"
    )


@framecast.hookimpl
def framecast_models() -> Iterator[framecast.Model[SimVPSettings]]:
    yield framecast.Model(
        name="simvp",
        summary="SimVP: encoder, Inception translator over time as channels, decoder; not recurrent",
        settings=SimVPSettings,
        build=_build,
        cost=simvp_cost,
        runtime_settings=("compile",),
        accepts=_accepts,
        constraints=(
            framecast.Constraint(
                "spatial_channels % 2 == 0", "encoder and decoder normalise two groups of channels"
            ),
            framecast.Constraint(
                "temporal_channels % (2 * groups) == 0",
                "an Inception module convolves half of these channels in groups",
            ),
            framecast.Constraint(
                "frames_in * spatial_channels % groups == 0",
                "the last Inception module writes a clip's channels in groups",
            ),
        ),
    )
