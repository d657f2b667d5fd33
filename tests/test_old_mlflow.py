"""MLflow 2.22 with SQLAlchemy 2.1, which its requirements admit: it opens no database, and we say what to install."""

from pathlib import Path

import pytest

MACHINE = Path(__file__).parents[1] / "examples" / "machines" / "ae-4tags.json"
IMPORTED = "import json, mlflow.store.db.utils; print(json.dumps('imported'))"
SAID = "MLflow 2.22.5 cannot open sqlite:///store.db with SQLAlchemy 2.1"
REMEDY = "pip install 'sqlalchemy<2.1'"


@pytest.fixture(scope="module")
def old(environment, wheels, tmp_path_factory):
    folder = tmp_path_factory.mktemp("old-mlflow") / "venv"
    make = type(environment("newsdesk")).make
    needed = ["mlflow-skinny==2.22.5", "sqlalchemy>=2.1,<2.2", "alembic"]
    return make(folder, wheels["newsdesk"], wheels["newsdesk-mlflow"], *needed)


@pytest.mark.large
def test_what_to_pin_is_reported_by_the_report_and_by_the_doctor_until_it_is_done(old):
    (old.folder / "newsdesk.yaml").write_text('reporters: [{mlflow: {tracking_uri: "sqlite:///store.db"}}]')
    with pytest.raises(AssertionError, match="FallbackAsyncAdaptedQueuePool"):
        old.python(IMPORTED)
    report = old.newsdesk("report", MACHINE, status=1)
    assert SAID in report.stderr
    assert REMEDY in report.stderr
    doctor = old.newsdesk("doctor", status=1)
    assert f"mlflow: {SAID}" in doctor.stdout
    assert f"fix: {REMEDY}\n" in doctor.stdout
    old.install("sqlalchemy<2.1")
    assert old.python(IMPORTED) == "imported"
    assert SAID not in old.newsdesk("doctor").stdout
