"""The house as docs/architecture.md draws it: its folders, its floors, and who may know whom."""

from __future__ import annotations

import ast
import importlib.util
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from framecast.plugin import hooks
from framecast.plugin.kinds import KINDS
from framecast.registry.plugin_source import PluginSource
from framecast.registry.registry import Registry
from framecast.runs import layout

ROOT = Path(__file__).resolve().parents[1]
PLATFORM = ROOT / "platform" / "framecast"
PLUGINS = sorted(path.parent for path in (ROOT / "plugins").glob("*/__init__.py"))

FLOORS: list[set[str]] = [  # from the top; a room imports only from floors below its own
    {"cli"},
    {"report"},
    {"launch", "cluster"},
    {"evaluation", "testing", "scaffold"},
    {"engine", "search"},
    {"job"},
    {"data"},
    {"registry"},
    {"runs"},
    {"plugin"},
    {"confirmed_addresses", "variables_file"},
    {"user_folders", "bounded"},
    {"files", "secret_urls"},
    {"command_line", "errors", "json_text", "counting", "lazy_exports", "plain_text"},
]
FACADE = {"__init__", "__main__"}  # the two doors: they show what is inside, nobody inside goes through them


def imported(file: Path) -> Iterator[tuple[int, str]]:
    """(line, module) of every import in a file, also inside functions and under TYPE_CHECKING."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, name.name) for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{file}:{node.lineno} imports relatively"
            assert node.module
            yield node.lineno, node.module
            yield from ((node.lineno, f"{node.module}.{name.name}") for name in node.names)


def room(file: Path) -> str:
    return file.relative_to(PLATFORM).parts[0].removesuffix(".py")


def source_files() -> list[Path]:
    return [file for file in sorted(PLATFORM.rglob("*.py")) if room(file) not in FACADE]


def floor_of(name: str) -> int:
    return next(level for level, rooms in enumerate(FLOORS) if name in rooms)


@pytest.mark.parametrize("folder", ["platform", "plugins"])
@pytest.mark.parametrize("name", ["__init__.py", "platform.py"])
def test_a_source_root_is_not_a_package(folder: str, name: str) -> None:
    assert not (ROOT / folder / name).exists()


def test_no_folder_of_tests_shadows_the_standard_librarys_platform() -> None:
    assert not (ROOT / "tests" / "platform").exists()
    assert not list((ROOT / "tests").rglob("__init__.py"))


def test_import_platform_at_the_repository_root_is_the_standard_librarys() -> None:
    code = "import platform; print(platform.__file__); platform.system()"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert Path(done.stdout.strip()).parent == Path(ast.__file__).parent


def test_every_room_stands_on_a_floor() -> None:
    known = set().union(*FLOORS) | FACADE
    rooms = {path.stem for path in PLATFORM.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert rooms <= known


@pytest.mark.parametrize("file", source_files(), ids=lambda file: str(file.relative_to(PLATFORM)))
def test_a_room_imports_only_from_floors_below(file: Path) -> None:
    for line, module in imported(file):
        parts = module.split(".")
        if parts[0] != "framecast":
            continue
        assert len(parts) > 1, f"{file}:{line} imports the facade, which reaches every floor"
        if parts[1] != room(file):
            assert floor_of(parts[1]) > floor_of(room(file)), f"{file}:{line} imports {module}"


def test_rooms_on_one_floor_do_not_know_each_other() -> None:
    """Which the comparison of floors above includes; `launch` and `cluster` are such a pair."""
    for file in source_files():
        others = {name for rooms in FLOORS if room(file) in rooms for name in rooms} - {room(file)}
        assert not {f"framecast.{name}" for name in others} & {module for _, module in imported(file)}


@pytest.mark.parametrize("file", source_files(), ids=lambda file: str(file.relative_to(PLATFORM)))
def test_no_room_names_a_first_party_plugin(file: Path) -> None:
    text = file.read_text()
    assert not [package.name for package in PLUGINS if package.name in text and file.name != "hooks.py"]


def test_the_hooks_file_imports_no_plugin() -> None:
    """It is left out above, because the hook `framecast_metrics` has the name of a plugin package."""
    names = {package.name for package in PLUGINS}
    assert not names & {module.split(".")[0] for _, module in imported(PLATFORM / "plugin" / "hooks.py")}


@pytest.mark.parametrize("lower", ["engine", "evaluation", "job", "data", "registry", "runs"])
def test_rooms_below_launch_import_no_ray(lower: str) -> None:
    for file in (PLATFORM / lower).rglob("*.py"):
        assert not [module for _, module in imported(file) if module.split(".")[0] == "ray"], file


@pytest.mark.parametrize("lower", ["job", "registry", "runs", "errors.py"])
def test_rooms_below_the_engine_import_no_torch(lower: str) -> None:
    files = [PLATFORM / lower] if lower.endswith(".py") else list((PLATFORM / lower).rglob("*.py"))
    for file in files:
        assert not [module for _, module in imported(file) if module.split(".")[0] in ("torch", "deepspeed")], file


@pytest.mark.parametrize("package", PLUGINS, ids=lambda package: package.name)
def test_a_first_party_plugin_imports_what_any_plugin_may(package: Path) -> None:
    """Its own modules, other people's libraries, `framecast` as a whole, and what another plugin's `__all__`
    names: nothing private."""
    first_party = {other.name for other in PLUGINS}
    for file in package.rglob("*.py"):
        for line, module in imported(file):
            top = module.split(".")[0]
            if top == "framecast":
                assert module == "framecast", f"{file}:{line} imports {module}"
            elif top in first_party and top != package.name:
                public = {f"{top}.{name}" for name in getattr(import_module(top), "__all__", ())}
                assert module in {top, *public}, f"{file}:{line} imports {module}"


def test_every_declaration_of_a_first_party_plugin_has_an_entry_point_and_no_entry_point_is_without_one() -> None:
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"]
    entered = [
        (name, declared, module) for name, kind in KINDS.items() for declared, module in groups[kind.group].items()
    ]
    registry = Registry.exactly(PluginSource(package.name, package.name) for package in PLUGINS)
    declared = [(each.kind, each.declaration.name, each.source.module) for each in registry.known()]
    assert sorted(entered) == sorted(declared)


def test_every_hook_is_documented_and_known_by_its_kind() -> None:
    declared = {name for name in vars(hooks) if name.startswith("framecast_")}
    assert declared == {kind.hook for kind in KINDS.values()}
    for name in declared:
        assert getattr(hooks, name).__doc__


@pytest.mark.parametrize("file", source_files(), ids=lambda file: str(file.relative_to(PLATFORM)))
def test_every_module_says_what_it_is_for(file: Path) -> None:
    assert ast.get_docstring(ast.parse(file.read_text()))


def test_the_package_is_found_below_platform() -> None:
    spec = importlib.util.find_spec("framecast")
    assert spec is not None
    assert spec.origin == str(PLATFORM / "__init__.py")


def test_git_ignores_no_folder_of_the_sources() -> None:
    """`runs/` would ignore platform/framecast/runs too, and hatchling leaves out of the wheel what git ignores."""
    patterns = {line.strip() for line in (ROOT / ".gitignore").read_text().splitlines()}
    files = [file for top in ("platform", "plugins", "tests") for file in (ROOT / top).rglob("*.py")]
    folders = {part for file in files for part in file.relative_to(ROOT).parts[:-1]}
    assert not [pattern for pattern in patterns if pattern.rstrip("/") in folders]


def modules() -> dict[str, Path]:
    """Every module of the platform by its name."""
    found = {}
    for file in sorted(PLATFORM.rglob("*.py")):
        parts = file.relative_to(PLATFORM.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = file
    return found


def test_no_module_imports_itself_by_way_of_others() -> None:
    """Imports within functions count: a circle of them is a circle of knowledge."""
    known = modules()
    graph = {
        name: {module for _, module in imported(file) if module in known} - {name} for name, file in known.items()
    }
    while ends := [name for name, others in graph.items() if not others]:
        graph = {name: others - set(ends) for name, others in graph.items() if name not in ends}
    assert not graph, f"modules that import each other, and those above them: {sorted(graph)}"


_NAMES = {value for name, value in vars(layout).items() if name.isupper() and isinstance(value, str)}
_WORDS = {value for value in _NAMES if value.isalpha()}
"""Names that are words too, such as a job's key or a verb: only where they are used as a path."""
_FOLDERS = (layout.CHECKPOINTS, layout.LOGS, layout.PLUGINS, layout.TRIALS)
_SPELT = "|".join(re.escape(value) for value in sorted(_NAMES - _WORDS))
_PATH = re.compile(rf"(^|/)({_SPELT}|(worker|stacks-rank|clips|step)-)($|/)|^({'|'.join(_FOLDERS)})/")


