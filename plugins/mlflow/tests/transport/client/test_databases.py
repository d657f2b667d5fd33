"""A database as MLflow's store, without a server."""

import pytest
from newsdesk import TransientReporterError
from newsdesk.testing import FaultProxy
from newsdesk_mlflow import MlflowLoggingError, MlFlowReporter
from newsdesk_mlflow.errors import RefusedError
from newsdesk_mlflow.transport.client.databases import check_database


@pytest.mark.parametrize(
    ("uri", "text"),
    [
        (
            "postgresql+pg8000://me:hunter2@h/d",
            "postgresql+pg8000://***@h/d as store needs its driver pg8000: pip install pg8000",
        ),
        (
            "mysql://me:hunter2@h/d",
            "mysql://***@h/d as store needs its driver MySQLdb: pip install mysqlclient",
        ),
        (
            "postgresql+psycopg://h/d",
            "postgresql+psycopg://h/d as store needs its driver psycopg: pip install 'psycopg[binary]', or write "
            "postgresql+psycopg2:// if psycopg2 is installed",
        ),
    ],
)
def test_a_database_whose_driver_is_missing_says_what_to_install(uri, text):
    sqlalchemy = pytest.importorskip("sqlalchemy")
    if "psycopg:" in uri and sqlalchemy.__version__.startswith("1."):
        pytest.skip("SQLAlchemy 1.4 does not know psycopg 3")
    with pytest.raises(MlflowLoggingError) as raised:
        MlFlowReporter(tracking_uri=uri).open()
    assert str(raised.value) == f"the database {text}"


def test_a_database_that_refuses_is_asked_once(postgres_server):
    """MLflow would ask ten times, for 100 seconds."""
    with FaultProxy.to(postgres_server.url) as proxy:
        uri = proxy.through(postgres_server.url).rpartition("/")[0] + "/no_such_database"
        with pytest.raises(MlflowLoggingError) as raised:
            MlFlowReporter(tracking_uri=uri).open()
        assert 'database "no_such_database" does not exist' in str(raised.value)
        assert str(raised.value).endswith("; check user, password and database in the tracking URI")
        assert len([label for label in proxy.counts.labels if label == "startup"]) <= 1
        assert proxy.counts.connections == 1


def test_a_wrong_password_of_a_database_is_sent_once(postgres_server):
    with FaultProxy.to(postgres_server.url) as proxy:
        user_info, _, rest = proxy.through(postgres_server.url).rpartition("@")
        uri = f"{user_info.rpartition(':')[0]}:hunter2@{rest}"
        reporter = MlFlowReporter(tracking_uri=uri)
        texts = []
        for _ in range(3):
            with pytest.raises(RefusedError) as raised:
                reporter.open()
            texts.append(str(raised.value))
        assert proxy.counts.connections == 1
    assert "password authentication failed" in texts[0]
    assert texts[1] == texts[2] == f"{texts[0]}; the same login is not tried again for 5 minutes"
    assert "hunter2" not in texts[0]


def test_a_database_that_cannot_be_reached_may_be_there_later():
    pytest.importorskip("psycopg2")
    with pytest.raises(
        TransientReporterError, match=r"^cannot connect to postgresql\+psycopg2://\*\*\*@127.0.0.1:9/d: "
    ):
        MlFlowReporter(tracking_uri="postgresql+psycopg2://me:hunter2@127.0.0.1:9/d").open()


def test_what_is_not_a_database_elsewhere_is_left_alone():
    for uri in ("http://127.0.0.1:9", "sqlite:////dev/null/x.db", "./mlruns", "databricks"):
        check_database(uri)
