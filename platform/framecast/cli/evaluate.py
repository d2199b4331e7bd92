"""`platform evaluate RUN...`: how good models are, on which clips, by which protocol."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from framecast.cli.evaluation_progress import evaluation_progress
from framecast.cli.options import Device, Force, Json, OwnPlugins, Published, Runs, Trust
from framecast.cli.table import table
from framecast.counting import named_count, plural
from framecast.errors import InputError, Problem
from framecast.json_text import to_json

if TYPE_CHECKING:
    from framecast.evaluation.evaluation_target import EvaluationTarget

Targets = Annotated[
    list[str],
    typer.Argument(
        metavar="RUN... [KEY=VALUE]...",
        help="Runs, checkpoints, exported files; a job file with --published; then settings for all.",
    ),
]
Split = Annotated[Literal["train", "validation", "test"], typer.Option("--split", help="Which clips.")]
Metrics = Annotated[
    str | None, typer.Option("--metrics", metavar="A,B", help="Which metrics. [default: those of the run]")
]
Protocol = Annotated[
    str | None,
    typer.Option(
        "--protocol",
        metavar="NAME",
        help="How metrics are computed; `platform explain metrics.protocol` names all.",
    ),
]
Output = Annotated[
    Path | None,
    typer.Option("-o", "--output", metavar="DIR", help="Where the files go. [default: the run's folder, or .]"),
]


def evaluate(
    targets: Targets,
    split: Split = "test",
    metrics: Metrics = None,
    protocol: Protocol = None,
    published: Published = None,
    output: Output = None,
    device: Device = "auto",
    force: Force = False,
    as_json: Json = False,
    runs: Runs = None,
    trust: Trust = False,
    plugin: OwnPlugins = None,
) -> None:
    """Score models on a split of their data.

    With the task's baselines, and 95 % intervals over videos, persons or blocks of time:

    platform evaluate demo --split validation

    Several runs are scored on the same clips, side by side. compute.workers=4 shares the work out through Ray;
    task.KEY=VALUE and data.KEY=VALUE change what is predicted and on which clips (`platform explain task`).

    Writes evaluation-[RUNS-]SPLIT-HORIZON-PROTOCOL-DIGEST.json, .csv (curves) and -clips.csv. The digest is of
    checkpoints, data, task and metrics: another evaluation has another name, the same one needs --force.
    """
    from framecast.cluster.chosen_address import confirm_overrides
    from framecast.command_line import display_path
    from framecast.errors import TrainingFailed
    from framecast.evaluation.result import Result
    from framecast.files import validate_output
    from framecast.job.readiness import ensure_ready
    from framecast.launch.evaluate import evaluate as evaluated
    from framecast.launch.evaluate import validate_comparable
    from framecast.runs.remote_run import is_copy

    named = [target for target in targets if "=" not in target]
    overrides = [target for target in targets if "=" in target]
    confirm_overrides(overrides)
    if not named:
        raise InputError("name a run, a checkpoint or an exported file; `platform list` shows runs")
    subjects, left_out = _subjects(named, overrides, metrics, protocol, published, runs, trust, plugin or [])
    folder = output or (subjects[0].run.path if subjects[0].run and len(subjects) == 1 else Path())
    validate_comparable(subjects)
    name = Result.name_of(split, subjects)
    if not force:
        Result.ensure_not_overwritten(folder, name)
    validate_output(Result.files(folder, name)[0], "--output DIR writes elsewhere")
    try:
        ensure_ready(subjects[0].plan, callbacks=False)
    except InputError as error:
        if subjects[0].run is None or not is_copy(subjects[0].run):
            raise
        key = subjects[0].plan.data.declaration.folder_setting or "KEY"
        hint = f"the run was trained on a cluster: name the place of its data on this machine: data.{key}=PATH"
        raise InputError([*error.problems, Problem(hint)]) from None
    plan = subjects[0].plan
    models = len(subjects) + len(plan.other_baselines)
    try:
        shown = partial(evaluation_progress, models, as_json)
        result, not_written = evaluated(subjects, split, folder, shown, device)
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    except TrainingFailed as error:
        typer.echo(f"evaluation failed: {error}", err=True)
        raise typer.Exit(1) from None
    if as_json:
        typer.echo(to_json(result.content, indent=1))
    else:
        _print(result.content)
    if not_written:
        typer.echo(f"the scores could not be written to {folder}: {not_written}", err=True)
        raise typer.Exit(1)
    if as_json:
        return
    if left_out:
        typer.echo(f"left out, since protocol {protocol} does not define them: {', '.join(left_out)}")
    typer.echo("written: " + ", ".join(display_path(file) for file in Result.files(folder, result.name)))


def _subjects(
    named: list[str],
    overrides: list[str],
    metrics: str | None,
    protocol: str | None,
    published: Path | None,
    runs: str | None,
    trusted: bool,
    plugins: list[str],
) -> tuple[list[EvaluationTarget], list[str]]:
    """What is evaluated, with the metrics chosen; and the metrics that the protocol leaves out."""
    from framecast.cli.fetch import brought_here
    from framecast.evaluation.evaluation_target import find_subject, published_subject
    from framecast.evaluation.metrics_choice import chosen_metrics
    from framecast.registry.registry import Registry
    from framecast.runs.roots import runs_root

    here = [brought_here(text, runs) for text in named] if published is None else []

    def subjects(overrides: list[str]) -> list[EvaluationTarget]:
        if published is not None:
            return [published_subject(published, named[0], overrides)]
        return [find_subject(text, runs_root(runs), overrides, trusted, plugins) for text in here]

    plan = subjects(overrides)[0].plan
    own: list[dict[str, Any]] = [part.to_dict() for part in plan.metrics]
    listed = [name.strip() for name in metrics.split(",")] if metrics else None
    registry = Registry.discover(plugins)
    registry.add(*plan.sources)
    sections, left_out = chosen_metrics(listed, own, protocol, registry)
    return subjects([*overrides, f"metrics={to_json(sections)}", "checkpoints.monitor=validation/loss"]), left_out


def _print(content: dict[str, Any]) -> None:
    from framecast.report.measured import intervals_in_words

    horizon = (
        f", {plural(content['frames_in'], 'frame')} in, {content['frames_out']} out"
        if content["frames_in"]
        else ""
    )
    typer.echo(
        f"{content['clips']:,} {content['split']} clips of {content['data']['name']}{horizon}; 95 % intervals"
    )
    for note in content["notes"]:
        typer.echo(note)
    typer.echo(intervals_in_words(content))
    names = list(content["protocols"])
    notes = [", ".join(filter(None, (content["protocols"][name], content["units"][name]))) for name in names]
    header = [f"{name} ({note})" if note else name for name, note in zip(names, notes, strict=True)]
    table(
        ["", *header],
        [[row["label"], *(_interval(row["metrics"][name]) for name in names)] for row in content["rows"]],
    )
    models = [row for row in content["rows"] if row["label"] != row["model"]]
    for row in models[1:]:
        differences = ", ".join(
            f"{name} {low:+.3g} to {high:+.3g}"
            for name, (low, high) in row["difference_from_first"].items()
            if name in names and low is not None
        )
        if differences:
            typer.echo(f"{row['label']} less {models[0]['label']}, on the same clips: {differences}")
    for row in content["rows"]:
        for name, counts in row["counts"].items():
            for what, count in counts.items():
                if count:
                    typer.echo(f"{row['label']}: {named_count(count, what)} in {name}")


def _interval(metric: dict[str, float | None]) -> str:
    if metric["value"] is None:
        return "not a number"
    if metric["low"] is None or metric["high"] is None:
        return f"{metric['value']:.5g}"
    return f"{metric['value']:.5g} [{metric['low']:.4g}, {metric['high']:.4g}]"
