"""`framecast.load`: a trained model in a notebook."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from framecast.evaluation.evaluation_target import find_subject
from framecast.runs.roots import runs_root

if TYPE_CHECKING:
    from framecast.evaluation.loaded_model import LoadedModel


def load(
    checkpoint: str | Path, device: str = "cpu", trust: bool | str | Path | Sequence[str | Path] = False
) -> LoadedModel:
    """The model of a run, a checkpoint's folder or an exported file, with its weights, in evaluation mode.

        model = framecast.load("demo")
        with torch.no_grad():
            future = model(frames, 10)[:, -10:]

    It is a torch.nn.Module. Frames are (B, T, C, H, W) floats in the data's own units: pictures in
    `model.value_range`, fields as they are in their files. Predictions have the same units: the normalisation of
    the training data (`model.normalisation`) is applied and undone. `model.frames_in` and `model.frames_out` are
    the lengths that it was trained for; `model.network` is the bare network. Values of fields that are missing
    (NaN) are filled as in training; infinite ones too, with a warning. Pictures have neither.

    Plugins that are not installed are imported where the run was submitted here by this user. For a run that
    another user has trained, `trust=True` imports those that its folder names. An exported file never says where
    code lies: `trust="my_cell.py"`, or a list of paths and modules, names your own copy of what it needs.

    Raises framecast.InputError where there is no such model or it is damaged, and when it is called with frames
    that it cannot take.
    """
    import torch

    from framecast.evaluation.loaded_model import LoadedModel

    try:
        place = torch.device(device)
    except RuntimeError as error:
        from framecast.errors import InputError

        raise InputError(f"device {device!r}: {str(error).splitlines()[0]}") from None
    plugins = [] if isinstance(trust, bool) else [trust] if isinstance(trust, str | Path) else trust
    subject = find_subject(
        str(checkpoint), runs_root(), trusted=trust is True, plugins=[_as_plugin(each) for each in plugins]
    )
    return LoadedModel(subject, place)


def _as_plugin(named: str | Path) -> str:
    """As plugins are named on the command line; a path may be one without a slash."""
    return str(named.absolute()) if isinstance(named, Path) else named
