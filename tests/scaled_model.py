"""A plugin with the smallest model that trains, and statements of a test's own in it."""

from __future__ import annotations

from textwrap import indent

_PLUGIN = '''
import framecast

{at_import}

def build(settings, sample):
    import torch

{in_build}

    class Scaled(torch.nn.Module):
        """Repeats the last frame, times its only weight; `steps` counts calls in training."""

        def __init__(self):
            super().__init__()
            self.scale = torch.nn.Parameter(torch.ones(1))
            self.steps = 0

        def forward(self, frames, frames_out, *, truth=None, keep_truth=None):
            self.steps += self.training
{in_forward}
            return frames[:, -1:].expand(-1, frames_out, -1, -1, -1) * self.scale

    return Scaled()


@framecast.hookimpl
def framecast_models():
    yield framecast.Model(name="{name}", summary="the last frame, scaled", build=build)
'''


def scaled_model(name: str, at_import: str = "", in_build: str = "", in_forward: str = "") -> str:
    """The text of the plugin's module. The statements may use `framecast`, and within functions `torch`."""
    return _PLUGIN.format(
        name=name,
        at_import=at_import,
        in_build=indent(in_build, " " * 4),
        in_forward=indent(in_forward, " " * 12),
    )
