"""A database as MLflow's store, without a server: its driver, and one try to reach it."""

import importlib
import re
from typing import Any
from urllib.parse import urlsplit

from newsdesk import TransientReporterError

from newsdesk_mlflow.errors import MlflowLoggingError, RefusedError
from newsdesk_mlflow.transport.logins import refusal_of
from newsdesk_mlflow.transport.uri import without_credentials

_SCHEMES = ("postgresql", "postgres", "mysql", "mssql")
# By the module that SQLAlchemy imports: what to install, where that has another name.
_DISTRIBUTIONS = {"psycopg2": "psycopg2-binary", "psycopg": "'psycopg[binary]'", "MySQLdb": "mysqlclient"}
# A wrong password, in the words of PostgreSQL, MySQL and SQL Server.
_REFUSED = re.compile("(?i)authentication failed|access denied|login failed")
# In the words of libpq, MySQL and ODBC. All else, such as a wrong password, is the same the next time.
_MAY_PASS = re.compile(
    "(?i)refused|translate host name|name resolution|name or service|timed? ?out|no route|unreachable|"
    "starting up|shutting down|recovery|too many|remaining connection slots|closed the connection|"
    "can't connect|lost connection|gone away|reset by peer"
)


def check_database(uri: str) -> None:
    """Connect once to a database that is the tracking URI; do nothing for any other.

    MLflow itself tries ten times, for 100 seconds, and a wrong password as well: that may lock the account.

    Raises:
        MlflowLoggingError: its driver is missing, or it refuses.
        TransientReporterError: it cannot be reached.
    """
    if urlsplit(uri).scheme.partition("+")[0] not in _SCHEMES:
        return
    shown = without_credentials(uri)
    refusal = refusal_of(uri)
    refusal.check()
    sqlalchemy: Any = importlib.import_module("sqlalchemy")
    try:
        engine = sqlalchemy.create_engine(uri, poolclass=sqlalchemy.pool.NullPool)
    except ImportError as error:
        raise _without_driver(error, shown) from error
    except sqlalchemy.exc.ArgumentError as error:
        raise MlflowLoggingError(f"the tracking URI {shown} is not a valid database URL: {error}") from error
    try:
        engine.connect().close()
    except sqlalchemy.exc.SQLAlchemyError as error:
        words = " ".join(str(getattr(error, "orig", None) or error).split())
        if _MAY_PASS.search(words):
            raise TransientReporterError(f"cannot connect to {shown}: {words}") from error
        text = f"cannot connect to {shown}: {words}; check user, password and database in the tracking URI"
        if not _REFUSED.search(words):
            raise MlflowLoggingError(text) from error
        refused = RefusedError(text)
        refusal.note(refused)
        raise refused from error
    finally:
        engine.dispose()


def _without_driver(error: ImportError, shown: str) -> MlflowLoggingError:
    name = error.name or "its driver"
    other = ""
    if name == "psycopg":  # what `postgresql://` means from SQLAlchemy 2.1 on
        other = ", or write postgresql+psycopg2:// if psycopg2 is installed"
    install = f"pip install {_DISTRIBUTIONS.get(name, name)}{other}"
    return MlflowLoggingError(f"the database {shown} as store needs its driver {name}: {install}")
