"""Options that several verbs share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

Plugins = Annotated[
    list[str] | None,
    typer.Option("-p", "--plugin", metavar="PLUGIN", help="A plugin: module or path; no:NAME switches one off."),
]
Runs = Annotated[
    str | None,
    typer.Option(
        "--runs",
        metavar="DIR",
        help="Folder or URL (s3://bucket/runs) of all runs. [default: $FRAMECAST_RUNS or ./runs]",
    ),
]
Address = Annotated[
    str | None,
    typer.Option(
        "--address",
        metavar="CLUSTER",
        help="A Ray cluster: http://HEAD:8265, a name from your list, or auto. [default: $RAY_ADDRESS]",
    ),
]
Trust = Annotated[
    bool,
    typer.Option("--trust", help="Import the plugins that the run's folder names, though another user wrote it."),
]
OwnPlugins = Annotated[
    list[str] | None,
    typer.Option(
        "-p",
        "--plugin",
        metavar="PLUGIN",
        help="A plugin that the model needs, by its path or module: your own copy.",
    ),
]
Detach = Annotated[bool, typer.Option("--detach", help="Return at once; the run goes on.")]
ShipPackage = Annotated[
    bool, typer.Option("--ship-package", help="Send this Framecast along, for a cluster without it.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
InProcess = Annotated[bool, typer.Option("--in-process", help="Train in this process, without Ray.")]
Run = Annotated[
    str,
    typer.Argument(
        metavar="RUN",
        help="A path, an id, the beginning of one, or a job's name (its newest); 'SEARCH#best' or 'SEARCH#3'.",
    ),
]
Overrides = Annotated[
    list[str] | None, typer.Argument(metavar="KEY=VALUE", help="Settings that replace the job's.")
]
Device = Annotated[
    Literal["auto", "cpu", "cuda"],
    typer.Option("--device", help="Where to compute; auto takes the GPU where there is one."),
]
Force = Annotated[bool, typer.Option("--force", help="Replace files that are there already.")]
Published = Annotated[
    Path | None,
    typer.Option("--published", metavar="FILE", help="A checkpoint that the model's authors published."),
]
