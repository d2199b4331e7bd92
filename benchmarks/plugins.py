"""What many broken plugins cost: the list at first and from memory, and a command that needs none of them."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from measure import REPOSITORY, compared, run

sys.path.insert(0, str(REPOSITORY / "tests"))
from broken_plugins import install_all

LIST = ["-m", "framecast", "plugins", "list", "--json"]
PLAN = ["-m", "framecast", "submit", "jobs/demo.yaml", "--dry-run"]


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        site = Path(folder) / "site"
        install_all(site)
        memory = {"FRAMECAST_CACHE": folder}
        broken = {**memory, "PYTHONPATH": str(site)}
        without = [run(PLAN, **memory)[0], run(LIST, **memory)[0]]  # which also warms the disk
        print(
            f"first list of {len(list(site.glob('*.dist-info')))} plugins: {run(LIST, **broken)[0]:.3f} s", end=""
        )
        print(f" (without them {without[1]:.3f} s)", flush=True)
        compared("second list", "s", lambda: run(LIST, **broken)[0], lambda: run(LIST, **memory)[0], pairs=5)
        compared("submit --dry-run", "s", lambda: run(PLAN, **broken)[0], lambda: run(PLAN, **memory)[0], pairs=5)


if __name__ == "__main__":
    main()
