"""The folder of a search: like a run's, with a run for each trial.

runs/<name>/<search id>/
    job.yaml      as the user wrote it        search.yaml   the job with its space, and the plugins it may use
    trials/0007   the run of trial 7          trials/0007-2 its second attempt
    report.html   the search's report         logs/         what Ray had to say
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from framecast.bounded.yaml_text import read_yaml
from framecast.errors import InputError, Place, Problem
from framecast.files import write_atomically
from framecast.job.document import Document
from framecast.job.search import Search
from framecast.job.validation import validated
from framecast.registry.plugin_source import PluginSource
from framecast.registry.registry import Registry
from framecast.registry.trust import Trust
from framecast.runs import layout
from framecast.runs.job_folder import JobFolder
from framecast.runs.run_folder import RunFolder
from framecast.search.space import Space
from framecast.search.trial import Trial


class _Content(NamedTuple):
    document: Document
    sources: list[PluginSource]
    blocked: list[str]


class SearchFolder(JobFolder):
    """One search on disk."""

    marker = layout.SEARCH
    kind = "search"

    @property
    def trials_folder(self) -> Path:
        return self.path / layout.TRIALS

    def write(self, document: Document, sources: Sequence[PluginSource], blocked: Sequence[str] = ()) -> None:
        """Keeps the job, the plugins that it was resolved against, those that are switched off, and the folder of
        its relative paths: trials are planned later, perhaps by a command that was given elsewhere."""
        plugins = [source.to_dict() for source in sources]
        content = {"job": document.data, "plugins": plugins, "blocked": list(blocked), "folder": document.folder}
        write_atomically(self.path / self.marker, Document.from_data(content).to_yaml())

    def read(self, trust: Trust | None = None) -> tuple[Document, Registry]:
        """The job, and the registry to resolve its trials with: its plugins, and by name what is installed.

        The folder's plugins are imported as far as `trust` allows; without it that is asked of what this user has
        submitted here. Raises InputError where one may not be imported."""
        content = self._content()
        (trust or Trust.in_folder(self.path)).refuse(content.sources)
        return content.document, Registry.exactly(content.sources, installed=True, blocked=content.blocked)

    def document(self) -> Document:
        """The job, as plain data: no plugin is imported. Raises InputError where the file is damaged."""
        return self._content().document

    def search(self) -> Search:
        """What the job says of the search, from its data alone. Raises InputError where that is wrong."""
        document, problems = self.document(), list[Problem]()
        search = validated(Search, document.data["search"], document, ("search",), problems)
        if search is None:
            raise InputError(problems)
        return search

    def space(self, trust: Trust | None = None) -> Space:
        """The space that its points come from. Raises InputError where the search block is wrong."""
        document, registry = self.read(trust)
        return Space(self.search(), document, registry)

    def _content(self) -> _Content:
        file = self.path / self.marker

        def damaged(message: str, key: str = "") -> InputError:
            return InputError(Problem(message, key, Place(str(file))))

        try:
            content: Any = read_yaml(file)
        except FileNotFoundError:
            raise damaged("no such file: the search's folder is incomplete") from None
        job = content.get("job") if isinstance(content, dict) else None
        sound = isinstance(job, dict) and isinstance(job.get("name"), str) and isinstance(job.get("search"), dict)
        if not (sound and isinstance(content.get("plugins"), list)):
            raise damaged(
                "has no job with a search and a list of plugins: it is damaged, or not written by framecast"
            )
        folder, blocked = content.get("folder"), content.get("blocked", [])
        if not isinstance(folder, str | None):
            raise damaged("should be a path", "folder")
        if not (isinstance(blocked, list) and all(isinstance(each, str) for each in blocked)):
            raise damaged("should be a list of names", "blocked")
        try:
            sources = [PluginSource.from_dict(each, self.path) for each in content["plugins"]]
        except ValueError as error:
            raise damaged(str(error), "plugins") from None
        return _Content(Document.from_data(content["job"], self.marker, folder), sources, blocked)

    def job_of(self, trial: Trial) -> Document:
        """The job of a trial on its own, without the search."""
        document = self.document()
        name = f"{document.data['name']}-trial-{trial.number}"
        return document.with_values({"search": None, **trial.point, "name": name})

    def all_trials(self) -> list[Trial]:
        """Every attempt of every trial, in order."""
        return sorted(map(Trial.of, self.trial_runs()), key=lambda trial: (trial.number, trial.attempt))

    def trial_runs(self) -> list[RunFolder]:
        """The run of every attempt of every trial."""
        return [RunFolder(plan.parent) for plan in sorted(self.trials_folder.glob(f"*/{layout.PLAN}"))]

    def trials(self) -> list[Trial]:
        """The last attempt of every trial, in order."""
        return list({trial.number: trial for trial in self.all_trials()}.values())
