"""A reporter without a fault, which speaks HTTP."""

import hashlib
import http.client
import json

from newsdesk import BaseReporter, Delivery, PermanentReporterError, TransientReporterError, remaining_seconds


class Wire(BaseReporter):
    """Nothing: it puts each machine to a server, unless that has it already."""

    refused = interrupted = silent = unavailable = TransientReporterError
    no_server = PermanentReporterError
    patience = 60.0

    def __init__(self, host: str, port: int) -> None:
        self.host = host
        self.port = port

    def report(self, machine):
        place = self.place(machine.key)
        if self.ask("GET", place) == machine.to_json():
            return Delivery(place, unchanged=True)
        self.ask("PUT", place, machine.to_json())
        return Delivery(place)

    def timeout(self):
        return remaining_seconds(self.patience)

    def place(self, key):
        return f"/records/{hashlib.sha256(json.dumps(key).encode()).hexdigest()}"

    def ask(self, method, path, body=None):
        connection = http.client.HTTPConnection(self.host, self.port, timeout=self.timeout())
        try:
            connection.request(method, path, body)
            answer = connection.getresponse()
            return self.judge(answer, answer.read())
        except ConnectionRefusedError as error:
            raise self.refused(str(error)) from error
        except TimeoutError as error:
            raise self.silent(str(error)) from error
        except (OSError, http.client.HTTPException) as error:
            raise self.interrupted(repr(error)) from error
        finally:
            connection.close()

    def judge(self, answer, body):
        if answer.status == 429:
            raise TransientReporterError("later", self.wait(answer.headers.get("Retry-After")))
        if answer.status in (408, 500, 502, 503, 504):
            raise self.unavailable(f"status {answer.status}")
        if answer.status >= 400:
            raise self.no_server(f"status {answer.status}")
        if answer.headers["Content-Type"] != "application/json":
            raise self.no_server("no server of ours")
        return body

    def wait(self, seconds):
        return None if seconds is None else float(seconds)
