"""The names of all files and folders of a run, a search, a checkpoint and an evaluation. No other module has them.

runs/<name>/<YYYYMMDD-HHMMSS-xxxx>/
    job.yaml          as the user wrote it          plan.yaml     resolved, every default filled in
    environment.json  versions and machine          events.jsonl  what happened, one event a line
    metrics.csv       one row for each evaluation   report.html   the report, one self-contained file
    driver.json       the process that runs it      attempt       the token of the attempt that may write
    stop, refused     messages between processes
    checkpoints/      step-NNNNNNNN folders, and best, last and previous that point to them
    logs/             what Ray, DeepSpeed and PyTorch print, a file for each worker
    plugins/          on a cluster: the job's own plugins
    evaluation-*      what `platform evaluate` wrote

A search has search.yaml in place of plan.yaml, and trials/0007, trials/0007-2: a run for each attempt at a trial,
with its trial.json. The folder of a run on a cluster holds remote.json, last_known.json and copies.json.
"""

from __future__ import annotations

import re

JOB = "job.yaml"
ENVIRONMENT = "environment.json"
EVENTS = "events.jsonl"
REPORT = "report.html"
DRIVER = "driver.json"
LEASE = "attempt"
STOP = "stop"
REFUSED = "refused"
LOGS = "logs"
PLUGINS = "plugins"

PLAN = "plan.yaml"
METRICS = "metrics.csv"
CHECKPOINTS = "checkpoints"
EVALUATIONS = "evaluation-*"

SEARCH = "search.yaml"
TRIALS = "trials"
TRIAL = "trial.json"

REMOTE = "remote.json"
LAST_KNOWN = "last_known.json"
COPIES = "copies.json"

URL = ".url"
"""In the working copy of runs at a URL: which URL."""
LINKS = "links.json"
"""At a URL, in place of the links in checkpoints/: {name: folder}."""

# in a checkpoint
MANIFEST = "manifest.json"
WEIGHTS = "model.safetensors"
OPTIMIZER = "optimizer.safetensors"
LOOP = "loop.json"
SAMPLES = "samples.npz"
CHECKPOINT_NAMES = ("best", "last", "previous")
"""Links to checkpoints."""
STEPS = "step-*"
"""The pattern of all checkpoints' folders."""
UNFINISHED_STEPS = ".step-*"
"""The pattern of what `is_unfinished_step` recognises, and of more."""

# in logs
LOG_FILES = "*.log"
DRIVER_LOG = "driver.log"
CONSOLE_LOG = "console.log"
PHASES_LOG = "phases.log"
TRIAL_LOG = "trial.log"
REFUSED_LOG = "refused-resume.log"
"""Where the logs of an attempt are kept that could not start."""
RAY_LOGS = "ray"
TUNE = "tune"
_WORKER = "worker-"
WORKER_LOGS = f"{_WORKER}*.log"

# of an evaluation while it runs
REQUEST = "request.json"
PROGRESS = "progress"
ANSWER = "answer.json"

_UNFINISHED_STEP = re.compile(r"\.step-\d{8,}\.(writing|outdone)")
_STEP = re.compile(r"step-\d+")


def step_folder(step: int) -> str:
    """The name of the checkpoint after so many steps. Names sort by step."""
    return f"step-{step:08d}"


def is_step_folder(name: str) -> bool:
    return bool(_STEP.fullmatch(name))


def unfinished_step(step: int) -> str:
    """Where a checkpoint is written before it is complete."""
    return f".{step_folder(step)}.writing"


def replaced_step(step: int) -> str:
    """Where a checkpoint is moved while another one of the same step takes its place."""
    return f".{step_folder(step)}.outdone"


def is_unfinished_step(name: str) -> bool:
    """Whether a process that was killed may have left a folder of this name."""
    return bool(_UNFINISHED_STEP.fullmatch(name))


def worker_log(rank: int) -> str:
    return f"{_WORKER}{rank}.log"


def rank_of_log(name: str) -> str:
    """The rank in the name of a worker's log, without its ending."""
    return name.removeprefix(_WORKER)


def stacks_log(rank: int) -> str:
    """Where the watchdog writes what each thread of a worker that hangs is doing."""
    return f"stacks-rank-{rank}.txt"


def trial_folder(number: int, attempt: int) -> str:
    return f"{number:04d}" if attempt == 1 else f"{number:04d}-{attempt}"


def trial_number(name: str) -> int:
    """The number of the trial in a folder of this name."""
    return int(name.partition("-")[0])


def clips_file(model: int, rank: int | str) -> str:
    """The scores of single clips that one process of an evaluation writes; "*" for those of all."""
    return f"clips-{model}-{rank}.csv"
