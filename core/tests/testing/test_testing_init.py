"""`newsdesk.testing` has the names that it lists, and imports for each no more than it needs."""

import ast
import subprocess
import sys
from pathlib import Path

import newsdesk.testing
import pytest

SOURCE = ast.parse(Path(newsdesk.testing.__file__).read_text(encoding="utf-8"))


def imported_for_types():
    """Give name and module of the imports behind TYPE_CHECKING."""
    (block,) = (node for node in SOURCE.body if isinstance(node, ast.If))
    return {
        alias.asname: node.module for node in block.body for alias in node.names if alias.name == alias.asname
    }


def python(code, *, missing=()):
    """Run code in a fresh interpreter, where some modules are not installed."""
    hide = f"import sys; sys.modules.update(dict.fromkeys({missing!r}));"
    return subprocess.run([sys.executable, "-c", hide + code], capture_output=True, text=True, check=False)


def test_all_names_are_what_type_checkers_see():
    modules = newsdesk.testing._MODULE_OF
    assert {name: f"newsdesk.testing.{module}" for name, module in modules.items()} == imported_for_types()
    assert newsdesk.testing.__all__ == sorted(imported_for_types())


@pytest.mark.parametrize("name", newsdesk.testing.__all__)
def test_every_name_comes_from_where_it_is_said_to(name):
    value = getattr(newsdesk.testing, name)
    assert value is getattr(sys.modules[imported_for_types()[name]], name)
    assert name in dir(newsdesk.testing)


def test_nothing_else_is_visible():
    public = {name for name in dir(newsdesk.testing) if not name.startswith("_")}
    modules = {name for name in public if isinstance(vars(newsdesk.testing).get(name), type(sys))}
    assert public - modules - set(newsdesk.testing.__all__) == {"TYPE_CHECKING", "Any"}


def test_a_name_that_it_does_not_have_is_refused():
    with pytest.raises(AttributeError, match=r"module 'newsdesk\.testing' has no attribute 'Contract'"):
        _ = newsdesk.testing.Contract


def test_the_doubles_and_the_servers_need_nothing_of_the_extra():
    done = python(
        "from newsdesk.testing import MemoryReporter, Server; MemoryReporter().report({'name': 'm'})",
        missing=("pytest", "hypothesis", "h11"),
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("name", "missing"), [("FaultProxy", "h11"), ("HttpFraming", "h11"), ("ReporterContract", "pytest")]
)
def test_what_needs_the_extra_says_so(name, missing):
    done = python(f"from newsdesk.testing import {name}", missing=(missing,))
    last = done.stderr.strip().splitlines()[-1]
    assert (
        last
        == f"ModuleNotFoundError: newsdesk.testing.{name} needs {missing}: pip install 'newsdesk[testing]'"
    )


def test_a_module_that_is_missing_for_another_reason_is_not_explained_away():
    done = python("from newsdesk.testing import MemoryReporter", missing=("newsdesk.machine",))
    assert "pip install" not in done.stderr
    assert "newsdesk.machine" in done.stderr
