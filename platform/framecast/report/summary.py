"""The beginning of the page: what was run, when, on what, how it stands and what it cost."""

from __future__ import annotations

import time
from typing import NamedTuple

from framecast.counting import plural
from framecast.report.numbers import duration, hours, percent, score
from framecast.report.palette import in_words
from framecast.report.record import Record
from framecast.report.table import Column, Table, words


class Figure(NamedTuple):
    """A number to be read first."""

    value: str
    label: str
    note: str = ""


class Fact(NamedTuple):
    name: str
    value: str


def headline(record: Record) -> str:
    """One sentence: what learned what."""
    horizon = ""
    if record.plan.horizon:
        seen, predicted = record.plan.horizon
        horizon = f", from {plural(seen, 'frame')} to the next {predicted}"
    if record.plan.readings:
        horizon = f", predicted after {' and '.join(map(percent, record.plan.readings))} of each clip"
    return f"{record.plan.model.name} on {record.plan.data.name}{horizon}"


def figures(record: Record) -> list[Figure]:
    """Score, progress, size, time and cost, as far as they are known."""
    found = []
    main, best, started = record.main, record.best, record.started
    if best and main.key in best.metrics:
        levels = {
            name: event.metrics[main.key] for name, event in record.baselines.items() if main.key in event.metrics
        }
        which = "the newest" if record.status.best_step is None else f"best by {record.status.monitor}"
        protocol = f"; {main.protocol} protocol" if main.protocol else ""
        note = f"step {best.step:,}, {which}{protocol}"
        rival = next((name for name, level in levels.items() if level == main.best(levels.values())), None)
        if rival:
            note += f"; {in_words(rival)} has {score(levels[rival])}"
        better = "higher" if main.direction == "max" else "lower"
        found.append(Figure(score(best.metrics[main.key]), f"{main.name}, {better} is better", note))
    if started:
        epochs = record.status.step / max(1, started.steps_per_epoch)
        found.append(
            Figure(
                f"{record.status.step:,}",
                f"of {plural(started.total_steps, 'step')}",
                f"{epochs:.3g} {'epoch' if epochs == 1 else 'epochs'}",
            )
        )
        found.append(Figure(f"{started.parameters:,}", "parameter" if started.parameters == 1 else "parameters"))
        attempts = len(record.attempts)
        found.append(
            Figure(duration(record.wall_seconds), "wall time", plural(attempts, "attempt") if attempts > 1 else "")
        )
        found.append(Figure(hours(record.device_hours), record.device_hours_unit))
    return found


def facts(record: Record) -> list[Fact]:
    """When, where and with what."""
    plan, started, environment = record.plan, record.started, record.environment
    shape = plan.sample_shape
    found = [
        Fact("Frames", f"{shape.width} × {shape.height} pixels, {plural(shape.channels, 'channel')}"),
    ]
    if macs := plan.file.cost.get("macs"):
        found.append(Fact("Multiply-accumulates", f"{macs:,} per frame of one clip"))
    if record.attempts:
        found.append(Fact("Begun", _date(record.attempts[0].started.time)))
        found.append(Fact("Last word", _date(record.raw[-1].time)))
    if started:
        machine = f"{plural(started.workers, 'worker')}, {started.device}, {started.precision}, {started.strategy}"
        found.append(Fact("Ran on", machine))
    cores = environment.get("cpu_cores")
    place = [environment.get("cpu", ""), f"{cores} CPU cores" if cores else "", environment.get("platform", "")]
    found.append(Fact("Machine", ", ".join(str(part) for part in place if part) or "not noted"))
    versions = {"python": environment.get("python"), **environment.get("packages", {})}
    noted = ", ".join(f"{name} {version}" for name, version in versions.items() if version)
    found.append(Fact("Versions", noted or "not noted"))
    training = plan.job.get("training")
    if isinstance(training, dict):
        found.append(Fact("Training", f"batches of {training.get('batch_size')}, seed {training.get('seed')}"))
    return found


def plugin_table(record: Record) -> Table:
    """Each plugin that took part, with its version and what it gave."""
    columns = [Column(title, words=True) for title in ("plugin", "version", "gives")]
    rows = []
    for source in record.plan.file.sources:
        gives = ", ".join(record.plan.gives(source)) or "–"
        rows.append(words(source.name, source.version or "–", gives))
    return Table(columns, rows)


def data_table(record: Record) -> Table | None:
    """What the splits hold."""
    if not record.data:
        return None
    rows = [
        words(
            each.split,
            f"{each.clips:,}",
            "–" if each.sequences is None else f"{each.sequences:,}",
            f"{each.skipped:,}",
        )
        for each in record.data
    ]
    return Table([Column("split", words=True), Column("clips"), Column("sequences"), Column("left out")], rows)


def _date(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(seconds))
