"""Reporters that show a secret, each in one way; `Safe` shows none."""

import logging
import time

from newsdesk import Delivery, Secret, TransientReporterError

from broken.wire import Wire


class Safe(Wire):
    """It has a password, and a URL."""

    def __init__(self, host: str, port: int, password: Secret = "hunter2hunter2", url: str = "") -> None:
        super().__init__(host, port)
        self.password = password
        self.url = url


class ShowsItsPasswordInAnError(Safe):
    def report(self, machine):
        try:
            return super().report(machine)
        except TransientReporterError as error:
            raise TransientReporterError(f"the password {self.password} did not help") from error


class ShowsItsPasswordInANote(Safe):
    def report(self, machine):
        try:
            return super().report(machine)
        except TransientReporterError as error:
            error.add_note(f"logged in with {self.password}")
            raise


class LogsItsPassword(Safe):
    def report(self, machine):
        logging.getLogger("wire").info("logging in with %s", self.password)
        return super().report(machine)


class RefersToItsWholeUrl(Safe):
    def report(self, machine):
        return Delivery(f"{self.url}/{super().report(machine).reference}")


class RetriesItself(Wire):
    def ask(self, method, path, body=None):
        for _ in range(7):
            try:
                return super().ask(method, path, body)
            except TransientReporterError:
                time.sleep(0.01)
        return super().ask(method, path, body)


class WaitsForAMinute(Wire):
    def timeout(self):
        return 60
