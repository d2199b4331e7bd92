"""`platform data`: prepares raw files, and shows what is in a data set."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from framecast.cli.options import Json, Plugins
from framecast.cli.table import table
from framecast.cli.verbs import Verbs
from framecast.counting import plural
from framecast.errors import InputError
from framecast.json_text import to_json

if TYPE_CHECKING:
    from framecast.job.plugin_config import PluginConfig
    from framecast.plugin.data_note import DataNote
    from framecast.plugin.declarations import Dataset
    from framecast.plugin.protocols.clip_dataset import ClipDataset

app = typer.Typer(
    cls=Verbs,
    help="Prepare raw files, and see what they hold.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Name = Annotated[
    str,
    typer.Argument(metavar="NAME", help="A data set; or a job file, whose data section is taken."),
]
Settings = Annotated[
    list[str] | None,
    typer.Argument(metavar="KEY=VALUE", help="Settings of the data set, as KEY=VALUE or data.KEY=VALUE."),
]
Root = Annotated[
    str | None,
    typer.Option("--root", metavar="DIR", help="Where the files are: the data set's first path setting."),
]
Frames = Annotated[
    int | None, typer.Option("--frames", min=1, help="Length of the clips. [default: the job's, or 20]")
]
Picture = Annotated[
    Path | None,
    typer.Option(
        "-o", "--picture", metavar="FILE", help="Where the contact sheet goes. [default: ./NAME-contact-sheet.png]"
    ),
]
_SHOWN = 20


@app.command("prepare")
def prepare(
    name: Name, settings: Settings = None, root: Root = None, as_json: Json = False, plugin: Plugins = None
) -> None:
    """Prepare raw files: check each, decode it once, write a store that training reads fast.

    platform data prepare my_videos --root data/my_videos

    Interrupted, the same command continues. Files that cannot be used are listed, not fatal.
    """
    part, _ = _chosen(name, settings, root, plugin)
    if part.declaration.prepare is None:
        typer.echo(f"{part.name} needs no preparation: its clips are made or read as they are")
        return
    try:
        with _Bar() as progress:
            prepared = part.declaration.prepare(part.settings, progress)
    except KeyboardInterrupt:
        typer.echo("stopped; the same command continues from here", err=True)
        raise typer.Exit(130) from None
    if as_json:
        notes = [note._asdict() for note in prepared.notes]
        found = {"place": str(prepared.place), **prepared.summary, "skipped": prepared.skipped, "notes": notes}
        typer.echo(to_json(found, indent=1))
        return
    table([part.name, str(prepared.place)], [[what, _counted(value)] for what, value in prepared.summary.items()])
    _print_notes(prepared.notes)
    if prepared.skipped:
        typer.echo(f"\n{len(prepared.skipped)} left out:")
    for source, why in prepared.skipped[:_SHOWN]:
        typer.echo(f"  {source}: {why}")
    if len(prepared.skipped) > _SHOWN:
        typer.echo(f"  and {len(prepared.skipped) - _SHOWN} more; --json names all")


@app.command("info")
def info(
    name: Name,
    settings: Settings = None,
    root: Root = None,
    frames: Frames = None,
    picture: Picture = None,
    as_json: Json = False,
    plugin: Plugins = None,
) -> None:
    """Show what a data set holds: clips of each split, their shape, and a picture of some of them.

    platform data info job.yaml
    """
    part, of_job = _chosen(name, settings, root, plugin)
    length = frames or of_job or 20
    if part.declaration.ready:
        part.declaration.ready(part.settings)
    from framecast.data.own_output import CONTACT_SHEET
    from framecast.files import validate_output, write_atomically
    from framecast.report.contact_sheet import contact_sheet

    file = picture or Path(f"{part.name}{CONTACT_SHEET}")
    validate_output(file, "--picture FILE writes elsewhere")

    shape = part.declaration.sample_shape(part.settings, length)
    splits: dict[str, ClipDataset] = {}
    for split in ("train", "validation", "test"):
        try:
            splits[split] = part.build(split, length)
        except InputError as error:
            typer.echo(f"{split}: {error}", err=True)
    rows = [
        {
            "split": split,
            "clips": len(data),
            "sequences": data.sequences,
            "skipped": len(data.skipped),
        }
        for split, data in splits.items()
    ]
    notes = list(dict.fromkeys(note for data in splits.values() for note in data.notes))
    sheet = contact_sheet(splits, part.declaration.value_range(part.settings), part.declaration.colours)
    if sheet:
        write_atomically(file, sheet)
    if as_json:
        found = {
            "name": part.name,
            "frames": shape.frames,
            "channels": shape.channels,
            "height": shape.height,
            "width": shape.width,
            "splits": rows,
            "notes": [note._asdict() for note in notes],
            "picture": str(file) if sheet else None,
        }
        typer.echo(to_json(found, indent=1))
        return
    size = f"{plural(shape.channels, 'channel')}, {shape.height} x {shape.width} pixels"
    typer.echo(f"{part.name}: clips of {plural(shape.frames, 'frame')}, {size}")
    table(["split", "clips", "sequences", "skipped"], [list(row.values()) for row in rows])
    _print_notes(notes)
    if sheet:
        typer.echo(f"contact sheet: {file}")


def _chosen(
    name: str, settings: list[str] | None, root: str | None, plugins: list[str] | None
) -> tuple[PluginConfig[Dataset[Any]], int | None]:
    """The data set with its settings, and the length of the job's clips where a job was named."""
    from framecast.job.data_section import data_of_job, data_part

    given = [each.removeprefix("data.") for each in settings or []]
    if Path(name).suffix in (".yaml", ".yml"):
        return data_of_job(Path(name), given, plugins or [], root)
    return data_part(name, given, plugins or [], root), None


def _print_notes(notes: Sequence[DataNote]) -> None:
    """What reading found and assumed, a line each; what is probably a mistake comes last."""
    for note in sorted(notes, key=lambda note: note.warning):
        typer.echo(f"{'warning: ' if note.warning else ''}{note.subject}: {note.text}")


def _counted(value: str | int | float) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


class _Bar:
    """A progress bar on a terminal, nothing elsewhere; called with what is done and all there is."""

    def __enter__(self) -> _Bar:
        import sys

        from framecast.report.rich_console import console_on, progress_on

        self._progress = progress_on(console_on(sys.stderr))
        self._task = self._progress.add_task("preparing", total=None)
        self._progress.start()
        return self

    def __call__(self, done: int, total: int) -> None:
        self._progress.update(self._task, completed=done, total=total)

    def __exit__(self, *exception: object) -> None:
        self._progress.stop()
