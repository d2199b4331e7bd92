"""Makes the pages that follow from the code: the front page from the README, and everything below reference/.

MkDocs calls `on_files` and `on_page_markdown`; `pages` is also what tests look at.
"""

from __future__ import annotations

import ast
import dataclasses
import inspect
import itertools
import logging
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import typer
from typer.main import get_command

import framecast
from framecast.bounded.limit import LIMITS
from framecast.cli.app import app
from framecast.job.job import Job
from framecast.job.reference import Explained, settings_table
from framecast.plugin import events, hooks
from framecast.plugin.kinds import KINDS
from framecast.plugin.logged_value import LoggedValue
from framecast.registry.registry import Registered, Registry

ROOT = Path(__file__).resolve().parents[1]
PROTOCOLS = (
    "VideoModel",
    "RecognitionModel",
    "ClipDataset",
    "MapStyleDataset",
    "StreamingMetric",
    "MetricAccumulator",
    "TrainingTask",
    "RunCallback",
    "RunContext",
)
LIMITS_FILE = "platform/framecast/bounded/limit.py"
log = logging.getLogger("mkdocs.hooks.reference")


def pages() -> dict[str, str]:
    """Every generated page by its path within the site."""
    return {
        "index.md": (ROOT / "README.md").read_text().replace("](docs/", "]("),
        "security.md": security_page(),
        "reference/job.md": job_page(),
        "reference/commands.md": commands_page(),
        "reference/plugins.md": plugins_page(),
        "reference/hooks.md": hooks_page(),
        "reference/protocols.md": protocols_page(),
        "reference/events.md": events_page(),
        "reference/limits.md": limits_page(),
    }


def security_page() -> str:
    """SECURITY.md with its links as the site has them."""
    text = (ROOT / "SECURITY.md").read_text()
    return text.replace(f"]({LIMITS_FILE})", "](reference/limits.md)").replace("](docs/", "](")


def job_page() -> str:
    """Every key of the job file that does not belong to a plugin."""
    text = "# The job file\n\n" + paragraph(Job.__doc__) + "\n\n"
    text += (
        "Keys of `task`, `model`, `data`, `metrics` and `callbacks` are those of their [plugins](plugins.md).\n\n"
    )
    return text + keys_table(settings_table(Job))


def commands_page() -> str:
    """Every command with its arguments and options, as `--help` has them."""
    text = "# Commands\n\nExit codes: 0 done, 1 failed, 2 wrong input, 130 and 143 interrupted and resumable.\n\n"
    for name, command in commands():
        text += f"## {name}\n\n{literal(command.help or '')}\n\n"
        rows = [(option_name(each), getattr(each, "help", "") or "") for each in command.params]
        rows = [row for row, each in zip(rows, command.params, strict=True) if not getattr(each, "hidden", False)]
        text += table(("argument or option", "what it does"), rows) + "\n"
    return text


def plugins_page() -> str:
    """Every declaration that comes with Framecast, with its settings."""
    text = "# Models, data sets, metrics, tasks and callbacks\n\n"
    text += "What is installed with Framecast. `platform plugins info NAME` says the same of your own plugins.\n\n"
    for kind in KINDS:
        text += f"## {kind}\n\n"
        for entry in declarations(kind):
            text += (
                f"### {entry.declaration.name}\n\n{entry.declaration.summary}. From `{entry.source.module}`.\n\n"
            )
            for each in getattr(entry.declaration, "constraints", ()):
                text += f"- `{each.expression}`: {each.because}\n"
            rows = settings_table(entry.declaration.settings)
            text += "\n" + (keys_table(rows) if rows else "No settings.\n\n")
    return text


def hooks_page() -> str:
    """Every hook, and what the declarations it yields can say."""
    text = (
        "# Hooks\n\n"
        + "A plugin is a module with one or more of these functions, marked `@framecast.hookimpl`.\n\n"
    )
    for kind in KINDS.values():
        declaration = kind.declaration
        said = paragraph(getattr(hooks, kind.hook).__doc__)
        text += f"## {kind.hook}\n\n{said} Yields `framecast.{declaration.__name__}`. "
        text += f"Entry-point group: `{kind.group}`.\n\n"
        text += literal(inspect.getdoc(declaration) or "") + "\n\n"
        fields = ", ".join(f"`{each.name}`" for each in dataclasses.fields(declaration))
        text += f"Fields: {fields}.\n\n"
    fields = ", ".join(f"`{each.name}`" for each in dataclasses.fields(LoggedValue))
    text += f"## LoggedValue\n\n{literal(inspect.getdoc(LoggedValue) or '')}\n\nFields: {fields}.\n\n"
    return text


