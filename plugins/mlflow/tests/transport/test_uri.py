"""What a tracking URI tells."""

from pathlib import Path

import pytest
from newsdesk_mlflow import MlflowLoggingError
from newsdesk_mlflow.transport.tracking import Tracking
from newsdesk_mlflow.transport.uri import artifact_location


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


def test_a_database_without_the_full_mlflow_says_what_to_install(monkeypatch):
    import importlib.util

    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name in ("sqlalchemy", "alembic") else found(name)
    )
    with pytest.raises(MlflowLoggingError) as raised:
        Tracking.connect("sqlite:////data/store.db")
    assert str(raised.value) == (
        "the tracking URI 'sqlite:////data/store.db' is a database, and mlflow-skinny opens none (there is no sqlalchemy "
        "and no alembic): pip install 'newsdesk-mlflow[local]', or give a server's URI"
    )
