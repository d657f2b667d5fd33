"""The chapters of newsdesk_mlflow import one way only, type checking and imports within functions included."""

import ast
from pathlib import Path

import newsdesk_mlflow

SOURCE = Path(newsdesk_mlflow.__file__).parent
PACKAGE = SOURCE.name

# A chapter, or a module beside them, may import those of the lines above its own.
LAYERS = [
    {"choice", "errors", "responses", "testing"},
    {"connections", "limits", "refusal"},
    {"mapping", "auth"},
    {"transport"},
    {"reading"},
    {"checks"},
    {"reporter", "functions"},
    {"plugin"},
]
PLACES = {name: index for index, names in enumerate(LAYERS) for name in names}
MOST_MODULES = 12


def module_of(file):
    parts = (PACKAGE, *file.relative_to(SOURCE).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


# The package itself is left out: it only re-exports.
MODULES = {
    module_of(file): file
    for file in SOURCE.rglob("*.py")
    if file.parent / "__init__.py" != file or file.parent != SOURCE
}


def imported(file):
    """Give the modules of this package that a file imports, wherever it does so."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            below = [f"{node.module}.{alias.name}" for alias in node.names]
            names = [name if name in MODULES else node.module for name in below]
        else:
            continue
        yield from (name for name in names if name.split(".")[0] == PACKAGE)


EDGES = {name: set(imported(file)) for name, file in MODULES.items()}


def chapter(module):
    return module.split(".")[1] if "." in module else ""


def test_every_module_has_its_place():
    assert {chapter(name) for name in MODULES} == PLACES.keys()


def test_no_chapter_imports_from_its_own_line_or_from_below():
    wrong = {
        (source, target)
        for source, targets in EDGES.items()
        for target in targets
        if chapter(source) != chapter(target)
        and PLACES.get(chapter(target), len(LAYERS)) >= PLACES[chapter(source)]
    }
    assert wrong == set()


def test_the_modules_import_each_other_without_a_circle():
    left = dict(EDGES)
    while free := [name for name, targets in left.items() if not targets & left.keys()]:
        for name in free:
            del left[name]
    assert left == {}


def test_no_folder_has_more_modules_than_one_can_look_over():
    counts = {
        folder: len([*folder.glob("*.py")]) for folder in {file.parent for file in SOURCE.rglob("*.py")}
    }
    assert {folder.name: count for folder, count in counts.items() if count > MOST_MODULES} == {}
