"""A new plugin: rendered whole, then put in its place in one move."""

from __future__ import annotations

import ast
import importlib.util
import keyword
import os
import re
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from framecast.errors import InputError
from framecast.plugin.kinds import KINDS as PLUGIN_KINDS
from framecast.registry.registry import Registry

LONGEST = 30
"""Characters of a name: lines stay as short as formatters want them."""


@dataclass(frozen=True)
class _Kind:
    """What differs between kinds: their folder of templates, their words, and how a job takes them."""

    folder: str
    word: str
    part: str
    summary: str
    override: str


KINDS = {
    "model": _Kind("model", "model", "network", "A convolutional network that predicts changes", "model={name}"),
    "dataset": _Kind("data", "data set", "clips", "Squares that move straight on", "data={name}"),
    "metric": _Kind("metric", "metric", "metric", "Mean error to a power", "metrics=[{name}]"),
    "task": _Kind("task", "task", "task", "Video prediction by the absolute error", "task={name}"),
    "callback": _Kind("callback", "callback", "listener", "Writes losses as CSV", "callbacks=[{name}]"),
}


@dataclass(frozen=True)
class PluginTemplate:
    """A plugin to be written: its name, its kind (of `KINDS`), and whether it is one file or a package."""

    name: str
    kind: str
    single_file: bool = False

    @property
    def override(self) -> str:
        """The one setting with which a job takes it."""
        return KINDS[self.kind].override.format(name=self.name)

    def write(self, output: Path) -> Path:
        """Writes NAME.py or the folder NAME into `output`, and returns its path.

        Raises InputError where the name is not legal, something of that name is there or installed, or the place
        cannot be written; then nothing is left.
        """
        self._check_name()
        target = output / (f"{self.name}.py" if self.single_file else self.name)
        if target.exists() or target.is_symlink():
            raise InputError(
                f"{target} is there already, and nothing is overwritten: take another name or --output"
            )
        if importlib.util.find_spec(self.name) is not None:
            raise InputError(f"a module {self.name} is installed already, and would be hidden: take another name")
        if self.name in [each.name for each in Registry.discover().names(KINDS[self.kind].folder)]:
            raise InputError(f"a {KINDS[self.kind].word} {self.name} is installed already: take another name")
        files = self.files()
        try:
            output.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=output, prefix=f".{self.name}-") as beside:
                made = Path(beside) / target.name
                for place, text in files.items():
                    file = made / place if place else made
                    file.parent.mkdir(parents=True, exist_ok=True)
                    file.write_text(text)
                if self.single_file:
                    os.link(made, target)  # which fails where another process was faster
                else:
                    os.rename(made, target)
        except OSError as error:
            raise InputError(f"{target} cannot be written: {error.strerror or error}") from None
        return target

    def _check_name(self) -> None:
        """Raises InputError where the name is not legal, or its class would hide another."""
        legal = _legal(self.name or self.kind)
        taken = keyword.iskeyword(legal) or legal in sys.stdlib_module_names or _class_of(legal) in self._known()
        if self.name != legal or taken:
            better = f"my_{legal}"[:LONGEST] if taken else legal
            raise InputError(
                f"{self.name!r} cannot be a plugin's name: take the name of a new Python module, small letters, "
                f"digits and _, at most {LONGEST}; such as {better}"
            )

    def _known(self) -> set[str]:
        """The names that a plugin of this kind imports, and those of its other classes."""
        nodes = list(ast.walk(ast.parse(PluginTemplate("x", self.kind, single_file=True).files()[""])))
        imports = [node for node in nodes if isinstance(node, ast.Import | ast.ImportFrom)]
        classes = {node.name for node in nodes if isinstance(node, ast.ClassDef)}
        return {each.name for node in imports for each in node.names} | classes - {_class_of("x")}

    def files(self) -> dict[str, str]:
        """The text of each file by its place in the package; "" is the place of a single one."""
        kind = KINDS[self.kind]
        words = {
            "name": self.name,
            "Name": _class_of(self.name),
            "word": kind.word,
            "group": PLUGIN_KINDS[kind.folder].group,
            "part": kind.part,
            "summary": kind.summary,
            "override": self.override,
            "single": self.single_file,
        }
        words["implementation"] = _rendered(f"{kind.folder}/implementation.py.j2", words).rstrip("\n")
        declaration = _rendered(f"{kind.folder}/declaration.py.j2", words)
        if self.single_file:
            return {"": declaration}
        source = f"src/{self.name}"
        return {
            "pyproject.toml": _rendered("package/pyproject.toml.j2", words),
            "README.md": _rendered("package/README.md.j2", words),
            f"{source}/__init__.py": declaration,
            f"{source}/{kind.part}.py": _rendered("package/implementation.py.j2", words),
            f"{source}/py.typed": "",
            f"tests/test_{self.name}.py": _rendered("package/test.py.j2", words),
        }


def _rendered(template: str, words: dict[str, object]) -> str:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    loader = PackageLoader("framecast.scaffold", "templates")
    environment = Environment(loader=loader, undefined=StrictUndefined, keep_trailing_newline=True)
    return environment.get_template(template).render(words)


def _class_of(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def _legal(text: str) -> str:
    """The nearest legal name."""
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text)
    name = re.sub(r"[^a-z0-9]+", "_", apart.lower())[:LONGEST].strip("_")
    return name if name[:1].isalpha() else f"my_{name}"[:LONGEST].rstrip("_")
