"""How verbs are listed, and what is answered where a verb or an option is none."""

from __future__ import annotations

import difflib
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from framecast.command_line import command

OTHER_WORDS: dict[str, str] = {
    **dict.fromkeys(("train", "run", "start", "fit", "launch"), "submit trains a job: platform submit JOB"),
    **dict.fromkeys(("search", "sweep", "tune"), "a job with a search: section searches: platform submit JOB"),
    **dict.fromkeys(("continue", "restart"), "resume continues a run: platform resume RUN"),
    **dict.fromkeys(("kill", "cancel", "abort", "pause"), "stop ends a run after a checkpoint: platform stop RUN"),
    **dict.fromkeys(("ls", "runs", "ps", "jobs", "history"), "list shows all runs: platform list"),
    **dict.fromkeys(
        ("show", "info", "describe", "state"), "status shows a run, report writes its pages: platform status RUN"
    ),
    **dict.fromkeys(("tail", "log", "follow", "watch"), "logs shows what a run prints: platform logs -f RUN"),
    **dict.fromkeys(("compare", "diff"), "report compares runs: platform report RUN RUN"),
    **dict.fromkeys(("view", "plot", "dashboard", "html"), "report writes a run's pages: platform report RUN"),
    **dict.fromkeys(
        ("test", "eval", "score", "validate", "benchmark"), "evaluate scores a run: platform evaluate RUN"
    ),
    **dict.fromkeys(
        ("infer", "inference", "generate", "sample", "forecast"),
        "predict continues a video: platform predict RUN VIDEO -o FILE",
    ),
    **dict.fromkeys(("convert", "save", "onnx"), "export writes a model to a file: platform export RUN -o FILE"),
    **dict.fromkeys(
        ("clean", "rm", "remove", "delete", "prune"),
        "runs are folders, listed by platform list; delete the folder of one that is not needed",
    ),
    **dict.fromkeys(("config", "settings", "keys", "docs"), "explain shows what a job can set: platform explain"),
    **dict.fromkeys(("check", "diagnose", "env"), "doctor checks this machine: platform doctor"),
    **dict.fromkeys(
        ("prepare", "download", "preprocess"),
        "data prepare makes a store of raw files: platform data prepare NAME",
    ),
    **dict.fromkeys(
        ("models", "datasets", "metrics", "callbacks", "tasks", "plugin"),
        "plugins lists what is installed: platform plugins list",
    ),
    **dict.fromkeys(
        ("new", "create", "init"), "plugins new begins a plugin: platform plugins new NAME --kind model"
    ),
    "help": "platform --help lists all verbs, platform VERB --help explains one",
    "version": "platform --version",
}
"""What users of other programs look for, and what to use here."""

OTHER_WORDS_OF_GROUPS: dict[str, dict[str, str]] = {
    "plugins": {
        **dict.fromkeys(("ls", "show-all", "all"), "list shows all: platform plugins list"),
        **dict.fromkeys(("show", "describe", "explain"), "info shows one: platform plugins info NAME"),
        **dict.fromkeys(("create", "init", "add"), "new begins a plugin: platform plugins new NAME --kind model"),
        **dict.fromkeys(("test", "validate"), "check tests a plugin: platform plugins check PATH_OR_NAME"),
        **dict.fromkeys(("install", "remove", "uninstall"), "plugins are packages: pip install or uninstall them"),
    },
    "data": {
        **dict.fromkeys(("list", "ls"), "the data sets are among the plugins: platform plugins list"),
        **dict.fromkeys(("show", "describe", "check", "stats"), "info shows a data set: platform data info NAME"),
        **dict.fromkeys(
            ("download", "fetch", "build", "make", "preprocess"),
            "prepare makes a store of raw files: platform data prepare NAME",
        ),
    },
}

_LONGEST = 1000  # short help is never cut: it continues on the next line

# typer has click within itself, or takes it from outside, depending on its version
_UsageError: Any = typer.BadParameter.__mro__[1]


class Verbs(TyperGroup):
    """A group whose help lists its verbs by panel, at full length, and that names what is near an unknown one."""

    panels: tuple[str, ...] = ()

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        panels: dict[str, list[tuple[str, str]]] = {panel: [] for panel in self.panels}
        for name in self.list_commands(ctx):
            command: Any = self.get_command(ctx, name)
            if command is not None and not command.hidden:
                panel = getattr(command, "rich_help_panel", None)
                panels.setdefault(panel if isinstance(panel, str) else "Commands", []).append(
                    (name, command.get_short_help_str(_LONGEST))
                )
        for panel, rows in panels.items():
            with formatter.section(panel):
                formatter.write_dl(rows)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if args and not args[0].startswith("-") and self.get_command(ctx, args[0]) is None:
            ctx.fail(f"No such command {args[0]!r}{self._advice(ctx, args[0])}")
        return super().resolve_command(ctx, args)

    def _advice(self, ctx: Any, word: str) -> str:
        plain = word.lower()
        others = OTHER_WORDS_OF_GROUPS.get(self.name or "", {}) if ctx.parent else OTHER_WORDS
        if plain in others:
            return f": {others[plain]}"
        if plain.endswith((".yaml", ".yml")) and ctx.parent is None:
            return f". To train a job: {command('submit', word)}"
        near = difflib.get_close_matches(plain, [*self.list_commands(ctx), *others], n=1, cutoff=0.6)
        if near and near[0] in others:
            return f": {others[near[0]]}"
        return f". Did you mean {near[0]}?" if near else f". Choose from: {', '.join(self.list_commands(ctx))}"


class Verb(TyperCommand):
    """A verb that names the key of the job where a setting was written as an option."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except _UsageError as error:
            unknown = getattr(error, "option_name", None)
            takes_settings = any("KEY=VALUE" in str(getattr(each, "metavar", "")) for each in self.params)
            if unknown and takes_settings and type(error).__name__ == "NoSuchOption":
                hidden = [name for each in self.params if getattr(each, "hidden", False) for name in each.opts]
                near = [name for name in error.possibilities or () if name not in hidden]
                error.message = f"No such option {unknown}{_option_advice(unknown, near)}"
                error.possibilities = None
            raise


def _option_advice(option: str, near: list[str]) -> str:
    from framecast.job.document import Document
    from framecast.job.key_hints import KeyHints
    from framecast.registry.registry import Registry

    word = option.lstrip("-").replace("-", "_")
    if "." in word:
        return f": settings have no dashes: {word}=VALUE"
    hints = KeyHints(Document.from_data({}), Registry())
    keys = hints.exact((word,)) or ([] if near else hints.near((word,)))
    if keys:
        return f": settings have no dashes: {keys[0]}=VALUE"
    return f". Did you mean {' or '.join(sorted(near))}?" if near else ""
