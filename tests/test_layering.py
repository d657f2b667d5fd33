"""Imports run one way only, within core and between distributions."""

import ast
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import newsdesk
import pytest

ROOT = Path(__file__).parents[1]
CORE = ROOT / "core" / "src"
PLUGINS = {
    f"newsdesk_{file.parent.name}": file.parent / "src"
    for file in sorted((ROOT / "plugins").glob("*/pyproject.toml"))
}
HOOKED = [name for name, source in PLUGINS.items() if (source / name / "plugin.py").exists()]

# A chapter may import those in the rows above it. In the first row, each module is a chapter.
ROWS = [
    {
        "alteration",
        "slug",
        "exceptions",
        "secrets",
        "canonical",
        "batching",
        "atomic",
        "machine",
        "routing",
        "record",
        "future",
        "worker",
    },
    {"contract"},
    {"plugins", "objectstore"},
    {"builtin", "outbox"},
    {"delivery"},
    {"config", "testing"},
    {"comparison", "doctor"},
    {"cli"},
    {"__main__"},
]
PLACES = {name: index for index, names in enumerate(ROWS) for name in names}

# The same for the chapters and top modules of `newsdesk.testing`.
TESTING_ROWS = [
    {"doubles", "faults", "inspection", "machines", "protocols", "servers", "strategies"},
    {"capabilities", "proxy"},
    {"processes"},
    {"harness"},
    {"checks"},
    {"contract", "fixtures"},
]
TESTING_PLACES = {name: index for index, names in enumerate(TESTING_ROWS) for name in names}

# Allowed upward imports, always within a function, with the reason.
UPWARD = {
    ("newsdesk.contract.reporter", "newsdesk.builtin.registry"): "BaseReporter.from_dict: a constructor",
    ("newsdesk.contract.reporter", "newsdesk.plugins.building"): "that by its name belongs to the class",
}

# Built-in reporters import only what plugins may import; `registry` is the list of reporters.
BUILTIN = [
    "alteration",
    "atomic",
    "canonical",
    "exceptions",
    "machine",
    "record",
    "secrets",
    "slug",
    "contract",
]
BUILTIN += ["objectstore"]

# Limits of modules in a folder, and at the top besides those that Python itself looks for.
MOST_IN_A_FOLDER = 12
MOST_AT_THE_TOP = 8

# Core's public modules besides the package itself.
PUBLIC_MODULES = {
    "newsdesk.atomic",
    "newsdesk.batching",
    "newsdesk.canonical",
    "newsdesk.plugins.hookspecs",
    "newsdesk.record",
    "newsdesk.testing",
}


class Import(NamedTuple):
    """An import of one module by another."""

    source: str
    target: str
    in_function: bool


def modules(source: Path, package: str) -> dict[str, Path]:
    """Return the files of a package by the names of their modules."""
    return {
        ".".join(file.relative_to(source).with_suffix("").parts).removesuffix(".__init__"): file
        for file in sorted((source / package).rglob("*.py"))
        if "template" not in file.relative_to(source).parts
    }


