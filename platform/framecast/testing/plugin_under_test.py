"""What is checked: a declaration, with settings that a job could give it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, TypeVar

from framecast.errors import InputError, PluginFailed
from framecast.job.document import Document
from framecast.job.plugin_config import PluginConfig
from framecast.job.resolve import resolved_part
from framecast.plugin.built import WrongResult
from framecast.plugin.declarations import Callback, Dataset, Declaration, Metric, Model, Task
from framecast.plugin.sample_shape import SampleShape
from framecast.plugin.settings import Settings
from framecast.registry.registry import Registered, Registry
from framecast.testing.check_options import CheckOptions
from framecast.testing.verdict import LeftOut, require

D = TypeVar("D", bound=Declaration)

_CLASSES = 5


class PluginUnderTest:
    """A declaration beside what its author gave for it; `folder` is the kit's own."""

    def __init__(self, entry: Registered, registry: Registry, given: CheckOptions, folder: Path) -> None:
        self.kind, self.source = entry.kind, entry.source
        self.declaration = entry.declaration
        self.registry, self.given, self.folder = registry, given, folder

    @property
    def model(self) -> Model[Any]:
        """The declaration, for checks of models; likewise below. Raises TypeError for another kind."""
        return _of_kind(Model, self.declaration)

    @property
    def dataset(self) -> Dataset[Any]:
        return _of_kind(Dataset, self.declaration)

    @property
    def metric(self) -> Metric[Any]:
        return _of_kind(Metric, self.declaration)

    @property
    def task(self) -> Task[Any]:
        return _of_kind(Task, self.declaration)

    @property
    def callback(self) -> Callback[Any]:
        return _of_kind(Callback, self.declaration)

    @cached_property
    def written(self) -> Mapping[str, Any]:
        """The settings as a job writes them, their files made and ready. Raises what the plugin raises."""
        if isinstance(self.given.settings, Mapping):
            return self.given.settings
        return self.with_files().written

    @property
    def settings(self) -> Any:
        """The settings checked. Raises InputError where they are refused."""
        return self.checked(self.written)

    @property
    def part(self) -> PluginConfig[Any]:
        """The declaration with its settings, as a plan holds it."""
        return PluginConfig(self.kind, self.declaration, self.settings, self.source)

    def build(self, *arguments: Any, settings: Settings | None = None) -> Any:
        """What `build` returns, from the settings that are checked or from others. Raises what the plugin raises,
        and Nonconformity where it returns something else than its kind allows."""
        part = self.part if settings is None else replace(self.part, settings=settings)
        try:
            return part.build(*arguments)
        except PluginFailed as error:
            cause = error.__cause__
            require(not isinstance(cause, WrongResult), f"build {cause}")
            raise cause or error from None

    @property
    def sample(self) -> SampleShape:
        """Small frames of one channel, of a few classes where a model tells classes."""
        logits = isinstance(self.declaration, Model) and self.declaration.produces == "logits"
        classes = _CLASSES if logits else 0
        return SampleShape(self.given.frames_in + self.given.frames_out, 1, 16, 16, classes)

    def checked(self, written: Mapping[str, Any]) -> Settings:
        """Settings as a job gets them: from JSON, and within the declaration's constraints. Raises InputError."""
        problems: list[Any] = []
        entry = {**written, "name": self.declaration.name}
        part = resolved_part(self.kind, entry, (self.kind,), Document.from_data({}), self.registry, problems)
        if part is None or problems:
            raise InputError(problems)
        return part.settings

    def with_files(self, spoil: Callable[[Path], None] = lambda folder: None) -> Made:
        """The author's files made once more in a new folder, and spoilt. Raises LeftOut where there are none."""
        if isinstance(self.given.settings, Mapping):
            raise LeftOut(
                "the kit was given no function that makes files: conformance(..., settings=make), where "
                "make(folder) writes small ones and returns the settings"
            )
        folder = Path(mkdtemp(prefix="files-", dir=self.folder))
        written = self.given.settings(folder)
        spoil(folder)
        return Made(folder, written)

    def new_folder(self, name: str) -> Path:
        """An empty folder of the kit."""
        return Path(mkdtemp(prefix=f"{name}-", dir=self.folder))


def _of_kind(kind: type[D], declaration: Declaration) -> D:
    if not isinstance(declaration, kind):
        raise TypeError(f"{declaration.name} is a {type(declaration).__name__}, not a {kind.__name__}")
    return declaration


@dataclass(frozen=True)
class Made:
    """Files that the author's function made, and the settings that it returned."""

    folder: Path
    written: Mapping[str, Any]
