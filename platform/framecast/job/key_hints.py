"""What a user meant by a key that no job has: another spelling, another section, or another library's word."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

from framecast.bounded.yaml_text import Key, dotted
from framecast.errors import list_choices
from framecast.job.document import Document
from framecast.job.job import LISTS, SECTIONS, Job
from framecast.job.reference import ANY, settings_table
from framecast.plugin.declarations import Dataset
from framecast.registry.registry import Registered, Registry

SYNONYMS: dict[str, tuple[str, ...]] = {
    "training.optimizer.learning_rate": ("lr", "learningrate", "base_lr", "init_lr", "eta", "step_size"),
    "training.optimizer.weight_decay": ("wd", "decay", "l2"),
    "training.optimizer": ("optim", "opt", "optimiser", "solver"),
    "training.schedule": ("scheduler", "lr_scheduler", "lr_schedule", "lr_policy"),
    "training.schedule.warmup_steps": ("warmup", "warmup_iters", "warmup_epochs", "num_warmup_steps"),
    "training.epochs": ("epoch", "max_epochs", "num_epochs", "n_epochs", "total_epochs", "num_train_epochs"),
    "training.max_steps": ("steps", "iterations", "iters", "max_iters", "max_iterations", "num_steps"),
    "training.max_hours": ("max_time", "time_limit", "hours"),
    "training.batch_size": ("batch", "bs", "batchsize", "train_batch_size", "global_batch_size"),
    "training.accumulate": (
        *("accumulate_grad_batches", "gradient_accumulation_steps", "gradient_accumulation", "grad_accum"),
        *("accumulation_steps", "micro_batches"),
    ),
    "training.evaluate_every": ("eval_every", "check_val_every_n_epoch", "val_every", "eval_interval"),
    "training.gradient_clipping": (
        *("clip", "grad_clip", "clip_grad", "clip_grad_norm", "gradient_clip_val", "max_grad_norm", "grad_norm"),
    ),
    "training.precision": (
        "amp",
        "fp16",
        "bf16",
        "tf32",
        "allow_tf32",
        "half",
        "mixed_precision",
        "dtype",
        "autocast",
    ),
    "training.activation_checkpointing": ("gradient_checkpointing", "remat"),
    "training.strategy": ("backend", "ddp", "distributed"),
    "training.seed": ("seed", "random_seed", "manual_seed", "random_state", "rng"),
    "deepspeed.zero_stage": ("zero", "stage", "zero_optimization"),
    "deepspeed.offload": ("cpu_offload", "offload_optimizer"),
    "compute.workers": (
        *("devices", "num_devices", "world_size", "nproc", "nproc_per_node", "num_nodes", "nodes", "n_gpus"),
        *("num_gpus", "ranks", "processes"),
    ),
    "compute.gpus_per_worker": ("gpus", "gpu", "use_gpu", "cuda", "device", "accelerator"),
    "compute.cpus_per_worker": ("cpus", "cpu", "threads", "num_threads", "cores", "num_cpus"),
    "compute.data_processes": ("num_workers", "dataloader_workers", "loader_workers", "dataloader_num_workers"),
    "compute.max_failures": ("max_restarts", "retries"),
    "checkpoints": ("checkpoint", "ckpt", "checkpointing"),
    "checkpoints.every": ("save_every", "save_interval", "checkpoint_every", "save_freq"),
    "checkpoints.keep_last": ("save_total_limit", "save_last", "keep"),
    "checkpoints.keep_best": ("save_top_k",),
    "model": ("network", "net", "arch", "architecture"),
    "data": ("dataset", "datamodule", "dataloader"),
    "callbacks": ("callback", "logger", "loggers", "trackers"),
    "metrics": ("metric", "scores"),
    "search": ("sweep", "tune", "hpo"),
    "name": ("experiment", "experiment_name", "run_name", "job_name"),
    "plugins": ("plugin", "modules"),
}
"""Words of other libraries and command lines for keys of a job; a key that this job has not is never offered."""

_PLACES_OF_DATA = {"root", "data_dir", "data_path", "dataset_path", "folder", "directory", "dir"}
"""Words of other libraries for the setting of a data set that says where its files are."""

_MOST_NAMED = 3
_MISSPELT, _SIBLING, _ELSEWHERE = 0.8, 0.6, 0.78
"""How much alike two words must be: less within a section than across sections."""


class KeyHints:
    """Answers for unknown keys of one job. The tables are made when the first is asked for."""

    def __init__(self, document: Document, registry: Registry) -> None:
        self._document, self._registry = document, registry

    def hint(self, key: Key, siblings: Iterable[str] = (), value: Any = None) -> str:
        """ ", did you mean model.width?" for an unknown key, given the known keys of its section.

        Where `value` is a section itself, its keys are asked for one by one.
        """
        siblings = list(siblings)
        misspelt = difflib.get_close_matches(str(key[-1]), siblings, n=1, cutoff=_MISSPELT)
        if isinstance(value, Mapping) and not misspelt and (inner := list(self._of_inner_keys(key, value))):
            return f", did you mean {' and '.join(inner)}?"
        if near := misspelt or self.exact(key) or self._of_other_plugins(key) or self._close(key, siblings):
            return f", did you mean {' or '.join(near)}?" if isinstance(near, list) else near
        return list_choices(siblings)

    def near(self, key: Key, siblings: Iterable[str] = ()) -> list[str]:
        """The keys that may be meant by `key`: misspelt ones by their name in the section, others in full."""
        siblings = list(siblings)
        misspelt = difflib.get_close_matches(str(key[-1]), siblings, n=1, cutoff=_MISSPELT)
        return misspelt or self.exact(key) or self._close(key, siblings)

    def exact(self, key: Key) -> list[str]:
        """The key for which `key` is another library's word, or keys of other sections with this very name."""
        word = _normalised(str(key[-1]))
        synonyms = [target for target in self.keys if word in SYNONYMS.get(target, ())]
        synonyms += self._data_places if word in _PLACES_OF_DATA else []
        return synonyms or _few(known for known in self.keys if _last(known) == word and known != dotted(key))

    def _close(self, key: Key, siblings: list[str]) -> list[str]:
        """Keys whose name resembles that of `key` or mentions it, those of its section first."""
        section, word = dotted(key[:-1]), _normalised(str(key[-1]))
        within = [f"{section}.{each}" if section else each for each in siblings]
        return (
            difflib.get_close_matches(word, siblings, n=1, cutoff=_SIBLING)
            or _few(each for each in within if _mentions(_last(each), word))
            or self._alike(word)
            or _few(known for known in self.keys if _mentions(_last(known), word))
        )

    @cached_property
    def _data_places(self) -> list[str]:
        """The keys that say where the files of the job's data set are."""
        declared = [
            entry.declaration
            for section, kind, name in self._named_plugins()
            if section == "data"
            for entry in self._registry.known(kind)
            if name in (None, entry.declaration.name)
        ]
        found = [each.folder_setting for each in declared if isinstance(each, Dataset)]
        return [f"data.{name}" for name in dict.fromkeys(found) if name]

    @cached_property
    def keys(self) -> list[str]:
        """Every key that this job can have: its sections' own, and those of the plugins that it names."""
        keys = [row.key for row in settings_table(Job) if ANY not in row.key]
        for section, kind, name in self._named_plugins():
            for entry in self._registry.known(kind):
                if name in (None, entry.declaration.name):
                    keys += [f"{section}.{row.key}" for row in settings_table(entry.declaration.settings)]
        return list(dict.fromkeys(keys))

    def _named_plugins(self) -> Iterator[tuple[str, str, str | None]]:
        """(section, kind, name) of every plugin that the job names; None for any where it names none."""
        for section, kind in SECTIONS.items():
            name = self._document.get(f"{section}.name")
            yield section, kind, name if isinstance(name, str) else None
        for section, kind in LISTS.items():
            entries = self._document.data.get(section)
            for index, entry in enumerate(entries if isinstance(entries, list) else ()):
                name = entry.get("name") if isinstance(entry, Mapping) else entry
                if isinstance(name, str):
                    yield f"{section}.{index}", kind, name

    def _of_inner_keys(self, key: Key, value: Mapping[str, Any]) -> Iterator[str]:
        for name, inner in value.items():
            if isinstance(inner, Mapping) and inner:
                yield from self._of_inner_keys((*key, name), inner)
            else:
                yield from self.near((*key, name))[:1]

    def _alike(self, word: str) -> list[str]:
        names: dict[str, list[str]] = {}
        for known in self.keys:
            names.setdefault(_last(known), []).append(known)
        close = difflib.get_close_matches(word, names, n=1, cutoff=_ELSEWHERE)
        return _few(names[close[0]]) if close else []

    def _of_other_plugins(self, key: Key) -> str:
        """Which plugins of the same kind have the key, where the one that was chosen has not."""
        section, name = str(key[0]), dotted(key[1:])
        kind = SECTIONS.get(section)
        if kind is None or not name:
            return ""
        having = [each.declaration.name for each in self._registry.known(kind) if _has(each, name)]
        chosen = self._document.get(f"{section}.name")
        return f": {chosen} has no such setting; {', '.join(having)} has" if having else ""


def _has(entry: Registered, name: str) -> bool:
    return any(row.key == name for row in settings_table(entry.declaration.settings))


def _few(keys: Iterable[str]) -> list[str]:
    """The keys, or none where they are too many for an answer."""
    found = list(keys)
    return found if len(found) <= _MOST_NAMED else []


def _last(key: str) -> str:
    return key.rpartition(".")[2]


def _normalised(word: str) -> str:
    return word.strip().lower().replace("-", "_")


def _mentions(name: str, word: str) -> bool:
    """Whether `word`, in singular or plural, is one of the words of `name`: gpu in gpus_per_worker."""
    return len(word) > 2 and word.rstrip("s") in [part.rstrip("s") for part in name.split("_")]
