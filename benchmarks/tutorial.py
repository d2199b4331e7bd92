"""How long the tutorials take who types at once: every block as it is written, training at full length."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from measure import REPOSITORY, machine

sys.path.insert(0, str(REPOSITORY / "tests"))
from tutorials import FOLDER, follow

MOST_MINUTES = 10


def main() -> None:
    for page in sorted(FOLDER.glob("*.md")):
        with tempfile.TemporaryDirectory() as folder:
            seconds = []
            for done in follow(page, Path(folder)):
                seconds.append(done.seconds)
                first = done.block.text.splitlines()[0]
                print(f"  {page.name}:{done.block.line}: {done.seconds:.1f} s, {first[:70]}", flush=True)
        minutes = sum(seconds) / 60
        kept = "kept" if minutes < MOST_MINUTES else "missed"
        print(f"{page.stem}: {minutes:.1f} minutes (at most {MOST_MINUTES}: {kept})", flush=True)


if __name__ == "__main__":
    print(machine())
    main()
