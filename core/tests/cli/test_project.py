"""The names of a plugin's project."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from newsdesk.cli.project import MAX_LENGTH, Project, compatible
from newsdesk.plugins.hookspecs import ReporterPlugin
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


@pytest.mark.parametrize("text", ["pump-notes", "newsdesk-pump-notes"])
def test_all_names_are_made_of_the_reporters(text):
    project = Project.of(text)
    assert (project.name, project.distribution) == ("pump-notes", "newsdesk-pump-notes")
    assert (project.package, project.reporter) == ("newsdesk_pump_notes", "PumpNotesReporter")


@given(st.text(max_size=MAX_LENGTH + 2) | st.from_regex(r"[a-z0-9-]{1,42}", fullmatch=True))
def test_a_name_that_is_taken_can_be_used_everywhere(text):
    with contextlib.suppress(ValueError):
        project = Project.of(text)
        assert canonicalize_name(project.distribution) == project.distribution
        assert project.package.isidentifier()
        assert project.reporter.isidentifier()
        assert ReporterPlugin(project.name, f"{project.package}.reporter:{project.reporter}")


@pytest.mark.parametrize(
    ("version", "admitted", "refused"),
    [
        ("0.1.0", ["0.1.0", "0.1.9"], ["0.0.9", "0.2.0", "1.0"]),
        ("0.9.2", ["0.9.2"], ["0.9.1", "0.10"]),
        ("1.4.2", ["1.4.2", "1.99"], ["1.4.1", "2.0"]),
        ("0.2.0.dev1", ["0.2.0.dev1", "0.2.0"], ["0.3"]),
    ],
)
def test_a_project_admits_the_versions_that_promise_to_run_it(version, admitted, refused):
    specifier = Requirement(f"newsdesk{compatible(version)}").specifier
    assert [specifier.contains(other, prereleases=True) for other in admitted] == [True] * len(admitted)
    assert [specifier.contains(other) for other in refused] == [False] * len(refused)
