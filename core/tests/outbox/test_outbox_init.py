"""The names of `newsdesk.outbox`, which are imported when they are used."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from newsdesk import outbox


def imported_for_types():
    """Return each name with its module, as type checkers see it."""
    source = ast.parse(Path(outbox.__file__).read_text("utf-8"))
    (block,) = (node for node in source.body if isinstance(node, ast.If))
    return {node.names[0].asname: node.module for node in block.body if isinstance(node, ast.ImportFrom)}


def test_all_names_are_what_type_checkers_see():
    modules = {name: f"newsdesk.outbox.{module}" for name, module in outbox._MODULE_OF.items()}
    assert modules == imported_for_types()
    assert outbox.__all__ == sorted(modules)


@pytest.mark.parametrize("name", outbox.__all__)
def test_every_name_comes_from_where_it_is_said_to(name):
    assert getattr(outbox, name) is getattr(sys.modules[imported_for_types()[name]], name)
    assert name in dir(outbox)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match=r"module 'newsdesk\.outbox' has no attribute 'Outbocks'"):
        outbox.Outbocks  # noqa: B018  (the access is the test)


def test_a_config_without_an_outbox_imports_no_sqlite():
    code = "import sys, newsdesk; newsdesk.Config.from_yaml('reporters: [null]').desk(); assert 'sqlite3' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
