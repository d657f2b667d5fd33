"""Reporters that take faults wrongly, each in one way."""

import http.client

from newsdesk import Delivery, PermanentReporterError, TransientReporterError

from broken.wire import Wire


class MarksBeforeItWrites(Wire):
    def report(self, machine):
        mark = f"/marks/{machine.revision}"
        if self.ask("GET", mark):
            return Delivery(unchanged=True)
        self.ask("PUT", mark, b"{}")
        return super().report(machine)


class GivesUpWhenCutOff(Wire):
    interrupted = PermanentReporterError


class GivesUpWhenRefused(Wire):
    refused = PermanentReporterError


class TakesSilenceForConsent(Wire):
    patience = 1.0  # a busy machine answers within it, and the check waits for longer

    def report(self, machine):
        try:
            return super().report(machine)
        except TransientReporterError as error:
            if isinstance(error.__cause__, TimeoutError):
                return Delivery()
            raise


class GivesUpAt503(Wire):
    unavailable = PermanentReporterError


class BelievesInAPortal(Wire):
    no_server = TransientReporterError


class DoesNotHearHowLongToWait(Wire):
    def wait(self, seconds):
        return None


class LetsAPingFailInItsOwnWords(Wire):
    def ping(self):
        connection = http.client.HTTPConnection(self.host, self.port, timeout=60)
        try:
            connection.request("GET", "/")
            connection.getresponse().read()
        finally:
            connection.close()
