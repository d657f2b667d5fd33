"""EmbeddedPostgres: a private PostgreSQL in a folder; on a POSIX system."""

import atexit
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from newsdesk_postgres.embedded.account import Account
from newsdesk_postgres.embedded.binaries import find_binaries
from newsdesk_postgres.embedded.cluster import HOST, SUPERUSER, Cluster, data_version
from newsdesk_postgres.embedded.lock import is_free, locked, release, share
from newsdesk_postgres.errors import PermanentPostgresError


@dataclass(frozen=True, slots=True)
class Server:
    """How to reach a running private server."""

    host: str
    """Its address, always this machine's own."""
    port: int
    """Its port; another one at each start."""
    user: str
    """Its superuser."""
    password: str = field(repr=False)
    """The password, random, made with the folder."""
    database: str = "postgres"
    """The database that is there from the start."""

    @property
    def url(self) -> str:
        """The address with the password in it, as libpq and SQLAlchemy read it."""
        return self.url_of(self.database)

    def url_of(self, database: str) -> str:
        """Give the same for another database of this server."""
        return f"postgresql+psycopg2://{self.user}:{self.password}@{self.host}:{self.port}/{database}"


class EmbeddedPostgres:
    """A private PostgreSQL in a folder, started when needed.

    Any number of objects, threads and processes may share a folder: the first starts the server, the others
    join, and the last one to stop stops it. A server whose users were all killed goes on, and the next one
    to start joins it.

    Args:
        folder: where the data, the password and the server's log are kept; it is made where it is missing.
        durable: whether what was committed survives a killed server and a loss of power. Without it the
            server is faster, but one that is killed may lose the last commits, and a loss of power may ruin
            the whole folder: good for tests only. A server that is stopped keeps everything either way.
            A server that runs already keeps the setting it was started with.
        binaries: the folder of PostgreSQL's programs; without it that of `NEWSDESK_POSTGRES_BIN`, then the
            system's, then those of the extra `embedded`.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        *,
        durable: bool = True,
        binaries: str | os.PathLike[str] | None = None,
    ) -> None:
        self.folder = Path(folder).absolute()
        self.durable = durable
        self.binaries = None if binaries is None else Path(binaries)
        self._server: Server | None = None
        self._user_lock: int | None = None
        self._process = 0

    def start(self) -> Server:
        """Start the server, or join the one that runs; again is fine.

        Raises:
            PermanentPostgresError: no PostgreSQL is installed, or the folder cannot be used.
            TransientPostgresError: the server did not start.
        """
        if self._server is None or self._process != os.getpid():
            self.abandon()
            self._server = self._start()
            self._process = os.getpid()
            # A process that ends without stopping it leaves no server behind.
            atexit.register(self.stop)
        return self._server

    def stop(self) -> None:
        """Leave the server, and stop it if nobody else uses it; again is fine."""
        if self._process != os.getpid():
            self.abandon()
        if self._user_lock is None:
            return
        with locked(self.folder / "starting.lock") as lock:
            release(self._user_lock)
            self._user_lock = self._server = None
            if is_free(self.folder / "users.lock"):
                self._cluster().stop(lock)
        atexit.unregister(self.stop)

    def abandon(self) -> None:
        """Forget a server that this process inherited: to be called in a forked child."""
        if self._user_lock is not None:
            # Closed, not unlocked: the lock is one with the parent's, who still needs it.
            os.close(self._user_lock)
        self._user_lock = self._server = None

    def __enter__(self) -> Server:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self.folder)!r}, durable={self.durable})"

    def _start(self) -> Server:
        self._make_folder()
        with locked(self.folder / "starting.lock"):
            cluster = self._cluster()
            if not cluster.data.exists():
                cluster.create(self._new_password_file(cluster.account), durable=self.durable)
            password = self._password()
            if not (cluster.running() and cluster.wait()):
                cluster.start(durable=self.durable)
            self._user_lock = share(self.folder / "users.lock")
            return Server(HOST, cluster.port(), SUPERUSER, password)

    def _make_folder(self) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise PermanentPostgresError(
                f"no private PostgreSQL can be kept in {self.folder}: {error.strerror}; "
                "give a folder that you may write to"
            ) from error

    def _cluster(self) -> Cluster:
        data = self.folder / "data"
        account = Account.for_data(data)
        return Cluster(data, account, find_binaries(account, folder=self.binaries, major=data_version(data)))

    def _new_password_file(self, account: Account) -> Path:
        path = self.folder / "password"
        path.unlink(missing_ok=True)
        with open(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:  # noqa: PTH123  (mode at birth)
            file.write(secrets.token_urlsafe(24))
        account.own(path)
        return path

    def _password(self) -> str:
        path = self.folder / "password"
        if not path.exists():
            raise PermanentPostgresError(
                f"{path} is missing, and with it the password of the data beside it: "
                "put it back, or give another folder"
            )
        return path.read_text().strip()
