"""report.html: one self-contained page, made from the run folder alone, at any time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from framecast.bounded.limit import YAML_BYTES
from framecast.bounded.regular_file import read_text
from framecast.errors import InputError, without_credentials
from framecast.files import validate_no_links, write_atomically
from framecast.report.curves import horizon_curves, learning_curves, optimizer_curves, time_curves
from framecast.report.filmstrip import filmstrips
from framecast.report.history import history_table
from framecast.report.layout import rendered
from framecast.report.measured import Measured
from framecast.report.published import Published
from framecast.report.recognition import Recognition
from framecast.report.record import Record
from framecast.report.score_tables import horizon_tables, score_table
from framecast.report.step_tables import evaluation_table, step_table, time_table
from framecast.report.summary import data_table, facts, figures, headline, plugin_table
from framecast.runs.run_folder import RunFolder
from framecast.runs.status import Status


def write_report(run: RunFolder, file: Path | None = None) -> Status:
    """Writes the run's page to `file`, else to its report.html, and returns how the run stands."""
    record = Record.of(run)
    write_atomically(file or run.report, _render(record))
    return record.status


def render_report(run: RunFolder) -> str:
    """The run's page."""
    return _render(Record.of(run))


def _render(record: Record) -> str:
    run = record.run
    return rendered("page.html.j2", f"{run.name} · {run.id}", "the run's folder", _content(record))


def _content(record: Record) -> dict[str, Any]:
    run = record.run
    return {
        "record": record,
        "headline": headline(record),
        "figures": figures(record),
        "scores": score_table(record),
        "published": Published.of(record),
        "measured": [Measured.of(content) for content in record.measured],
        "recognition": Recognition.of(record),
        "filmstrips": filmstrips(record.clips) if record.clips else [],
        "horizon": horizon_curves(record, "frames"),
        "horizon_tables": horizon_tables(record, "frames"),
        "learning": learning_curves(record),
        "learning_tables": [table for table in (evaluation_table(record), step_table(record)) if table],
        "machine": [*optimizer_curves(record), *time_curves(record)],
        "time_table": time_table(record),
        "history": history_table(record),
        "facts": facts(record),
        "data": data_table(record),
        "plugins": plugin_table(record),
        "job": _text(run.job, run.path),
        "plan_text": _text(run.plan, run.path),
        "plan_note": record.plan.note,
    }


def _text(file: Path, top: Path) -> str:
    """A text of the run's folder, `top`, as it is shown; why it cannot be, in its place.

    A link is refused: a page that is passed on must not hold another file of its reader.
    """
    try:
        validate_no_links(file, top)
        return without_credentials(read_text(file, YAML_BYTES, errors="replace"))
    except FileNotFoundError:  # handled: a folder that holds no job, whose page shows none
        return ""
    except InputError as error:
        return str(error)
