"""The folder of a search: like a run's, with a run for each trial.

runs/<name>/<search id>/
    job.yaml      as the user wrote it        search.yaml   the job with its space, and the plugins it may use
    trials/0007   the run of trial 7          trials/0007-2 its second attempt
    report.html   the search's report         logs/         what Ray had to say
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ruamel.yaml import YAML

from framecast.errors import InputError, Problem
from framecast.job.document import Document
from framecast.job.search import Search
from framecast.job.validation import validated
from framecast.registry.provider import Provider
from framecast.registry.registry import Registry
from framecast.runs.folder import RunFolder
from framecast.safe_files import write_atomically
from framecast.search.space import Space
from framecast.search.trial import Trial


class SearchFolder(RunFolder):
    """One search on disk."""

    marker = "search.yaml"

    @property
    def trials_folder(self) -> Path:
        return self.path / "trials"

    def write(self, document: Document, providers: Sequence[Provider]) -> None:
        """Keeps the job, the plugins that it was resolved against, and the folder of its relative paths: trials
        are planned later, perhaps by a command that was given elsewhere."""
        plugins = [provider.to_dict() for provider in providers]
        content = {"job": document.data, "plugins": plugins, "folder": document.folder}
        write_atomically(self.path / self.marker, Document.from_data(content).to_yaml())

    def read(self) -> tuple[Document, Registry]:
        """The job, and the registry to resolve its trials with."""
        content = YAML(typ="safe", pure=True).load((self.path / self.marker).read_text())
        registry = Registry.exactly(Provider.from_dict(each, self.path) for each in content["plugins"])
        return Document.from_data(content["job"], self.marker, content.get("folder")), registry

    def space(self) -> Space:
        """The space that its points come from. Raises InputError where the search block is wrong."""
        document, registry = self.read()
        problems: list[Problem] = []
        search = validated(Search, document.data["search"], document, ("search",), problems)
        if search is None:
            raise InputError(problems)
        return Space(search, document, registry)

    def job_of(self, trial: Trial) -> Document:
        """The job of a trial on its own, without the search."""
        document, _ = self.read()
        name = f"{document.data['name']}-trial-{trial.number}"
        return document.with_values({"search": None, **trial.point, "name": name})

    def all_trials(self) -> list[Trial]:
        """Every attempt of every trial, in order."""
        folders = sorted(plan.parent for plan in self.trials_folder.glob("*/plan.yaml"))
        return sorted(
            (Trial.of(RunFolder(path)) for path in folders), key=lambda trial: (trial.number, trial.attempt)
        )

    def trials(self) -> list[Trial]:
        """The last attempt of every trial, in order."""
        return list({trial.number: trial for trial in self.all_trials()}.values())
