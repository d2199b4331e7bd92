"""Everything that docs/benchmarks.md records; about 45 minutes on 2 CPU cores."""

from __future__ import annotations

import data_store
import data_wait
import first_step
import help
import metrics
import model
import moving_mnist
import overhead
import persistent_loaders
import plugins
import search
import tutorial
from measure import machine

if __name__ == "__main__":
    print(machine())
    help.main()
    plugins.main()
    first_step.main()
    data_store.main()
    data_wait.main()
    persistent_loaders.main()
    moving_mnist.main()
    metrics.main()
    model.main()
    search.main()
    overhead.main()
    tutorial.main()
