"""The reference in the docs agrees with the code: errors, limits, hooks, the schema of the config."""

import dataclasses
import importlib
import inspect
import json
import pkgutil
import re
import sys
from pathlib import Path

import newsdesk
import newsdesk_mlflow
import newsdesk_pages
import newsdesk_postgres
import pytest
import yaml
from jsonschema import Draft202012Validator
from newsdesk import Machine, record, slug
from newsdesk_mlflow.limits import FLAVOURS, ServerLimits
from newsdesk_postgres import parameters
from newsdesk_postgres.row import batches, text

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
SCHEMA = DOCS / "newsdesk.schema.json"
CAPTIONS = ["mlflow", "mlflow-2.22", "azureml"]


def rows(page: str) -> list[list[str]]:
    """Return the cells of each row of the tables in a page."""
    lines = (DOCS / page).read_text("utf-8").splitlines()
    return [
        [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        for line in lines
        if line.startswith("|")
    ]


# Raised within newsdesk-mlflow like those of MLflow's client, or by object stores, and translated.
TRANSLATED = {"AnswerError", "ConflictError", "StaleError", "WorkspaceError"}


def public_errors(package) -> set[str]:
    """Return the names of a package's public errors; those of the command end in it."""
    found = set()
    for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if info.name.startswith("newsdesk.cli."):
            continue
        module = importlib.import_module(info.name)
        found |= {
            name
            for name, value in inspect.getmembers(module, inspect.isclass)
            if issubclass(value, BaseException) and value.__module__ == info.name and not name.startswith("_")
        }
    return found - TRANSLATED


def test_every_public_error_and_no_other_has_its_causes_and_remedies():
    told = re.findall(r"^### (\w+)$", (DOCS / "reference-errors.md").read_text("utf-8"), re.MULTILINE)
    assert sorted(told) == sorted(
        {
            name
            for package in (newsdesk, newsdesk_mlflow, newsdesk_pages, newsdesk_postgres)
            for name in public_errors(package)
        }
    )


def test_the_tree_of_errors_is_the_one_of_the_code():
    page = (DOCS / "reference-errors.md").read_text("utf-8")
    tree = re.findall(r"^[│├└─ ]*(\w+)  ", page, re.MULTILINE)
    errors = {
        name
        for name, value in vars(newsdesk).items()
        if isinstance(value, type) and issubclass(value, newsdesk.ReporterException)
    }
    assert errors - {"ReporterException"} <= set(tree)


def shown(value: object) -> str:
    return {None: "none", True: "yes", False: "no"}.get(value, str(value))  # type: ignore[call-overload]


def test_the_limits_of_each_flavour_of_mlflow_are_those_of_the_code():
    told = {
        match[1]: dict(zip(CAPTIONS, row[1:], strict=False))
        for row in rows("limits.md")
        if len(row) == 5 and (match := re.match(r"`(\w+)`", row[0]))
    }
    names = [field.name for field in dataclasses.fields(ServerLimits) if field.name != "flavour"]
    assert told == {
        name: {caption: shown(getattr(FLAVOURS[caption], name)) for caption in CAPTIONS} for name in names
    }


def test_databricks_has_the_limits_of_mlflow():
    assert dataclasses.replace(FLAVOURS["databricks"], flavour="mlflow") == FLAVOURS["mlflow"]
    assert FLAVOURS.keys() == {*CAPTIONS, "databricks"}


@pytest.mark.parametrize(
    ("beginning", "figure"),
    [
        ("bytes of a machine's or project's name", text.NAME_BYTES),
        ("bytes of a table's or schema's name", parameters._IDENTIFIER_BYTES),
        ("rows of one statement", batches.MAX_ROWS),
        ("bytes of one statement", batches.MAX_BYTES),
        ("characters of a file or folder name", slug.LIMIT),
    ],
)
def test_a_limit_of_postgresql_or_of_files_is_that_of_the_code(beginning, figure):
    [row] = [row for row in rows("limits.md") if row[0].startswith(beginning)]
    assert row[1] == str(figure)


def test_the_schema_in_the_docs_is_the_one_of_the_code(run, tmp_path):
    told = run(Path(sys.executable).with_name("newsdesk"), "schema", cwd=tmp_path).stdout
    assert json.loads(SCHEMA.read_text("utf-8")) == json.loads(told), (
        "newsdesk schema > docs/newsdesk.schema.json"
    )


@pytest.mark.parametrize("path", sorted((ROOT / "examples").glob("*.yaml")), ids=lambda path: path.name)
def test_a_config_of_the_examples_is_valid_by_the_schema(path):
    schema = Draft202012Validator(json.loads(SCHEMA.read_text("utf-8")))
    assert [fault.message for fault in schema.iter_errors(yaml.safe_load(path.read_text("utf-8")))] == []


def test_every_public_name_of_newsdesk_is_in_the_reference():
    page = (DOCS / "reference-api.md").read_text("utf-8")
    documented = set(re.findall(r"^\.\. auto\w+:: newsdesk\.(?:hookspecs\.)?(\w+)$", page, re.MULTILINE))
    by_module = set(vars(importlib.import_module("newsdesk.exceptions")))
    assert set(newsdesk.__all__) - documented - by_module == set()


def test_every_path_in_a_record_that_newsdesk_reads_is_described():
    told = {row[0].strip("`"): row[1].strip("`") for row in rows("record.md") if row[0].strip("`").isupper()}
    assert told == {
        name: path for name, path in vars(record.paths).items() if name.isupper() and name[0] != "_"
    }


def test_what_is_said_of_the_ways_to_build_is_so_in_a_record_without_cross_validation():
    machine = Machine.from_json((ROOT / "examples/machines/buildonly-4tags.json").read_bytes())
    assert machine.evaluation["cv_mode"] == "build_only"
    assert (record.scores(machine), record.splits(machine), record.build(machine).cv_seconds) == (
        {},
        [],
        None,
    )
