"""Login: how connections are made, with the same wrong password only once."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import psycopg2
from newsdesk import DefinitionError
from psycopg2.extensions import make_dsn

from newsdesk_postgres.connection.address import Address
from newsdesk_postgres.connection.refusals import refusals
from newsdesk_postgres.errors import (
    PermanentPostgresError,
    PostgresReporterException,
    TransientPostgresError,
)

Settings = Mapping[str, str]
"""What libpq is given."""


class RefusedLogins:
    """The logins that were refused: with a password policy, each further try may lock the account."""

    def __init__(self) -> None:
        self._texts: list[tuple[Settings, str]] = []

    def note(self, settings: Settings, text: str) -> None:
        """Keep a login from being tried again."""
        login = _with_password(settings)
        if login["password"]:  # else it is in libpq's own file, which may have another one by the next time
            self._texts.append((login, text))

    def text(self, settings: Settings) -> str | None:
        """Give what a login was refused with; None for one that was not."""
        return next((text for login, text in self._texts if login == _with_password(settings)), None)

    def forget(self) -> None:
        """Forget all of them: a login has succeeded, so a password was changed since."""
        self._texts.clear()


def _with_password(settings: Settings) -> Settings:
    return {**settings, "password": settings.get("password") or os.environ.get("PGPASSWORD", "")}


@dataclass
class Login:
    """Makes connections."""

    settings: Settings = field(repr=False)
    """What libpq is given."""
    refused: RefusedLogins
    """What was refused before, also to a reporter that was closed since."""
    renewed: Callable[[], Settings | None]
    """Gives the settings with references resolved anew, as after a password was rotated; or None."""
    remedy: Callable[[str], str]
    """Puts a remedy in the words of the user's config."""

    @property
    def address(self) -> Address:
        """Where connections lead."""
        return Address(self.settings)

    @property
    def user(self) -> str:
        """Who connects."""
        return self.settings.get("user") or os.environ.get("PGUSER") or "the user of this reporter"

    def connect(self) -> psycopg2.extensions.connection:
        """Connect; with what the references point to now, where the login is refused.

        Raises:
            TransientPostgresError: it may work later.
            PermanentPostgresError: it will not.
        """
        try:
            return self._connect()
        except PermanentPostgresError:
            if self.refused.text(self.settings) is None:
                raise
            try:
                fresh = self.renewed()
            except DefinitionError:  # the secret is being replaced just now
                fresh = None
            if fresh is None or fresh == self.settings:
                raise
            self.settings = fresh
            return self._connect()

    def _connect(self) -> psycopg2.extensions.connection:
        settings = self.settings  # of now: another thread may renew them
        if text := self.refused.text(settings):
            raise PermanentPostgresError(f"{text}; the same login is not tried a second time")
        try:
            connection = psycopg2.connect(make_dsn(**settings))
        except UnicodeDecodeError as error:  # the server's message, in its own encoding
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
        if any(refusal.is_login for refusal in found):  # whatever the servers before that one said
            self.refused.note(settings, text)
        elif any(refusal.is_transient for refusal in found):
            return TransientPostgresError(text)
        return PermanentPostgresError(text)
