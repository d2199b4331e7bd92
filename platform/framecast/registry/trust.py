"""Whether plugins that a file names may be imported: a plan that another user has written is data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from framecast.errors import InputError
from framecast.registry.entry_points import not_installed
from framecast.registry.plugin_source import PluginSource
from framecast.registry.submissions import code_digest, has_own_plan, has_submitted, is_known_code, was_submitted
from framecast.runs import layout


@dataclass(frozen=True)
class Trust:
    """What is known of those who wrote a plan.

    Plugins that are installed may always be imported: the user has chosen them. Any other, named by a path or by
    a module, may be imported where

    - the user has said so: `everything`;
    - this user's own job has named it for the run in the first of these `folders`, whose plan is as this user
      wrote it; the second is the search of a trial. A run's plugin that lies within them, where others may have
      changed it, and any plugin of a run that came from elsewhere, or whose plan has changed since, must be code
      that this user has trained with before;
    - the process that drives the run has imported it: `given`, with the digest of its code; or this process has.

    `source` is what the plan was read from, for messages.
    """

    source: str
    folders: tuple[Path, ...] = ()
    everything: bool = False
    given: tuple[tuple[PluginSource, str], ...] = ()

    @classmethod
    def in_folder(cls, folder: Path, everything: bool = False) -> Trust:
        """For a run's folder; a trial has its own plan, and may have its plugins in the folder of its search,
        two levels above."""
        folders = (folder, folder.parent.parent) if folder.parent.name == layout.TRIALS else (folder,)
        return cls(f"run {folder.name}", tuple(each.resolve() for each in folders), everything)

    @classmethod
    def passed_on(cls, folder: Path, given: Sequence[dict[str, Any]]) -> Trust:
        """In a process that was started by the run's driver, which has passed on what `pass_on` gave it."""
        pairs = [(PluginSource.from_dict(each["plugin"], folder), str(each["digest"])) for each in given]
        return replace(cls.in_folder(folder), given=tuple(pairs))

    def allows(self, plugin: PluginSource) -> bool:
        """Whether a plugin that is not installed may be imported."""
        if self.everything or plugin.is_imported:
            return True
        for given, digest in self.given:
            if (given.module, given.path) == (plugin.module, plugin.path):
                return not (digest and self._holds(plugin)) or (code_digest(Path(plugin.path)) == digest)
        if not self._holds(plugin) and any(was_submitted(folder, plugin) for folder in self.folders[:1]):
            return True
        return bool(self.folders) and is_known_code(plugin)

    def refuses(self, plugin: PluginSource) -> bool:
        """Whether a plugin may not be imported."""
        return bool(not_installed([plugin])) and not self.allows(plugin)

    def refuse(self, plugins: Sequence[PluginSource]) -> None:
        """Raises InputError, with what would be imported and how it is allowed, where one of them may not be."""
        refused = [each for each in not_installed(plugins) if not self.allows(each)]
        if not refused:
            return
        listed = " and ".join(_shown(plugin) for plugin in refused)
        if all(plugin.distribution and not plugin.path for plugin in refused):
            raise InputError(f"{self.source} needs {listed}, which is not installed here: install it")
        why = "was not submitted here by you"
        if any(has_submitted(folder) for folder in self.folders):
            why = "names code that has changed, or been added, since you submitted it"
            if not has_own_plan(self.folders[0]):
                why = "has another plan than you wrote, and names code that has changed since you submitted it"
        raise InputError(
            f"{self.source} {why}: this would import {listed}, which can do whatever you can. Where you trust "
            "it, add --trust (in Python: trust=True)"
        )

    def _holds(self, plugin: PluginSource) -> bool:
        """Whether a plugin's code lies within the folders."""
        code = plugin.code
        return code is not None and any(code.resolve().is_relative_to(folder) for folder in self.folders)


def pass_on(folder: Path, plugins: Sequence[PluginSource]) -> list[dict[str, Any]]:
    """What a run's driver passes on to its workers: its plugins that are not installed, as plain data. Those
    within the folder are named relative to it, for it may be elsewhere on another host."""
    return [
        {"plugin": plugin.to_dict(folder), "digest": code_digest(Path(plugin.path)) if plugin.path else ""}
        for plugin in not_installed(plugins)
    ]


def _shown(plugin: PluginSource) -> str:
    if plugin.path:
        return f"the plugin {plugin.name} from {plugin.path}"
    if plugin.distribution:
        return f"the plugin {plugin.name} of {plugin.distribution} {plugin.version}".rstrip()
    return f"the module {plugin.module} ({plugin.code or 'which is not found'})"
