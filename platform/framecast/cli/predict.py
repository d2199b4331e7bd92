"""`platform predict CHECKPOINT VIDEO`: the future of a video."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from framecast.cli.model_options import find_model, validate_new_file
from framecast.cli.options import Device, Force, OwnPlugins, Published, Runs, Trust
from framecast.counting import plural
from framecast.plain_text import one_line

Checkpoint = Annotated[
    str,
    typer.Argument(
        metavar="CHECKPOINT", help="A run, a checkpoint, an exported file; with --published a job file."
    ),
]
Source = Annotated[
    Path,
    typer.Argument(
        metavar="SOURCE",
        help="A video, a folder of images, or an array (.npy): T, H, W or T, C, H, W or T, H, W, C. "
        "For models of fields, NetCDF and Zarr too.",
    ),
]
Settings = Annotated[
    list[str] | None,
    typer.Argument(metavar="KEY=VALUE", help="Settings of the run that this source needs otherwise."),
]
BitDepth = Annotated[
    int | None,
    typer.Option(
        "--bit-depth", min=8, max=16, help="Bits of values that are stored in 16. [default: as in training]"
    ),
]
Output = Annotated[
    Path,
    typer.Option(
        "-o", "--output", metavar="FILE", help="mp4 or gif to look at, npy for the predicted numbers alone."
    ),
]
Start = Annotated[int, typer.Option("--start", min=0, help="First frame that the model sees.")]
FramesIn = Annotated[int | None, typer.Option("--frames-in", min=1, help="Frames seen. [default: as in training]")]
FramesOut = Annotated[
    int | None, typer.Option("--frames-out", min=1, help="Frames predicted. [default: as in training]")
]


def predict(
    checkpoint: Checkpoint,
    source: Source,
    output: Output,
    settings: Settings = None,
    start: Start = 0,
    frames_in: FramesIn = None,
    frames_out: FramesOut = None,
    bit_depth: BitDepth = None,
    device: Device = "auto",
    published: Published = None,
    force: Force = False,
    runs: Runs = None,
    trust: Trust = False,
    plugin: OwnPlugins = None,
) -> None:
    """Predict what comes next in a video.

    platform predict demo street.mp4 -o future.mp4 --frames-out 30

    Frames are taken and resized as in training; settings of the run that do not fit this source follow it, as
    data.KEY=VALUE. Pictures are written in the source's proportions and rate, at most 256 pixels high, with the
    truth on the left as far as there is one, above a bar that turns blue where the prediction begins. A video that
    is unlike the training clips gets a warning.
    """
    from framecast.command_line import display_path
    from framecast.data.own_output import OWN_OUTPUT
    from framecast.data.prediction_mark import mark_prediction
    from framecast.data.video_writer import FORMATS, write_array, write_video
    from framecast.errors import TrainingFailed
    from framecast.evaluation.likeness import differences, treatment
    from framecast.evaluation.prediction import predict as predicted
    from framecast.files import make_folder
    from framecast.launch.hardware import device_of

    validate_new_file(output, FORMATS, force)
    trained = find_model(checkpoint, published, runs, trust, plugin)
    subject = trained.with_settings(settings) if settings else trained
    subject.ensure_predicts_frames("prediction")
    seen, future = subject.lengths(frames_in, frames_out)
    try:
        found = predicted(subject, source, start, seen, future, bit_depth, device_of(device))
    except TrainingFailed as error:
        typer.echo(f"prediction failed: {error}", err=True)
        raise typer.Exit(1) from None
    for note in found.notes:
        typer.echo(one_line(f"{'warning: ' if note.warning else ''}{note.subject}: {note.text}"), err=True)
    make_folder(output.parent)
    if output.suffix == ".npy":
        write_array(output, found.future)
    else:
        write_video(output, mark_prediction(found.pictures(), seen), found.rate, OWN_OUTPUT)
    summary = f"{plural(seen, 'frame')} seen, {future} predicted"
    if len(found.truth) < future:
        summary += f", of which the source holds {len(found.truth)}"
    typer.echo(f"{display_path(output)}: {summary}")
    typer.echo(f"note: the model saw {treatment(subject, source, found)}", err=True)
    for difference in differences(trained, source, found):
        typer.echo(one_line(f"warning: {source.name} is unlike the training data: {difference}"), err=True)
