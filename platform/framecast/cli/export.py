"""`platform export CHECKPOINT`: a trained model as one file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from framecast.cli.model_options import find_model, validate_new_file
from framecast.cli.options import Force, OwnPlugins, Published, Runs, Trust
from framecast.cli.predict import Checkpoint, FramesIn, FramesOut
from framecast.counting import plural

Output = Annotated[
    Path,
    typer.Option(
        "-o", "--output", metavar="FILE", help="model.safetensors: weights and plan; model.pt2: a graph."
    ),
]


def export(
    checkpoint: Checkpoint,
    output: Output,
    frames_in: FramesIn = None,
    frames_out: FramesOut = None,
    published: Published = None,
    force: Force = False,
    runs: Runs = None,
    trust: Trust = False,
    plugin: OwnPlugins = None,
) -> None:
    """Write a trained model to one file.

    platform export demo -o model.safetensors

    model.safetensors is for framecast (evaluate, predict, framecast.load); model.pt2 is a torch.export graph of
    fixed lengths, which runs without framecast, checked to give the same outputs.
    """
    from framecast.command_line import display_path
    from framecast.errors import TrainingFailed
    from framecast.evaluation.export import FORMATS, export_graph, export_weights
    from framecast.files import make_folder
    from framecast.job.plan_file import PlanFile

    validate_new_file(output, FORMATS, force)
    subject = find_model(checkpoint, published, runs, trust, plugin)
    make_folder(output.parent)
    if output.suffix == ".safetensors":
        export_weights(subject, output)
        needs = PlanFile.read(subject.plan.to_exported_yaml()).needs
        named = f", trust='PATH of the plugin {needs[0]}'" if needs else ""
        load = f"framecast.load({display_path(output)!r}{named})"
        typer.echo(f"{display_path(output)}: weights and plan of {subject.label}; {load} reads it")
        return
    subject.ensure_predicts_frames("a graph")
    seen, future = subject.lengths(frames_in, frames_out)
    try:
        difference = export_graph(subject, output, seen, future)
    except TrainingFailed as error:
        typer.echo(f"export failed: {error}", err=True)
        raise typer.Exit(1) from None
    lengths = f"{plural(seen, 'frame')} to the next {future}"
    typer.echo(f"{display_path(output)}: {lengths}; outputs differ by {difference:.1g} at most")
