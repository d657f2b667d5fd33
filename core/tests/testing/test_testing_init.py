"""What `newsdesk.testing` shows is what it says that it has, and no more is imported for it than must be."""

import inspect
import subprocess
import sys

import newsdesk.testing
import pytest


def test_everything_public_is_in_all():
    shown = {
        name
        for name, value in vars(newsdesk.testing).items()
        if not name.startswith("_") and not inspect.ismodule(value)
    }
    assert shown | {"ReporterContract"} == {*newsdesk.testing.__all__, "TYPE_CHECKING", "Any"}


def test_every_name_in_all_is_there_and_listed():
    for name in newsdesk.testing.__all__:
        assert getattr(newsdesk.testing, name) is not None
    assert set(newsdesk.testing.__all__) <= set(dir(newsdesk.testing))


def test_a_name_that_it_does_not_have_is_told():
    with pytest.raises(AttributeError, match=r"module 'newsdesk\.testing' has no attribute 'Contract'"):
        _ = newsdesk.testing.Contract


def test_the_faults_and_the_doubles_need_neither_pytest_nor_hypothesis():
    script = (
        "import sys, newsdesk.testing as t; t.MemoryReporter().report({'name': 'm'});"
        "print({'pytest', '_pytest', 'hypothesis'} & sys.modules.keys())"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
