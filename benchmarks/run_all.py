"""Everything that docs/benchmarks.md records; about 35 minutes on 2 CPU cores."""

from __future__ import annotations

import first_step
import help
import model
import overhead
from measure import machine

if __name__ == "__main__":
    print(machine())
    help.main()
    first_step.main()
    model.main()
    overhead.main()