def protocols_page() -> str:
    """What the `build` of each kind returns: the methods and attributes of protocols and base classes."""
    text = "# Protocols\n\nWhat the `build` of each declaration returns, and what callbacks receive.\n\n"
    for name in PROTOCOLS:
        protocol = getattr(framecast, name)
        text += f"## framecast.{name}\n\n{literal(inspect.getdoc(protocol) or '')}\n\n"
        for member, value in vars(protocol).items():
            function = value.fget if isinstance(value, property) else value
            if inspect.isfunction(function) and function.__doc__:
                signature = str(inspect.signature(function)).replace("'", "")  # annotations are texts
                head = f"def {member}{signature}"
                if function is not value:  # a property
                    head = f"{member}: {signature.rpartition('-> ')[2]}"
                said = f"{head}\n\n{inspect.getdoc(function)}"
                text += f"### `{name}.{member}`\n\n{literal(said)}\n\n"
        if rows := attributes(protocol):
            text += table(("attribute", "meaning"), rows) + "\n"
    return text


def attributes(protocol: type) -> list[tuple[str, str]]:
    """(name, docstring) of the annotated attributes of a class, as its source has them."""
    (body,) = ast.parse(inspect.getsource(protocol)).body
    assert isinstance(body, ast.ClassDef)
    return [
        (f"`{field.target.id}`", " ".join(text.value.value.split()))
        for field, text in itertools.pairwise(body.body)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant)
    ]


def limits_page() -> str:
    rows = "\n".join(f"| `{limit.variable}` | {limit} | {limit.meaning} |" for limit in LIMITS)
    return f"""# Limits

What exceeds one of these is refused with an error that names the limit. An environment variable of that name
replaces it in the processes that see it: a whole number, after which K, M, G or T (powers of 1024) may stand.

    FRAMECAST_LIMIT_FRAME_PIXELS=128M platform data prepare video_folder --root scans

A file of a data set that is beyond a limit is left out and listed, and the rest is prepared.

| variable | usual value | what it limits |
|---|---|---|
{rows}
"""


def events_page() -> str:
    """Every event of a run, at its place in the loop."""
    text = f"# Events\n\n{literal(inspect.getdoc(events) or '')}\n\n"
    for event in events.Event.__subclasses__():
        fields = ", ".join(f"`{field.name}`" for field in dataclasses.fields(event) if field.name != "time")
        text += f"## {event.__name__}\n\n{paragraph(event.__doc__)}\n\nFields: {fields}, `time`.\n\n"
    causes = ", ".join(f"`{cause.name}`" for cause in framecast.Cause)
    return f"{text}## Cause\n\n`framecast.Cause`, the `cause` of an event that ends a run or a search: {causes}.\n"


def commands() -> Iterable[tuple[str, Any]]:
    """(name, command) of every verb, those of groups with the group's name before theirs."""
    for name, command in get_command(app).commands.items():  # type: ignore[attr-defined]
        if hasattr(command, "commands"):
            yield from ((f"platform {name} {inner}", each) for inner, each in command.commands.items())
        else:
            yield f"platform {name}", command


def declarations(kind: str) -> list[Registered]:
    return Registry.discover().known(kind)


def option_name(parameter: typer.core.TyperArgument | typer.core.TyperOption) -> str:
    if parameter.param_type_name == "argument":
        return f"`{(parameter.metavar or parameter.name or '').strip('[]')}`"
    return ", ".join(f"`{name}`" for name in parameter.opts)


def keys_table(rows: Iterable[Explained]) -> str:
    found = [(f"`{row.key}`", row.type.replace("|", "\\|"), f"`{row.default}`", meaning(row)) for row in rows]
    return table(("key", "type", "default", "meaning"), found) + "\n"


def meaning(row: Explained) -> str:
    """What a key means, and each of its choices, a line each."""
    return "<br>".join([row.text, *(f"`{each.value}`: {each.text}" for each in row.choices if each.text)])


def table(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [header, tuple("---" for _ in header), *rows]
    return "".join("| " + " | ".join(cell.replace("\n", " ") for cell in line) + " |\n" for line in lines)


def paragraph(text: str | None) -> str:
    return " ".join((text or "").split())


def literal(text: str) -> str:
    """Text whose lines stay as they are."""
    return f"```text\n{inspect.cleandoc(text)}\n```"


def on_files(files: Any, config: Any) -> Any:
    """MkDocs: adds the generated pages."""
    from mkdocs.structure.files import File

    for path, content in pages().items():
        files.append(File.generated(config, path, content=content))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any) -> str:
    """MkDocs: links to files of the repository that are no pages become their names; broken ones fail."""
    folder = Path(page.file.src_uri).parent
    known = {file.src_uri for file in files}

    def named(match: re.Match[str]) -> str:
        text, target = match[1], match[2]
        if re.match(r"https?:|#|mailto:", target) or str(folder / target.partition("#")[0]) in known:
            return match[0]
        file = (ROOT / "docs" / folder / target) if target.startswith("../") else ROOT / target
        if not file.exists():
            log.warning("%s: no such file: %s", page.file.src_uri, target)
        return text if text in target else f"{text} (`{target.replace('../', '')}`)"

    return re.sub(r"(?<!!)\[([^\]]+)\]\(([^)]+)\)", named, markdown)