def imports(module: str, file: Path, known: Collection[str]) -> Iterator[Import]:
    """Return the imports of a file: top level, within functions, and for type checking only."""
    for node, in_function in _walked(ast.parse(file.read_text("utf-8")), in_function=False):
        if isinstance(node, ast.Import):
            yield from (Import(module, alias.name, in_function) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: a relative import"
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield Import(module, whole if whole in known else str(node.module), in_function)


def _walked(node: ast.AST, *, in_function: bool) -> Iterator[tuple[ast.AST, bool]]:
    yield node, in_function
    inside = in_function or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
    for child in ast.iter_child_nodes(node):
        yield from _walked(child, in_function=inside)


def edges(source: Path, package: str) -> list[Import]:
    """Return the imports between the modules of a package."""
    files = modules(source, package)
    return [
        found
        for module, file in files.items()
        for found in imports(module, file, files)
        if found.target.split(".")[0] == package and found.source != found.target
    ]


def knots(found: Iterable[Import]) -> set[tuple[str, str]]:
    """Return the imports that are part of a cycle, or lead from one cycle to another."""
    left = {(edge.source, edge.target) for edge in found}
    while loose := {
        (source, target)
        for source, target in left
        if target not in {s for s, _ in left} or source not in {t for _, t in left}
    }:
        left -= loose
    return left


def chapter(module: str) -> str:
    """Return the chapter of a module of core: `delivery` of `newsdesk.delivery.desk`."""
    return module.split(".")[1] if "." in module else ""


CORE_EDGES = edges(CORE, "newsdesk")


def upward(edge: Import) -> bool:
    """Return whether an import leads to another chapter that is not in a row above."""
    source, target = chapter(edge.source), chapter(edge.target)
    return source != target and PLACES.get(target, 0) >= PLACES.get(source, len(ROWS))


def is_within_the_base(edge: Import) -> bool:
    """Return whether an import is between top modules, which the test of cycles covers."""
    return {chapter(edge.source), chapter(edge.target)} <= ROWS[0]


def test_every_chapter_of_core_has_its_row():
    found = {chapter(module) for module in modules(CORE, "newsdesk")} - {""}
    assert found == PLACES.keys()


def test_chapters_import_one_way():
    wrong = {(e.source, e.target) for e in CORE_EDGES if upward(e) and not is_within_the_base(e)}
    # The package exports the public names of all chapters, and imports them lazily.
    assert {edge for edge in wrong if edge[0] != "newsdesk"} == UPWARD.keys()


def test_the_chapters_of_testing_import_one_way():
    named = [
        (edge, edge.source.split(".")[2], edge.target.split(".")[2])
        for edge in CORE_EDGES
        if edge.source.startswith("newsdesk.testing.") and edge.target.startswith("newsdesk.testing.")
    ]
    assert {name for _, source, target in named for name in (source, target)} <= TESTING_PLACES.keys()
    wrong = {
        (edge.source, edge.target)
        for edge, source, target in named
        if source != target and TESTING_PLACES[target] >= TESTING_PLACES[source]
    }
    assert wrong == set()


def test_what_imports_upwards_does_so_within_a_function():
    assert {e.in_function for e in CORE_EDGES if (e.source, e.target) in UPWARD} == {True}


def test_no_modules_of_core_import_each_other_in_a_circle():
    """A folder's `__init__` re-exports its modules, so it is not one of them."""
    folders = {name for name, file in modules(CORE, "newsdesk").items() if file.name == "__init__.py"}
    found = [e for e in CORE_EDGES if e.source not in folders and (e.source, e.target) not in UPWARD]
    assert knots(found) == set()


def test_core_does_not_import_the_whole_of_itself():
    """`newsdesk` itself is for users: modules of core import from the defining module."""
    assert [edge for edge in CORE_EDGES if edge.target == "newsdesk"] == []


def test_the_package_imports_nothing_until_it_is_asked():
    running = ast.parse((CORE / "newsdesk" / "__init__.py").read_text("utf-8"))
    for_types = [node for node in running.body if isinstance(node, ast.If)]
    found = {e.target for e in CORE_EDGES if e.source == "newsdesk"}
    taken = {n.module for node in for_types for n in node.body if isinstance(n, ast.ImportFrom)}
    assert found == taken


def test_a_built_in_reporter_imports_what_a_plugin_may_import():
    targets = {
        chapter(e.target)
        for e in CORE_EDGES
        if chapter(e.source) == "builtin"
        and e.source not in {"newsdesk.builtin.registry", "newsdesk.builtin.plugin"}
    }
    assert targets - {"builtin"} <= set(BUILTIN)


def test_no_folder_of_core_is_crowded():
    crowded = {
        str(folder.relative_to(CORE)): len(files)
        for folder in (CORE / "newsdesk").rglob("*")
        if folder.is_dir() and "template" not in folder.parts
        if len(files := [f for f in folder.glob("*.py") if f.name != "__init__.py"]) > MOST_IN_A_FOLDER
    }
    assert crowded == {}
    top = [f.stem for f in (CORE / "newsdesk").glob("*.py") if not f.stem.startswith("__")]
    assert len(top) <= MOST_AT_THE_TOP


CHAPTERS_OF_TESTING = [f"testing/{f.parent.name}" for f in (CORE / "newsdesk/testing").glob("*/__init__.py")]


@pytest.mark.parametrize("name", sorted({*PLACES.keys() - ROWS[0] - {"__main__"}, *CHAPTERS_OF_TESTING}))
def test_each_chapter_says_what_it_is_for_and_what_it_may_import(name):
    docstring = ast.get_docstring(ast.parse((CORE / "newsdesk" / name / "__init__.py").read_text("utf-8")))
    assert docstring is not None
    assert "May import:" in docstring


def test_core_imports_no_plugin():
    known = modules(CORE, "newsdesk")
    found = {e.target.split(".")[0] for name, file in known.items() for e in imports(name, file, known)}
    assert not found & PLUGINS.keys()


def plugin_imports(package: str) -> list[tuple[str, str, str | None]]:
    """Return module, target and name of each import of a plugin."""
    return [
        (module, *found)
        for module, file in modules(PLUGINS[package], package).items()
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        for found in _taken(node)
    ]


def _taken(node: ast.AST) -> list[tuple[str, str | None]]:
    if isinstance(node, ast.Import):
        return [(alias.name, None) for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [(str(node.module), alias.name) for alias in node.names]
    return []


@pytest.mark.parametrize("package", PLUGINS)
def test_a_plugin_uses_only_public_names_of_core(package):
    wrong = {
        found
        for found in plugin_imports(package)
        if found[1].split(".")[0] == "newsdesk" and not is_public(*found[1:])
    }
    assert wrong == set()


def is_public(module: str, name: str | None) -> bool:
    if module == "newsdesk":
        return name is None or name in newsdesk.__all__ or f"newsdesk.{name}" in PUBLIC_MODULES
    return any(module == public or module.startswith(f"{public}.") for public in PUBLIC_MODULES)


@pytest.mark.parametrize("package", PLUGINS)
def test_a_plugin_imports_no_other_plugin(package):
    found = {target.split(".")[0] for _, target, _ in plugin_imports(package)}
    assert not found & (PLUGINS.keys() - {package})


@pytest.mark.parametrize("package", PLUGINS)
def test_no_modules_of_a_plugin_import_each_other_in_a_circle(package):
    files = modules(PLUGINS[package], package)
    found = edges(PLUGINS[package], package)
    assert knots(e for e in found if files[e.source].name != "__init__.py") == set()


@pytest.mark.parametrize("package", HOOKED)
def test_the_hooks_of_a_plugin_import_only_the_hooks_of_core(package):
    tree = ast.parse((PLUGINS[package] / package / "plugin.py").read_text("utf-8"))
    found = {
        e.target for e in imports("plugin", PLUGINS[package] / package / "plugin.py", {}) if not e.in_function
    }
    assert tree.body
    assert found <= {"collections.abc", "typing", "newsdesk", "newsdesk.plugins.hookspecs"}
