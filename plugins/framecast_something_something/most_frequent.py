"""The classes with the most training clips, as a list for `data.classes`.

    python -m framecast_something_something.most_frequent data/something 41 > data/something/classes.txt

The paper took 41 classes and did not say which. This is a rule that anybody can repeat: from the official
annotations alone, the classes with the most official training clips; of equals the one with the lower number.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import framecast
from framecast_something_something.annotations import read_annotations
from framecast_something_something.classes import read_labels
from framecast_something_something.label_files import label_file


def most_frequent(root: Path, count: int) -> list[str]:
    """So many templates, the most frequent first. Raises InputError where there are not so many classes, or a
    label file is missing or wrong."""
    classes = read_labels(label_file(root, "labels.json"))
    if not 1 <= count <= len(classes):
        asked = framecast.plural(count, "class is", "classes are")
        raise framecast.InputError(f"{asked} asked for, and labels.json has {len(classes)}")
    entries = read_annotations(root, classes).entries.values()
    clips = Counter(entry.template for entry in entries if entry.split == "train")
    return sorted(classes, key=lambda template: (-clips[template], classes.index(template)))[:count]


def main() -> None:
    """Prints them, one a line."""
    try:
        root, count = Path(sys.argv[1]), int(sys.argv[2])
    except (IndexError, ValueError):
        sys.exit("usage: python -m framecast_something_something.most_frequent ROOT COUNT")
    try:
        print(
            f"# the {count} classes with the most official training clips", *most_frequent(root, count), sep="\n"
        )
    except framecast.InputError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
