"""`platform doctor`: whether this machine, or a cluster, has what training needs."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from framecast.cli.options import Json
from framecast.errors import InputError
from framecast.json_text import to_json

if TYPE_CHECKING:
    from framecast.launch.doctor.check_result import CheckResult

Address = Annotated[
    str | None,
    typer.Option(
        "--address",
        metavar="auto|HOST:PORT",
        help="Check each node of the Ray cluster that this machine belongs to. [default: this machine only]",
    ),
]
Place = Annotated[
    str | None,
    typer.Option(
        "--storage",
        metavar="PATH_OR_URL",
        help="Where runs will be kept. [default: $FRAMECAST_RUNS or ./runs]",
    ),
]


def doctor(address: Address = None, storage: Place = None, as_json: Json = False) -> None:
    """Check this machine, or each node of a cluster, before training on it.

    platform doctor --address auto --storage /shared/runs

    Versions, GPUs, memory, storage, network, clocks and authentication; each with what to do where it is not fine.
    Exits with 1 where something would keep training from working.
    """
    from framecast.launch.capture_output import capture_output
    from framecast.launch.doctor.examination import examine

    if address and address != "auto" and not _is_host_and_port(address):
        message = "write auto, or HOST:PORT of the Ray that this machine belongs to"
        way_out = "from outside, log in to the head and run `platform doctor --address auto` there"
        raise InputError(f"--address {address}: {message}; {way_out}")
    named = storage or os.environ.get("FRAMECAST_RUNS")
    with capture_output(None):  # what torch, Ray and DeepSpeed say as they are imported
        findings = examine(address, named)
    bad = sum(each.level == "FAIL" for each in findings)
    if as_json:
        content = {"fine": not bad, "findings": [dataclasses.asdict(each) for each in findings]}
        typer.echo(to_json(content, indent=1))
    else:
        _print(findings)
    raise typer.Exit(1 if bad else 0)


def _print(findings: Sequence[CheckResult]) -> None:
    """A line for each; what is the same on several nodes is said once."""
    nodes: dict[CheckResult, list[str]] = {}
    for each in findings:
        nodes.setdefault(dataclasses.replace(each, node=""), []).append(each.node)
    everywhere = len({each.node for each in findings if each.node})
    width = max(len(each.subject) for each in findings)
    for each, where in nodes.items():
        named = [node for node in where if node]
        on = f"  [{', '.join(named)}]" if named and len(named) < everywhere else ""
        what_to_do = f" -> {each.remedy}" if each.remedy else ""
        typer.echo(f"{each.level:4}  {each.subject:{width}}  {each.message}{what_to_do}{on}")
    counts = {level: sum(each.level == level for each in nodes) for level in ("FAIL", "warn")}
    said = [f"{count} {level}" for level, count in counts.items() if count]
    typer.echo(f"\n{', '.join(said) or 'all fine'}")


def _is_host_and_port(text: str) -> bool:
    host, _, port = text.rpartition(":")
    return bool(host) and "/" not in text and port.isdigit()
