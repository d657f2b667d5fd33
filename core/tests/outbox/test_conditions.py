"""A store that does not keep the conditions of a write is refused after a real write, wherever it is used."""

import http.client
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from click.testing import CliRunner
from newsdesk import BaseReporter, Config, DeliveryFailed, Machine, TransientReporterError
from newsdesk.cli import main
from newsdesk.outbox import OutboxError
from newsdesk.outbox.objects.outbox import ObjectOutbox

CONDITIONS = ("if-none-match", "if-match")
SAID = "has no conditional writes: two writers could create one object"


class Down(BaseReporter):
    """A backend that is down."""

    def report(self, machine):
        raise TransientReporterError("down")


@pytest.fixture(params=["ignores If-None-Match", "ignores If-Match", "answers 501", "is told to have none"])
def refused(request, s3):
    """The URL and options of a store that a proxy or an option lets have no conditional writes."""
    url = s3.bucket() + "/outbox"
    if request.param == "is told to have none":
        yield url, {**s3.options(), "conditional_put": "disabled"}
        return

    class Proxy(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            asked = {name.lower() for name in self.headers}.intersection(CONDITIONS)
            if request.param == "answers 501" and asked and self.command == "PUT":
                return self.send(501, [], b"")
            ignored = request.param.rpartition(" ")[2].lower()
            upstream = http.client.HTTPConnection("127.0.0.1", s3.port)
            kept = {name: value for name, value in self.headers.items() if name.lower() != ignored}
            upstream.request(self.command, self.path, body, kept)
            answer = upstream.getresponse()
            content = answer.read()
            upstream.close()
            return self.send(answer.status, answer.getheaders(), content)

        def send(self, status, headers, content):
            self.send_response(status)
            for name, value in headers:
                if name.lower() not in ("content-length", "connection", "transfer-encoding"):
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_PUT = do_POST = do_DELETE = answer

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Proxy) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield url, s3.options(server.server_port)
        server.shutdown()


@pytest.mark.parametrize(("command", "code"), [(["check", "--ping"], 2), (["doctor"], 1)])
def test_a_command_says_so(refused, command, code, tmp_path, monkeypatch):
    url, options = refused
    config = {"reporters": [{"files": {"path": "out"}}], "outbox": {"path": url, "options": options}}
    (tmp_path / "newsdesk.yaml").write_text(json.dumps(config))
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(main, command)
    assert (done.exit_code, f"{url} {SAID}" in " ".join(done.output.split())) == (code, True), done.output


def test_a_report_keeps_nothing_there_and_says_why(refused):
    config = Config(outbox=ObjectOutbox(*refused), deadline=1.0)
    with config.desk([Down()]) as desk, pytest.raises(DeliveryFailed) as caught:
        desk.report(Machine(name="m", project_name="p"))
    [receipt] = caught.value.receipts
    assert SAID in str(receipt.error)


def test_a_sender_sends_nothing_of_it(refused):
    with pytest.raises(OutboxError, match=SAID):
        ObjectOutbox(*refused).claim(["a"], lease=60)
