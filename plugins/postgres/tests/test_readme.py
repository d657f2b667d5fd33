"""What the README shows is what happens."""

import re
from pathlib import Path

import pytest
import yaml
from newsdesk import BaseReporter
from newsdesk_postgres import PostgresReporter
from newsdesk_postgres.table.statements import COLUMNS

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


@pytest.mark.parametrize("script", blocks("python"))
def test_its_python_runs(script, run_script, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "127.0.0.1" in run_script(script)


def test_its_config_names_a_reporter():
    (definition,) = yaml.safe_load(blocks("yaml")[0])["reporters"]
    assert isinstance(BaseReporter.from_dict(definition), PostgresReporter)


def test_its_query_is_answered(reporter, database):
    assert database.query(blocks("sql")[0]) == []


def test_it_names_every_parameter_with_its_default():
    rows = re.findall(r"^\| (`.*?) \| (.*?) \|", README, re.MULTILINE)
    told = {
        name: default
        for names, default in rows
        for name in re.findall(r"`(\w+)`", names)
        for default in [default]
    }
    for name, default in PostgresReporter("h").get_params().items():
        shown = str(default).lower() if isinstance(default, bool) else str(default)
        assert default in (None, "h") or f"`{shown}`" in told[name]
        assert name in told


def test_it_names_every_column():
    table = README.partition("## The table")[2]
    assert all(f"`{column}`" in table for column in COLUMNS)
