"""Login: connects, picks up rotated passwords, and never tries a refused one again."""

import math
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import psycopg2
from newsdesk import DefinitionError, remaining_seconds
from psycopg2.extensions import make_dsn

from newsdesk_postgres.connection.address import Address
from newsdesk_postgres.connection.refusals import refusals
from newsdesk_postgres.errors import (
    PermanentPostgresError,
    PostgresReporterException,
    TransientPostgresError,
)

_LEAST_TIMEOUT = 2
"""Seconds: libpq takes no less."""

Settings = Mapping[str, str]
"""libpq's parameters."""


class RefusedLogins:
    """The refused logins: with a lockout policy, trying one again may lock the account."""

    def __init__(self) -> None:
        self._texts: list[tuple[Settings, str]] = []

    def note(self, settings: Settings, text: str) -> None:
        """Remember a login, so that it is not tried again."""
        login = _with_password(settings)
        if login["password"]:  # otherwise libpq reads it from a file, which may have changed by the next time
            self._texts.append((login, text))

    def text(self, settings: Settings) -> str | None:
        """Return the error's text of a refused login, None for any other."""
        return next((text for login, text in self._texts if login == _with_password(settings)), None)

    def forget(self) -> None:
        """Forget all of them, once a login succeeded: the password was changed since."""
        self._texts.clear()


def _within_deadline(settings: Settings) -> Settings:
    """Return the settings with no longer a timeout than is left of the deadline."""
    seconds = settings.get("connect_timeout", "")
    if not seconds.isdigit() or int(seconds) == 0:  # without a limit
        return settings
    left = math.ceil(remaining_seconds(at_most=float(seconds)))
    return {**settings, "connect_timeout": str(max(_LEAST_TIMEOUT, left))}


def _with_password(settings: Settings) -> Settings:
    return {**settings, "password": settings.get("password") or os.environ.get("PGPASSWORD", "")}


@dataclass
class Login:
    """Makes connections."""

    settings: Settings = field(repr=False)
    """libpq's parameters."""
    refused: RefusedLogins
    """The refused logins of this reporter, across openings."""
    renewed: Callable[[], Settings | None]
    """Returns the settings with references resolved again, or None if there are no others."""
    remedy: Callable[[str], str]
    """Rewrites a remedy in terms of the user's config."""

    @property
    def address(self) -> Address:
        """The address connected to."""
        return Address(self.settings)

    @property
    def user(self) -> str:
        """The user connected as."""
        return self.settings.get("user") or os.environ.get("PGUSER") or "the user of this reporter"

    def connect(self) -> psycopg2.extensions.connection:
        """Connect; if the login is refused, resolve the references again and try once with what has changed.

        Raises:
            TransientPostgresError: a retry may succeed.
            PermanentPostgresError: a retry would fail too.
        """
        try:
            return self._connect()
        except PermanentPostgresError:
            if self.refused.text(self.settings) is None:
                raise
            try:
                fresh = self.renewed()
            except DefinitionError:  # the secret is just being replaced
                fresh = None
            if fresh is None or fresh == self.settings:
                raise
            self.settings = fresh
            return self._connect()

    def _connect(self) -> psycopg2.extensions.connection:
        settings = self.settings  # another thread may replace them
        if text := self.refused.text(settings):
            raise PermanentPostgresError(f"{text}; the same login is not tried again")
        try:
            connection = psycopg2.connect(make_dsn(**_within_deadline(settings)))
        except UnicodeDecodeError as error:  # the server's message is not UTF-8
            raise self._translated(error.object.decode("utf-8", "replace"), settings) from None
        except (UnicodeError, ValueError):  # its text may contain the password
            raise PermanentPostgresError("a parameter of the connection is not valid text") from None
        except psycopg2.Error as error:
            raise self._translated(str(error), settings) from error
        self.refused.forget()
        return connection

    def _translated(self, message: str, settings: Settings) -> PostgresReporterException:
        found = refusals(message)
        reasons = " / ".join(dict.fromkeys(refusal.reason for refusal in found))
        remedies = dict.fromkeys(self.remedy(refusal.remedy) for refusal in found if refusal.remedy)
        servers = Address(settings).servers or "the default server"
        text = "; ".join([f"cannot connect to {servers}: {reasons}", *remedies])
        if any(refusal.is_login for refusal in found):  # whatever other servers answered
            self.refused.note(settings, text)
        elif any(refusal.is_transient for refusal in found):
            return TransientPostgresError(text)
        return PermanentPostgresError(text)
