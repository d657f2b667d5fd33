"""EmbeddedPostgres: a private PostgreSQL in a folder. POSIX only."""

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
    """The address and credentials of a running private server."""

    host: str
    """Its address, always the loopback."""
    port: int
    """Its port; a different one at each start."""
    user: str
    """Its superuser."""
    password: str = field(repr=False)
    """The password, random, created with the folder."""
    database: str = "postgres"
    """The default database."""

    @property
    def url(self) -> str:
        """The URL, with the password."""
        return self.url_of(self.database)

    def url_of(self, database: str) -> str:
        """Return the URL of another database on this server."""
        return f"postgresql+psycopg2://{self.user}:{self.password}@{self.host}:{self.port}/{database}"


class EmbeddedPostgres:
    """A private PostgreSQL in a folder, started when needed.

    Any number of objects, threads and processes may share a folder: the first starts the server, the others
    use it, and the last one stops it. If all of them are killed the server keeps running, and the next one
    uses it.

    Args:
        folder: the folder for the data, the password and the server's log; created if missing.
        durable: whether commits survive a killed server and a power loss. False is faster, for tests only: a
            killed server may lose the last commits, and a power loss may corrupt the folder. A normal stop
            loses nothing. A running server keeps the setting that it was started with.
        binaries: the folder of PostgreSQL's binaries; by default `NEWSDESK_POSTGRES_BIN`, then the system's,
            then those of the extra `embedded`.
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
        """Start the server, or use the running one; may be called again.

        Raises:
            PermanentPostgresError: no PostgreSQL is installed, or the folder cannot be used.
            TransientPostgresError: the server did not start.
        """
        if self._server is None or self._process != os.getpid():
            self.abandon()
            self._server = self._start()
            self._process = os.getpid()
            # So that a process that exits without stopping the server does not leave it running.
            atexit.register(self.stop)
        return self._server

    def stop(self) -> None:
        """Stop the server, unless it is used elsewhere; may be called again."""
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
        """Drop a server inherited from a parent process: for forked children."""
        if self._user_lock is not None:
            # Closed, not unlocked: the parent still needs the lock, and unlocking would release it there too.
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
                f"a private PostgreSQL cannot be created in {self.folder}: {error.strerror}; "
                "use a folder that you can write to"
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
                "restore it, or use another folder"
            )
        return path.read_text().strip()
