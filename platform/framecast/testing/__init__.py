"""The kit that proves a plugin right: one line in a test file.

    import framecast.testing

    TestMyCell = framecast.testing.conformance("./my_cell.py")

`platform plugins check` does the same without a test. The checks of each kind of plugin are in
`model_shape_checks.py`, `model_gradient_checks.py`, `model_prediction_checks.py`, `model_checkpoint_checks.py`,
`dataset_checks.py`, `metric_checks.py`, `task_checks.py` and `callback_checks.py`: every public function there is
a check, and its docstring says what to do where it fails.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from framecast.lazy_exports import lazy_exports

if TYPE_CHECKING:
    from framecast.testing.check_options import CheckOptions
    from framecast.testing.inspection import Inspection
    from framecast.testing.suite import conformance

__all__ = ["CheckOptions", "Inspection", "conformance"]

__getattr__ = lazy_exports(__name__)
