"""How consoles are made here: what users, files and plugins named is shown as it is, never read as markup."""

from __future__ import annotations

from collections.abc import Sequence
from typing import IO, Any, cast

from rich.console import Console
from rich.progress import Progress, ProgressColumn
from rich.text import Text

from framecast.launch.output import undressed
from framecast.plain_text import plain

Part = str | tuple[str, str]
"""A piece of a line: its text, or its text and its style."""


def console_on(stream: object, **options: Any) -> Console:
    """A console whose texts hold no markup and no emoji codes: `x [/a].mp4`, `:smile:` are shown as they are."""
    file = cast(IO[str], undressed(stream))
    return Console(file=file, markup=False, emoji=False, highlight=False, soft_wrap=True, **options)


def progress_on(console: Console, *columns: ProgressColumn) -> Progress:
    """A progress line, drawn on terminals only and removed at its end. What libraries print belongs into the logs,
    and is left alone."""
    return Progress(
        *columns,
        console=console,
        transient=True,
        disable=not console.is_terminal,
        redirect_stdout=False,
        redirect_stderr=False,
    )


def fill(items: Sequence[Part], width: int | None, indent: int) -> list[Text]:
    """Items in lines of at most `width` characters, None for one line; two blanks between them, and none broken.
    Lines after the first are indented."""
    lines: list[Text] = []
    for item in map(line_of, items):
        if lines and (width is None or lines[-1].cell_len + 2 + item.cell_len <= width):
            lines[-1].append("  ")
            lines[-1].append_text(item)
        else:
            lines.append(Text(" " * indent if lines else "").append_text(item))
    return lines


def line_of(*parts: Part) -> Text:
    """A line for such a console. Control characters are spelled out."""
    text = Text()
    for part in parts:
        words, style = (part, "") if isinstance(part, str) else part
        text.append(plain(words), style)
    return text
