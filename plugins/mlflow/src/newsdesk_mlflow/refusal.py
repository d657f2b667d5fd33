"""Remembers that a login was refused, so that it is not sent again."""

import time

from newsdesk_mlflow.errors import RefusedError

# Directories lock an account for minutes after a few wrong passwords. After this an administrator may have
# changed what the same password is worth.
_SECONDS = 300


class Refusal:
    """Whether a login was refused."""

    def __init__(self) -> None:
        self._text = ""
        self._at = 0.0

    def note(self, error: Exception) -> None:
        """Remember that it was."""
        self._text, self._at = str(error), time.monotonic()

    def check(self) -> None:
        """Keep the same login from being tried again: each try counts towards a lockout of the account.

        Raises:
            RefusedError: it was refused within the last minutes.
        """
        if self._text and time.monotonic() - self._at < _SECONDS:
            raise RefusedError(
                f"{self._text}; the same login is not tried again for {_SECONDS // 60} minutes"
            )