def paths_in(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """(line, text) of the strings that name a file of a run; sentences, which have blanks, may do so."""
    for node in ast.walk(tree):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div) and isinstance(node.right, ast.Constant):
            if node.right.value in _NAMES:
                yield node.lineno, str(node.right.value)
        elif isinstance(node, ast.Compare) and ast.unparse(node.left).endswith(".name"):
            constants = (each for each in ast.walk(node) if isinstance(each, ast.Constant))
            yield from ((node.lineno, str(each.value)) for each in constants if each.value in _NAMES)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and not re.search(r"\s", node.value):
            yield from ((node.lineno, node.value) for _ in _PATH.finditer(node.value))


ROOMS_OF_RUNS = ("cli", "cluster", "engine", "evaluation", "job", "launch", "report", "runs", "search")
FILES_OF_RUNS = [file for file in source_files() if room(file) in ROOMS_OF_RUNS and file.name != "layout.py"]


@pytest.mark.parametrize("file", FILES_OF_RUNS, ids=lambda file: str(file.relative_to(PLATFORM)))
def test_only_the_layout_spells_the_files_of_a_run(file: Path) -> None:
    found = list(paths_in(ast.parse(file.read_text())))
    assert not found, f"{file}: take the name from runs/layout.py"


@pytest.mark.parametrize(
    ("code", "is_path"),
    [
        ('run.path / "stop"', True),
        ('file.name == "plan.yaml"', True),
        ('f"logs/{name}"', True),
        ('f"step-{n:08d}"', True),
        ('read("a/loop.json")', True),
        ('"stop"', False),
        ('job["plugins"]', False),
        ('InputError("events.jsonl is damaged")', False),
        ('command("logs", run)', False),
    ],
)
def test_the_search_for_names_finds_paths_and_no_sentences(code: str, is_path: bool) -> None:
    assert bool(list(paths_in(ast.parse(code)))) == is_path
