"""One package writes and deletes: `framecast.files`. What else does is listed here, with the reason."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

STREAM = "writes into a stream, or to a path that files gives"
PRIVATE = "in a temporary folder of mode 0700 and a random name"
CHECKS = "the conformance kit, in a temporary folder of its own or on files that the plugin's author names"

OTHER_WRITES = {
    "platform/framecast/bounded/regular_file.py": "opens for reading",
    "platform/framecast/cli/plugins_check.py": PRIVATE,
    "platform/framecast/cluster/send.py": PRIVATE,
    "platform/framecast/cluster/bundle.py": PRIVATE,
    "platform/framecast/data/video_writer.py": STREAM,
    "platform/framecast/engine/checkpoint/checkpointing.py": STREAM,
    "platform/framecast/engine/loop.py": "calls Checkpointing.save",
    "platform/framecast/engine/checkpoint/training_state.py": STREAM,
    "platform/framecast/evaluation/export.py": STREAM,
    "platform/framecast/evaluation/result.py": STREAM,
    "platform/framecast/evaluation/scoring.py": PRIVATE,
    "platform/framecast/launch/capture_output.py": "opens /dev/null",
    "platform/framecast/launch/evaluate.py": PRIVATE,
    "platform/framecast/launch/output.py": "opens /dev/null",
    "platform/framecast/launch/process_group.py": PRIVATE,
    "platform/framecast/launch/ray_token.py": "the user's own token where Ray reads it: created, never followed",
    "platform/framecast/launch/ray_folder.py": "the folder that Ray itself makes and uses",
    "platform/framecast/registry/import_probe.py": PRIVATE,
    "platform/framecast/report/contact_sheet.py": STREAM,
    "platform/framecast/report/pictures.py": STREAM,
    "platform/framecast/runs/url_folder.py": "sets the time of an open file",
    "platform/framecast/scaffold/plugin_template.py": "in a new folder of a random name",
    "platform/framecast/testing/callback_checks.py": CHECKS,
    "platform/framecast/testing/dataset_checks.py": CHECKS,
    "platform/framecast/testing/model_checkpoint_checks.py": CHECKS,
    "platform/framecast/testing/short_run.py": CHECKS,
    "platform/framecast/testing/plugin_under_test.py": CHECKS,
    "platform/framecast/testing/suite.py": CHECKS,
    "platform/framecast/user_folders.py": PRIVATE,
    "platform/framecast/variables_file.py": "created with mode 0600, and removed by the process that reads it",
    "plugins/framecast_conv_tt_lstm/decomposition.py": "moves the tiles of a kernel",
    "plugins/framecast_moving_mnist/prepare.py": STREAM,
}

_OS = {"open", "mkdir", "makedirs", "rename", "renames", "replace", "link", "symlink", "unlink", "remove"}
_OS |= {"rmdir", "removedirs", "truncate", "ftruncate", "chmod", "fchmod", "chown", "mkfifo", "utime"}
_SHUTIL = {"rmtree", "copy", "copy2", "copyfile", "copytree", "copymode", "copystat", "move", "unpack_archive"}
_PATH = {"write_text", "write_bytes", "mkdir", "touch", "unlink", "rename", "rmdir", "symlink_to", "chmod"}
_PATH |= {"hardlink_to"}
_LIBRARIES = {"save", "savez", "savez_compressed", "save_file", "tofile", "to_csv", "to_netcdf", "to_zarr"}
_LIBRARIES |= {"extract", "extractall"}
_TEMPORARY = {"mkdtemp", "mkstemp", "mktemp", "TemporaryDirectory", "NamedTemporaryFile", "TemporaryFile"}


def writing_calls(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """(line, what) of every call that opens for writing, makes, moves, changes or deletes files."""
    own = {  # functions of files that share a name with a call of shutil
        name.asname or name.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "framecast.files"
        for name in node.names
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        function = node.func
        if isinstance(function, ast.Name):
            name, owner = function.id, ""
        elif isinstance(function, ast.Attribute):
            name, owner = function.attr, function.value.id if isinstance(function.value, ast.Name) else "?"
        else:
            continue
        one_path = name == "replace" and len(node.args) == 1 and not node.keywords  # Path.replace
        by_module = (owner == "os" and name in _OS) or (owner in ("shutil", "") and name in _SHUTIL - own)
        by_method = bool(owner) and owner != "os" and (name in _PATH or one_path)
        if by_module or by_method or name in _LIBRARIES | _TEMPORARY or (name == "open" and _writes(node)):
            yield node.lineno, f"{owner}.{name}".lstrip(".")


def _writes(call: ast.Call) -> bool:
    """Whether a call of `open` has a mode that writes, or one that cannot be read off."""
    modes = [keyword.value for keyword in call.keywords if keyword.arg == "mode"]
    modes += call.args[1:2] if isinstance(call.func, ast.Name) else call.args[:2]
    texts = [mode.value for mode in modes if isinstance(mode, ast.Constant) and isinstance(mode.value, str)]
    return any(set(text) <= set("rwxabt+") and set(text) & set("wxa+") for text in texts)


def found() -> dict[str, list[tuple[int, str]]]:
    """By file, the calls outside of the package `files`."""
    files = [file for top in ("platform", "plugins") for file in sorted((ROOT / top).rglob("*.py"))]
    calls = {
        str(file.relative_to(ROOT)): list(writing_calls(ast.parse(file.read_text())))
        for file in files
        if file.parent != ROOT / "platform" / "framecast" / "files"
    }
    return {file: each for file, each in calls.items() if each}


def test_no_other_place_writes_or_deletes() -> None:
    others = {file: calls for file, calls in found().items() if file not in OTHER_WRITES}
    assert not others, "write through framecast.files, or enter the file above with a reason"


def test_the_list_of_exceptions_holds_no_more_than_there_are() -> None:
    assert set(OTHER_WRITES) <= set(found())


def test_the_search_finds_what_it_looks_for() -> None:
    text = """
open(a, "w"); path.open("ab"); open(a, mode="r+b"); open(a); path.open(); open(a, "rb")
os.replace(a, b); text.replace("a", "b"); path.replace(other); os.unlink(a); path.unlink(missing_ok=True)
shutil.rmtree(a); np.save(a, b); tempfile.mkdtemp(); path.touch(); values.copy(); os.path.exists(a)
"""
    calls = [what for _, what in writing_calls(ast.parse(text))]
    opened = ["open", "open", "path.open", "os.replace", "path.replace", "os.unlink", "path.unlink"]
    assert sorted(calls) == sorted([*opened, "shutil.rmtree", "np.save", "tempfile.mkdtemp", "path.touch"])
