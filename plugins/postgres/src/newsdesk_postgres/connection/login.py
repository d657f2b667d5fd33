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


@dataclass
class RefusedLogins:
    """The last login that was refused: with a password policy, each further try may lock the account."""

    settings: Settings | None = field(default=None, repr=False)
    """With what."""
    text: str = ""
    """The error's text."""

    def note(self, settings: Settings, text: str) -> None:
        """Keep a login from being tried again."""
        self.settings, self.text = settings, text

    def check(self, settings: Settings) -> None:
        """Raise what the same login was refused with, if it was.

        Raises:
            PermanentPostgresError: it was.
        """
        if settings == self.settings:
            raise PermanentPostgresError(f"{self.text}; the same login is not tried a second time")


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
            return self._connect(self.settings)
        except PermanentPostgresError:
            if self.settings != self.refused.settings:
                raise
            try:
                fresh = self.renewed()
            except DefinitionError:  # the secret is being replaced just now
                fresh = self.settings
            if fresh is None or fresh == self.settings:
                raise
            connection = self._connect(fresh)
            self.settings = fresh
            return connection

    def _connect(self, settings: Settings) -> psycopg2.extensions.connection:
        self.refused.check(settings)
        try:
            return psycopg2.connect(make_dsn(**settings))
        except (UnicodeError, ValueError):  # its text may hold the password
            raise PermanentPostgresError("a parameter of the connection is not valid text") from None
        except psycopg2.Error as error:
            raise self._translated(error, settings) from error

    def _translated(self, error: psycopg2.Error, settings: Settings) -> PostgresReporterException:
        found = refusals(str(error))
        reasons = " / ".join(dict.fromkeys(refusal.reason for refusal in found))
        remedies = dict.fromkeys(self.remedy(refusal.remedy) for refusal in found if refusal.remedy)
        servers = Address(settings).servers or "the default server"
        text = "; ".join([f"cannot connect to {servers}: {reasons}", *remedies])
        if any(refusal.is_transient for refusal in found):
            return TransientPostgresError(text)
        if any(refusal.is_login for refusal in found):
            self.refused.note(settings, text)
        return PermanentPostgresError(text)
