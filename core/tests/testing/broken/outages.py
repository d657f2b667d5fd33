"""Reporters that take faults wrongly once they are open, each in one way; `Kept` and `Holding` have no fault."""

import http.client
import threading

from newsdesk import Delivery, TransientReporterError

from broken.wire import Wire


class Kept(Wire):
    """It keeps one connection."""

    def open(self):
        self.lock = threading.Lock()
        self.connection = http.client.HTTPConnection(self.host, self.port)

    def close(self):
        self.connection.close()

    def abandon(self):
        self.connection = None

    def ping(self):
        self.ask("GET", "/")

    def ask(self, method, path, body=None):
        try:
            with self.lock:
                self.connection.timeout = self.timeout()
                self.connection.request(method, path, body)
                answer = self.connection.getresponse()
                content = answer.read()
        except (OSError, http.client.HTTPException) as error:
            self.recover()
            raise TransientReporterError(repr(error)) from error
        return self.judge(answer, content)

    def recover(self):
        self.connection.close()  # the next request opens it again


class KeepsADeadConnection(Kept):
    def recover(self):
        self.connection.auto_open = False


class CountsALostConnectionAsDelivered(Kept):
    def report(self, machine):
        try:
            return super().report(machine)
        except TransientReporterError as error:
            if isinstance(error.__cause__, ConnectionError):
                return Delivery()
            raise


class PingsNobody(Kept):
    def ping(self):
        pass


class IgnoresTheAnswerToItsWrite(Wire):
    def ask(self, method, path, body=None):
        try:
            return super().ask(method, path, body)
        except TransientReporterError:
            if method == "GET":
                raise


class TakesARefusalForAnOutage(Kept):
    """Once it is open: it might have been another server."""

    delivered = False

    def report(self, machine):
        delivery = super().report(machine)
        self.delivered = True
        return delivery

    def judge(self, answer, body):
        if self.delivered and answer.status in (401, 403):
            raise TransientReporterError("log in again")
        return super().judge(answer, body)


class Holding(Wire):
    def holds(self, keys):
        return {key for key in keys if self.ask("GET", self.place(key))}


class HoldsNothingInAnOutage(Holding):
    def holds(self, keys):
        try:
            return super().holds(keys)
        except TransientReporterError:
            return set()
