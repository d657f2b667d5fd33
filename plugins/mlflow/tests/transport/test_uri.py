"""What a tracking URI says."""

from pathlib import Path

import pytest
from newsdesk_mlflow import MlflowLoggingError
from newsdesk_mlflow.transport.connecting import connect
from newsdesk_mlflow.transport.uri import artifact_location, store_address, uri_problem


@pytest.mark.parametrize(
    ("uri", "place"),
    [
        ("sqlite:////data/store.db", "file:///data/mlartifacts"),
        ("sqlite:////data/a b/store.db?timeout=5", "file:///data/a%20b/mlartifacts"),
        ("sqlite:///store.db", (Path.cwd() / "mlartifacts").as_uri()),
        ("sqlite+pysqlite:////data/store.db", "file:///data/mlartifacts"),
        ("sqlite://", None),
        ("sqlite:///:memory:", None),
        ("http://127.0.0.1:5000", None),
        ("postgresql://h/d", None),
    ],
)
def test_artifacts_stand_beside_the_file_wherever_the_working_folder_is(uri, place):
    assert artifact_location(uri) == place


@pytest.mark.parametrize(
    ("uri", "problem"),
    [
        ("127.0.0.1:5000", "lacks a scheme; write 'http://127.0.0.1:5000' or 'https://127.0.0.1:5000'"),
        ("mlflow.corp:5000", "lacks a scheme; write 'http://mlflow.corp:5000' or 'https://mlflow.corp:5000'"),
        ("localhost:5000/x", "lacks a scheme; write 'http://localhost:5000/x' or 'https://localhost:5000/x'"),
        ("[::1]:5000", "lacks a scheme; write 'http://[::1]:5000' or 'https://[::1]:5000'"),
        ("//h:5000", "lacks a scheme; write 'http://h:5000' or 'https://h:5000'"),
        ("me:hunter2@h:5000", "lacks a scheme; write 'http://h:5000' or 'https://h:5000'"),
        ("localhost", "lacks a scheme; write 'http://localhost' for a server, './localhost' for a folder"),
        (
            "mlflow.corp/x",
            "lacks a scheme; write 'http://mlflow.corp/x' for a server, './mlflow.corp/x' for a folder",
        ),
        ("http:h:5000", "lacks the slashes after 'http'; write http://HOST:PORT"),
        ("http:/h", "lacks the slashes after 'http'; write http://HOST:PORT"),
        ("http://", "is not a valid URL; write http://HOST:PORT"),
        ("http://h:port", "is not a valid URL; write http://HOST:PORT"),
        ("http://[", "is not a valid URL; write http://HOST:PORT"),
        (
            "http://me:hunter/2@h",
            "is not a valid URL; write http://HOST:PORT, with special characters of a password percent-encoded",
        ),
        ("http://h:5000\n", "begins or ends with white space; remove it"),
        ("", "is empty; leave it out to use MLflow's default"),
    ],
)
def test_an_address_that_mlflow_would_take_for_a_folder_or_fail_on_later_is_named(uri, problem):
    assert uri_problem(uri) == problem


@pytest.mark.parametrize(
    "uri",
    [
        *("./mlruns", "/data/mlruns", "../runs.d", "mlruns", "runs/2026", "~/runs", "C:\\runs", "C:/runs"),
        *(
            "file:mlruns",
            "file:///data/mlruns",
            "sqlite:///a b/store.db",
            "databricks",
            "databricks://profile",
        ),
        *("http://h", "https://me:pw@h:5000/at", "http://[::1]:5000", "postgresql+psycopg2://u:p@h/d"),
        *("azureml://h/mlflow", "gopher://h"),
    ],
)
def test_a_folder_and_what_has_a_scheme_is_left_to_mlflow(uri):
    assert uri_problem(uri) is None


@pytest.mark.parametrize(
    ("uri", "address"),
    [
        ("sqlite:////data/store.db?timeout=5", "sqlite:////data/store.db"),
        ("sqlite:///store.db", f"sqlite:///{Path.cwd() / 'store.db'}"),
        ("./runs", (Path.cwd() / "runs").as_uri()),
        ("/data/runs", "file:///data/runs"),
        ("file:///data/runs", "file:///data/runs"),
        ("file:runs", (Path.cwd() / "runs").as_uri()),
        ("postgresql+psycopg2://u:hunter2@h/d?sslmode=require", "postgresql+psycopg2://***@h/d"),
        ("azureml://h/workspaces/w#17", "azureml://h/workspaces/w"),
    ],
)
def test_a_store_is_named_absolutely_and_without_secrets(uri, address):
    assert store_address(uri) == address


def test_a_database_without_the_full_mlflow_says_what_to_install(monkeypatch):
    import importlib.util

    import mlflow.tracking  # noqa: F401  (first: it registers the stores that it can find, once)

    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name in ("sqlalchemy", "alembic") else found(name)
    )
    with pytest.raises(MlflowLoggingError) as raised:
        connect("sqlite:////data/store.db")
    assert str(raised.value) == (
        "the tracking URI 'sqlite:////data/store.db' is a database, which mlflow-skinny cannot open without "
        "sqlalchemy and alembic: pip install 'newsdesk-mlflow[local]', or use a server's URI"
    )
