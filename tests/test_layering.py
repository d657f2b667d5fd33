"""Imports run one way only, within core and between distributions."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import newsdesk
import pytest

ROOT = Path(__file__).parents[1]
CORE = ROOT / "core" / "src"
PLUGINS = {"newsdesk_mlflow": ROOT / "plugins/mlflow/src", "newsdesk_postgres": ROOT / "plugins/postgres/src"}

# Each module may import those of the lines above its own, and none of its own line or below.
LAYERS = [
    {
        "docstrings",
        "exceptions",
        "secrets",
        "entry_points",
        "finding",
        "folder",
        "mounts",
        "reserve",
        "worker",
    },
    {"arguments", "batching", "canonical", "lines", "references", "retry"},
    {"machine", "parameters"},
    {"receipt", "definition", "lifecycle"},
    {"reporter", "listener"},
    {"hookspecs", "answers"},
    {"import_paths"},
    {"registry"},
    {"building"},
    {"database", "entry"},
    {"ledger"},
    {"outbox", "route"},
    {"backlog", "sender", "post", "seat"},
    {"spread", "keeper"},
    {"bulk"},
    {"desk"},
    {"config"},
    {"schema"},
    {"testing"},
    {"doctor"},
    {"cli"},
]
PLACES = {name: index for index, names in enumerate(LAYERS) for name in names}
# Reporters in the house's own clothes: they import what a plugin imports, and only the registry's list names them.
BUILTIN = ["exceptions", "folder", "machine", "receipt", "reporter", "hookspecs"]

# What a function imports from above its own layer, and why that is no knot.
UPWARD = {
    ("reporter", "building"): "BaseReporter.from_dict: a constructor that by its name belongs to the class",
}

# Core's public modules besides the package itself.
PUBLIC_MODULES = {"newsdesk.batching", "newsdesk.canonical", "newsdesk.hookspecs", "newsdesk.testing"}


class Import(NamedTuple):
    """One imported module, with the name that is taken of it, if one is."""

    module: str
    name: str | None
    in_function: bool


def modules(source: Path, package: str) -> list[Path]:
    return sorted((source / package).rglob("*.py"))


def imports(file: Path) -> Iterator[Import]:
    """Give what a file imports when it runs: what is for the type checker alone costs nobody anything."""
    tree = ast.parse(file.read_text("utf-8"))
    for node, in_function in _running(tree, in_function=False):
        if isinstance(node, ast.Import):
            yield from (Import(alias.name, None, in_function) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: a relative import"
            yield from (Import(node.module or "", alias.name, in_function) for alias in node.names)


def _running(node: ast.AST, *, in_function: bool) -> Iterator[tuple[ast.AST, bool]]:
    yield node, in_function
    inside = in_function or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
    left_out = node.body if isinstance(node, ast.If) and _is_for_types(node.test) else []
    for child in ast.iter_child_nodes(node):
        if child not in left_out:
            yield from _running(child, in_function=inside)


def _is_for_types(test: ast.expr) -> bool:
    return isinstance(test, ast.Name) and test.id == "TYPE_CHECKING"


def part(module: str, name: str | None) -> str:
    """Give the part of core that an import leads to: `newsdesk.cli.main` and `from newsdesk import cli` to `cli`."""
    below = module.split(".")[1:] or [name if name and (CORE / "newsdesk" / f"{name}.py").exists() else ""]
    return below[0]


def own_part(file: Path) -> str:
    return file.relative_to(CORE / "newsdesk").parts[0].removesuffix(".py")


def layer(name: str) -> int:
    return PLACES.get(name, -1)  # of a module without a place its own test tells


CORE_FILES = [file for file in modules(CORE, "newsdesk") if own_part(file) not in ("__init__", "builtin")]
CORE_EDGES = [
    (own_part(file), part(found.module, found.name), found.in_function)
    for file in CORE_FILES
    for found in imports(file)
    if found.module.split(".")[0] == "newsdesk"
]


def test_every_module_of_core_has_its_place():
    found = {own_part(file) for file in modules(CORE, "newsdesk")} - {"__init__", "builtin"}
    assert found - PLACES.keys() == set(), "give a new module its layer, as low as it goes"


def test_no_module_of_core_imports_from_its_own_layer_or_from_above():
    wrong = {
        (source, target)
        for source, target, in_function in CORE_EDGES
        if source != target and not in_function and layer(target) >= layer(source)
    }
    assert wrong == set()


def test_functions_import_upwards_only_where_it_is_declared():
    upward = {
        (source, target)
        for source, target, in_function in CORE_EDGES
        if source != target and in_function and layer(target) >= layer(source)
    }
    assert upward == UPWARD.keys()


def test_core_does_not_import_the_whole_of_itself():
    """`newsdesk` itself is for users: a module of core that took a name of it would hide on which module it stands."""
    assert [edge for edge in CORE_EDGES if edge[1] == ""] == []


def test_the_package_imports_nothing_of_itself_until_it_is_asked():
    found = [
        item for item in imports(CORE / "newsdesk" / "__init__.py") if item.module.startswith("newsdesk")
    ]
    assert found == []


def test_a_built_in_reporter_imports_what_a_plugin_may_import():
    targets = {
        part(found.module, found.name)
        for file in modules(CORE, "newsdesk")
        if own_part(file) == "builtin"
        for found in imports(file)
        if found.module.split(".")[0] == "newsdesk"
    }
    assert targets - {"builtin"} <= set(BUILTIN)


def test_core_imports_no_plugin():
    found = {item.module.split(".")[0] for file in modules(CORE, "newsdesk") for item in imports(file)}
    assert not found & PLUGINS.keys()


@pytest.mark.parametrize("package", PLUGINS)
def test_a_plugin_uses_only_public_names_of_core(package):
    wrong = {
        (file.name, found.module, found.name)
        for file in modules(PLUGINS[package], package)
        for found in imports(file)
        if found.module.split(".")[0] == "newsdesk" and not is_public(found)
    }
    assert wrong == set()


def is_public(found: Import) -> bool:
    if found.module == "newsdesk":
        return (
            found.name is None or found.name in newsdesk.__all__ or f"newsdesk.{found.name}" in PUBLIC_MODULES
        )
    return any(found.module == name or found.module.startswith(f"{name}.") for name in PUBLIC_MODULES)


@pytest.mark.parametrize("package", PLUGINS)
def test_a_plugin_imports_no_other_plugin(package):
    found = {
        item.module.split(".")[0] for file in modules(PLUGINS[package], package) for item in imports(file)
    }
    assert not found & (PLUGINS.keys() - {package})


@pytest.mark.parametrize("package", PLUGINS)
def test_the_modules_of_a_plugin_import_each_other_without_a_circle(package):
    source = PLUGINS[package]
    edges = {
        ".".join(file.relative_to(source).with_suffix("").parts): {
            target
            for found in imports(file)
            if not found.in_function
            for target in (found.module, f"{found.module}.{found.name}")
        }
        for file in modules(source, package)
    }
    edges.pop(f"{package}.__init__", None)
    while free := [name for name, targets in edges.items() if not targets & edges.keys()]:
        for name in free:
            del edges[name]
    assert edges == {}


@pytest.mark.parametrize("package", PLUGINS)
def test_the_hooks_of_a_plugin_import_only_the_hooks_of_core(package):
    found = {
        item.module for item in imports(PLUGINS[package] / package / "plugin.py") if not item.in_function
    }
    assert found <= {"collections.abc", "newsdesk", "newsdesk.hookspecs"}
