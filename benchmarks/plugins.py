"""What many broken plugins cost commands that need none of them, and what it takes to verify them all."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from measure import REPOSITORY, compared, run

sys.path.insert(0, str(REPOSITORY / "tests"))
from broken_plugins import install_all

LIST = ["-m", "framecast", "plugins", "list", "--json"]
EXPLAIN = ["-m", "framecast", "explain", "model.rank"]
PLAN = ["-m", "framecast", "submit", "jobs/demo.yaml", "--dry-run"]


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        site = Path(folder) / "site"
        install_all(site)
        for name, command in (("list", LIST), ("explain", EXPLAIN), ("submit --dry-run", PLAN)):
            run(command)  # which warms the disk

            def seconds(command: list[str] = command, **environment: str) -> float:
                return run(command, **environment)[0]

            compared(name, "s", lambda timed=seconds: timed(PYTHONPATH=str(site)), seconds, pairs=5)
        seconds = run([*LIST, "--verify"], PYTHONPATH=str(site))[0]
        print(f"list --verify of {len(list(site.glob('*.dist-info')))} plugins: {seconds:.1f} s", flush=True)


if __name__ == "__main__":
    main()
