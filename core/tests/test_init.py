import ast
import json
import subprocess
import sys
from pathlib import Path

import newsdesk
import pytest

SOURCE = ast.parse(Path(newsdesk.__file__).read_text(encoding="utf-8"))
HEAVY = {"mlflow", "sqlalchemy", "pydantic", "rich", "numpy", "pandas", "click", "yaml"}


def imported_for_types():
    """Give name and module of the imports behind TYPE_CHECKING."""
    (block,) = (node for node in SOURCE.body if isinstance(node, ast.If))
    return {
        alias.asname: node.module for node in block.body if isinstance(node, ast.ImportFrom) for alias in node.names
        if node.module.startswith("newsdesk.") and alias.name == alias.asname
    }  # fmt: skip


def modules_after(code):
    """Give the names of the modules that code imports in a fresh interpreter, and what it prints."""
    ran = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport json, sys; print(json.dumps(sorted(sys.modules)))"],
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    return set(json.loads(ran.stdout.splitlines()[-1]))


def test_all_names_are_what_type_checkers_see():
    assert {
        name: f"newsdesk.{module}" for name, module in newsdesk._MODULE_OF.items()
    } == imported_for_types()
    assert newsdesk.__all__ == sorted(imported_for_types())


@pytest.mark.parametrize("name", newsdesk.__all__)
def test_every_name_is_there_and_comes_from_where_it_is_said_to(name):
    value = getattr(newsdesk, name)
    assert value is getattr(sys.modules[imported_for_types()[name]], name)
    assert name in dir(newsdesk)
    assert name in vars(newsdesk)


def test_nothing_else_is_visible():
    public = {name for name in dir(newsdesk) if not name.startswith("_")}
    modules = {name for name in public if isinstance(vars(newsdesk).get(name), type(sys))}
    assert public - modules - set(newsdesk.__all__) == {"TYPE_CHECKING", "Any"}


def test_an_unknown_name_is_told_as_python_tells_it():
    with pytest.raises(AttributeError) as caught:
        newsdesk.no_such_name  # noqa: B018  (the access is the test)
    assert str(caught.value) == "module 'newsdesk' has no attribute 'no_such_name'"
    with pytest.raises(ImportError):
        exec("from newsdesk import no_such_name")


def test_importing_the_package_imports_next_to_nothing():
    loaded = modules_after("import newsdesk")
    assert not {name.partition(".")[0] for name in loaded} & {*HEAVY, "orjson", "pluggy"}
    assert {name for name in loaded if name.startswith("newsdesk.")} == set()


@pytest.mark.parametrize("definition", ["console", "null"])
def test_asking_for_a_light_reporter_imports_no_backend_and_nothing_heavy(definition):
    loaded = modules_after(f"import newsdesk; newsdesk.BaseReporter.from_dict({definition!r})")
    assert f"newsdesk.builtin.{definition}" in loaded
    assert not {name.partition(".")[0] for name in loaded} & HEAVY
    assert not {name for name in loaded if name.startswith(("newsdesk_mlflow", "newsdesk_postgres"))}


def test_the_example_of_the_docstring_compiles():
    example = newsdesk.__doc__.partition("::\n")[2]
    assert "newsdesk.report(" in example
    compile("\n".join(line.strip() for line in example.splitlines()), "example", "exec")
