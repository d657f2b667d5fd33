"""`newsdesk_gordo.ModelBuilder`: what it returns reports itself through newsdesk."""

import json
import logging
import sys
from pathlib import Path

import pytest

FILES = {"files": {"path": "reports"}}
REFUSED = {"mlflow": {"tracking_uri": "http://127.0.0.1:9"}}


def reported():
    """Return the machines in the folder of `FILES`."""
    return [json.loads(path.read_text())["name"] for path in Path("reports").rglob("*.json")]


def test_a_built_machine_reports_itself_to_its_own_reporters(build):
    machine = build(FILES)
    assert not Path("reports").exists()
    machine.report()
    assert reported() == ["pump-7"]


def test_the_builder_is_a_subclass_of_gordos_as_it_requires(gordo):
    assert issubclass(gordo.ModelBuilder, sys.modules["gordo.builder"].ModelBuilder)


def test_a_builder_of_ones_own_reports_with_the_mixin(gordo, build):
    class TeamBuilder(sys.modules["gordo.builder"].ModelBuilder):
        def build(self, *args, **kwargs):
            model, machine = super().build(*args, **kwargs)
            machine.runtime["team"] = True
            return model, machine

    class ReportingBuilder(gordo.Reporting, TeamBuilder):
        pass

    machine = build(FILES, builder=ReportingBuilder)
    machine.report()
    assert machine.runtime["team"]
    assert reported() == ["pump-7"]


@pytest.mark.parametrize("by", ["variable", "working folder"])
def test_the_reporters_of_a_config_take_precedence(build, monkeypatch, tmp_path, by):
    path = tmp_path / ("newsdesk.yaml" if by == "working folder" else "elsewhere.yaml")
    path.write_text("reporters: [{files: {path: reports}}]")
    if by == "variable":
        monkeypatch.setenv("NEWSDESK_CONFIG", str(path))
    build(REFUSED).report()
    assert reported() == ["pump-7"]


def test_the_environment_of_a_config_is_that_of_the_variable(build, monkeypatch):
    text = "reporters: ['null']\nenvironments: {prod: {reporters: [{files: {path: reports}}]}}"
    Path("newsdesk.yaml").write_text(text)
    monkeypatch.setenv("NEWSDESK_ENV", "prod")
    build().report()
    assert reported() == ["pump-7"]


def test_a_reporter_that_fails_stops_no_other(build):
    Path("newsdesk.yaml").write_text(
        """
        reporters:
          - files: {path: "${env:NOT_SET}"}
            label: broken
          - files: {path: reports}
        """
    )
    machine = build()
    with pytest.raises(sys.modules["gordo.reporters.exceptions"].ReporterException) as raised:
        machine.report()
    assert reported() == ["pump-7"]
    text = str(raised.value)
    assert text.startswith("1 of 2 deliveries failed: north/pump-7 at broken; broken (failed): ")
    assert "NOT_SET" in text


def test_a_wrong_definition_is_refused_before_the_build(build):
    with pytest.raises(sys.modules["gordo_core.exceptions"].ConfigException, match="did you mean 'path'"):
        build({"files": {"pth": "reports"}})


def test_a_wrong_config_is_refused_before_the_build(build):
    Path("newsdesk.yaml").write_text("reporter: []")
    with pytest.raises(
        sys.modules["gordo_core.exceptions"].ConfigException, match="did you mean 'reporters'"
    ):
        build(FILES)


def test_the_rest_of_a_config_applies_to_a_machines_own_reporters(build):
    Path("newsdesk.yaml").write_text("allow_import_paths: [team.]")
    with pytest.raises(sys.modules["gordo_core.exceptions"].ConfigException, match="allowed are: team"):
        build("other.reporters.Reporter")


def test_the_log_tells_where_the_machine_is(build, caplog):
    caplog.set_level(logging.INFO)
    build(FILES).report()
    [line] = [record.getMessage() for record in caplog.records if record.name.startswith("newsdesk_gordo")]
    assert line.startswith("north/pump-7 at files: ")
    assert Path(line.partition("files: ")[2].removeprefix("file://")).exists()


def test_a_machine_without_reporters_is_not_reported_and_the_log_warns(build, caplog):
    build().report()
    assert "it is not reported" in caplog.text
