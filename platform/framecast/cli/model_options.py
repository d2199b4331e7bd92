"""What `predict` and `export` share: a trained model to take, and a file to write."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from framecast.errors import InputError

if TYPE_CHECKING:
    from framecast.evaluation.evaluation_target import EvaluationTarget


def validate_new_file(output: Path, formats: tuple[str, ...], force: bool) -> None:
    """Raises InputError where the file has another ending, is there already, or cannot be written."""
    from framecast.evaluation.export import validate_format
    from framecast.files import validate_output

    validate_format(output, formats)
    if output.exists() and not force:
        raise InputError(f"{output} is there already: --force replaces it")
    validate_output(output)


def find_model(
    checkpoint: str, published: Path | None, runs: str | None, trust: bool, plugins: Sequence[str] | None
) -> EvaluationTarget:
    """The model that CHECKPOINT names, fetched where it is on a cluster; with `published` that file, as the model
    of the job CHECKPOINT. Raises InputError where there is none."""
    from framecast.cli.fetch import brought_here
    from framecast.evaluation.evaluation_target import find_subject, published_subject
    from framecast.runs.roots import runs_root

    if published:
        return published_subject(published, checkpoint)
    return find_subject(brought_here(checkpoint, runs), runs_root(runs), trusted=trust, plugins=plugins or [])
