"""Files of anybody are read by `framecast/bounded`. What else reads files stands here, with the reason."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FILES = sorted(
    file
    for folder in ("platform", "plugins")
    for file in (ROOT / folder).rglob("*.py")
    if not {"bounded", "testing", "templates"} & set(file.parts)
)
READERS = {
    "av.open",
    "gzip.open",
    "Image.open",
    "json.load",
    "json.loads",
    "load_file",
    "netCDF4.Dataset",
    "np.load",
    "np.loadtxt",
    "np.memmap",
    "open",
    "os.fdopen",
    "pickle.load",
    "pickle.loads",
    "safe_open",
    "tarfile.open",
    "torch.load",
    "xarray.open_dataset",
    "zarr.open_group",
    "zipfile.ZipFile",
}
METHODS = {"read_bytes", "read_text"}

CHECKED = "follows no link out of its folder, and is opened as a regular file, in framecast.files"
OURS = "a file that this process, or another of the same user, has just written"
SYSTEM = "a file of the system or of the installation"
LIBRARY = (
    "the library opens by name what was checked to be a regular file; sizes are limited before or while reading"
)

ALLOWED: dict[str, dict[str, str]] = {
    "platform/framecast/cluster/bundle.py": {
        "json.loads": SYSTEM,
        "read_text": SYSTEM,
        "zipfile.ZipFile": "the wheel that pip has just made",
    },
    "platform/framecast/data/image_file.py": {"Image.open": "of bytes read with a limit, and limited pixels"},
    "platform/framecast/data/orientation.py": {"Image.open": "of bytes read with a limit, and limited pixels"},
    "platform/framecast/data/video_container.py": {"av.open": "of an open regular file, with a limit of pixels"},
    "platform/framecast/data/video_writer.py": {"av.open": "writes"},
    "platform/framecast/engine/checkpoint/training_state.py": {
        "load_file": "of a checkpoint whose checksums were compared"
    },
    "platform/framecast/evaluation/result.py": {"json.loads": OURS, "open": OURS},
    "platform/framecast/evaluation/evaluation_target.py": {"load_file": LIBRARY},
    "platform/framecast/launch/capture_output.py": {"os.fdopen": "writes"},
    "platform/framecast/launch/doctor/machine.py": {"read_text": SYSTEM},
    "platform/framecast/launch/doctor/storage.py": {"open": OURS},
    "platform/framecast/launch/environment.py": {"read_text": SYSTEM},
    "platform/framecast/launch/listening.py": {"read_text": SYSTEM, "read_bytes": SYSTEM},
    "platform/framecast/launch/output.py": {"os.fdopen": "the process's own output"},
    "platform/framecast/launch/ray_token.py": {
        "os.fdopen": "the user's own token, whose owner and mode are checked"
    },
    "platform/framecast/launch/shared_storage.py": {"read_text": OURS},
    "platform/framecast/launch/undo.py": {
        "read_bytes": "files of a run that was just checked and is being driven"
    },
    "platform/framecast/registry/entry_points.py": {"read_text": "the metadata of an installed distribution"},
    "platform/framecast/registry/import_probe.py": {
        "json.loads": "the argument that the parent process has given"
    },
    "platform/framecast/registry/submissions.py": {
        "read_bytes": "of files whose number and sizes are limited there"
    },
    "platform/framecast/report/layout.py": {"read_text": SYSTEM},
    "platform/framecast/runs/driver.py": {"read_text": SYSTEM, "read_bytes": SYSTEM},
    "platform/framecast/plugin/event_lines.py": {
        "json.loads": "of a line of limited length; what is too deep is no event"
    },
    "platform/framecast/files/checksum.py": {"open": CHECKED},
    "platform/framecast/files/copying.py": {"open": "copies a file whole, and parses none"},
    "platform/framecast/files/open_file.py": {"open": "of a descriptor that was opened without following links"},
    "platform/framecast/variables_file.py": {"os.fdopen": "the user's own variables, in a file of mode 0600"},
    "plugins/framecast_conv_tt_lstm/published.py": {"torch.load": "of an open regular file, weights alone"},
    "plugins/framecast_gridded/files.py": {
        "netCDF4.Dataset": LIBRARY,
        "xarray.open_dataset": LIBRARY,
        "zarr.open_group": "of the bounded store",
    },
    "plugins/framecast_gridded/references.py": {"open": "reads the first bytes of what was checked to be a file"},
    "plugins/framecast_gridded/sizes.py": {"netCDF4.Dataset": LIBRARY},
    "plugins/framecast_gridded/zarr_store.py": {"zarr.open_group": "of the bounded store"},
    "plugins/framecast_metrics/backbone.py": {"load_file": LIBRARY, "torch.load": LIBRARY, "read_bytes": SYSTEM},
    "plugins/framecast_metrics/heads.py": {"torch.load": SYSTEM},
    "plugins/framecast_moving_mnist/digits/__init__.py": {"np.load": SYSTEM},
    "plugins/framecast_moving_mnist/digits/formats.py": {"np.loadtxt": "of text that was read with a limit"},
}
"""By file, what it calls and why that is fine."""


def calls(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """(line, call) of everything that reads a file, or text that was read from one."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func)
        if name == "open" and any(
            _writes(each) for each in (*node.args[1:2], *(key.value for key in node.keywords))
        ):
            continue
        if name in READERS:
            yield node.lineno, name
        elif (
            isinstance(node.func, ast.Attribute)
            and node.func.attr in METHODS
            and not name.startswith(("framecast.", "bounded."))
        ):
            yield node.lineno, node.func.attr
        elif isinstance(node.func, ast.Attribute) and node.func.attr == "load" and "YAML" in name:
            yield node.lineno, "YAML.load"


def _writes(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value[:1] in ("w", "a", "x")


def found_in(file: Path) -> set[str]:
    return {name for _, name in calls(ast.parse(file.read_text()))}


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_files_are_read_by_the_bounded_readers(file: Path) -> None:
    name = str(file.relative_to(ROOT))
    others = found_in(file) - ALLOWED.get(name, {}).keys()
    assert not others, f"{name}: {', '.join(sorted(others))}: read with framecast.bounded, or say here why not"


def test_what_is_allowed_is_still_there() -> None:
    """A reason outlives its place otherwise."""
    gone = [
        f"{name}: {call}"
        for name, allowed in ALLOWED.items()
        for call in allowed
        if not (ROOT / name).exists() or call not in found_in(ROOT / name)
    ]
    assert not gone


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("json.loads(text)", ["json.loads"]),
        ("open(file)", ["open"]),
        ("open(file, 'rb')", ["open"]),
        ("open(file, 'wb')", []),
        ("open(file, mode='a')", []),
        ("path.read_text()", ["read_text"]),
        ("(folder / 'x').read_bytes()", ["read_bytes"]),
        ("framecast.bounded.read_text(file)", []),
        ("read_text(file)", []),
        ("YAML(typ='safe').load(file)", ["YAML.load"]),
        ("np.load(file)", ["np.load"]),
    ],
)
def test_the_search_finds_what_reads(code: str, found: list[str]) -> None:
    assert [name for _, name in calls(ast.parse(code))] == found
