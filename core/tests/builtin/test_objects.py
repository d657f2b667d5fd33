"""The reporter `objects`: the layout of `files`, in S3 and in Azure Blob Storage."""

import dataclasses
import sys
import threading
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from newsdesk import BaseReporter, DefinitionError, Machine, PermanentReporterError, TransientReporterError
from newsdesk.builtin.files import FilesReporter
from newsdesk.builtin.objects import ObjectsReporter
from newsdesk.objectstore.opening import opened
from newsdesk.testing import HTTP, Capabilities, ReporterContract

MACHINE = Machine(name="pump-7", project_name="plant")


class ObjectsContract:
    """What the kit needs, whatever the store."""

    @pytest.fixture
    def upstream(self, server):
        return f"http://127.0.0.1:{server.port}"

    @pytest.fixture
    def url(self, server):
        return server.bucket() + "/some/prefix"

    @pytest.fixture
    def build(self, server, url, monkeypatch):
        monkeypatch.setattr("newsdesk.objectstore.remote.PAGE", 100)
        return lambda _, port: ObjectsReporter(url, options=server.options(port))

    @pytest.fixture
    def read(self, server, url):
        store = opened(url, server.options(), timeout=30)
        return lambda: [store.get(found.path).content for found in store.list("")]

    @pytest.fixture
    def wipe(self, server, url):
        store = opened(url, server.options(), timeout=30)

        def delete():
            for found in list(store.list("")):
                store.delete(found.path)

        return delete


NETWORK = dataclasses.replace(
    HTTP,
    throttled=None,  # obstore does not give the header Retry-After
    # obstore takes a page of HTML for an empty listing; the request after it shows what answers, see below.
    open_permanent=tuple(answer for answer in HTTP.open_permanent if "HTML" not in answer.label),
)
CAPABILITIES = Capabilities(
    name="objects",
    ping=True,
    holds=True,
    fetch=True,
    machines=110,
    network=NETWORK,
    alters={"unicode": 1, "long-names": 4, "namesakes": 5, "path-names": 8},
    preload=("obstore",),
)


UNSUPPORTED = {
    "test_a_forked_child_leaves_its_parent_alone": "obstore's threads do not live on in a fork: there it is an "
    "error that names the start methods which work"
}


class TestS3(ObjectsContract, ReporterContract):
    """All of the kit, over moto."""

    capabilities = CAPABILITIES
    unsupported = UNSUPPORTED

    @pytest.fixture
    def server(self, s3):
        return s3


@pytest.mark.large  # the requests differ by obstore alone
class TestAzure(ObjectsContract, ReporterContract):
    """All of the kit, over Azurite."""

    capabilities = CAPABILITIES
    unsupported = UNSUPPORTED

    @pytest.fixture
    def server(self, azure):
        return azure


def test_a_folder_of_files_that_was_copied_is_read_as_it_is(s3, tmp_path, real_machine):
    files = FilesReporter(tmp_path)
    machines = [MACHINE, real_machine, Machine(name="Ä/ö", project_name="")]
    for machine in machines:
        files.report(machine)
    url = s3.bucket()
    store = opened(url, s3.options(), timeout=30)
    for path in tmp_path.glob("*/*.json"):
        store.put(path.relative_to(tmp_path).as_posix(), path.read_bytes())
    with ObjectsReporter(url, options=s3.options()) as reporter:
        assert all(reporter.report(machine).unchanged for machine in machines)
        assert {stored.key for stored in reporter.machines()} == {machine.key for machine in machines}
        assert reporter.fetch("Ä/ö") == machines[-1]


def test_a_portal_that_answers_everything_is_not_an_empty_store(s3):
    class Portal(BaseHTTPRequestHandler):
        def do_GET(self):
            page = b"<!DOCTYPE html><html><body>Sign in</body></html>"
            self.send_response(200)
            for name, value in (
                ("Content-Length", len(page)),
                ("ETag", '"1"'),
                ("Last-Modified", formatdate(usegmt=True)),
            ):
                self.send_header(name, str(value))
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Portal) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with ObjectsReporter("s3://machines", options=s3.options(server.server_port)) as reporter:
            with pytest.raises(PermanentReporterError, match="is not an object store; check the endpoint"):
                list(reporter.machines())
            with pytest.raises(PermanentReporterError, match="is not an object store; check the endpoint"):
                reporter.ping()
        server.shutdown()


def test_a_missing_bucket_is_a_permanent_error_that_names_it(s3):
    with ObjectsReporter("s3://nobodys/machines", options=s3.options()) as reporter:
        for call in (
            reporter.ping,
            lambda: reporter.report(MACHINE),
            lambda: reporter.fetch("pump-7", "plant"),
        ):
            with pytest.raises(PermanentReporterError) as caught:
                call()
            assert "s3://nobodys/machines" in str(caught.value)
            assert "create" in str(caught.value)


def test_a_store_that_cannot_be_reached_is_a_transient_error(s3):
    with (
        pytest.raises(TransientReporterError) as caught,
        ObjectsReporter("s3://machines", options=s3.options(port=9)) as reporter,
    ):
        reporter.report(MACHINE)
    assert str(caught.value) == (
        "reading plant/pump-7.json in s3://machines: connection failed; check the endpoint and the network"
    )


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("reports", "url: must be one of s3://BUCKET/PREFIX, az://BUCKET/PREFIX, gs://BUCKET/PREFIX"),
        ("ftp://host/x", "url: must be one of s3://BUCKET/PREFIX"),
        ("s3://", "url: must be one of s3://BUCKET/PREFIX"),
        ("s3://key:secret@bucket", "url: must not hold a login; set it in 'options', or in the environment"),
        ("s3://bucket/a//b", "url: must not have an empty part, '.' or '..'"),
        ("s3://bucket/../b", "url: must not have an empty part, '.' or '..'"),
    ],
)
def test_a_wrong_url_is_refused_before_anything_is_sent(url, fault):
    with pytest.raises(DefinitionError) as caught:
        BaseReporter.from_dict({"objects": {"url": url}})
    assert fault in str(caught.value)


@pytest.mark.stores
def test_options_that_the_store_does_not_know_are_named():
    pytest.importorskip("obstore")
    with (
        pytest.raises(PermanentReporterError, match="Configuration key: 'bogus' is not valid"),
        ObjectsReporter("s3://bucket", options={"bogus": "1"}) as reporter,
    ):
        reporter.ping()


@pytest.mark.stores
@pytest.mark.parametrize("scheme", ["s3", "az", "gs"])
@pytest.mark.parametrize(
    ("option", "value", "told"),
    [
        ("azure_allow_http", "maybe", 'failed to parse "maybe" as boolean'),
        ("GOOGLE_TIMEOUT", "soon", 'failed to parse "soon" as Duration'),
        ("proxy_url", "http://u:SEKRET@[", "builder error"),
        ("root_certificate", "x", "No certificates found"),
    ],
)
def test_an_option_of_the_client_reaches_it(scheme, option, value, told):
    pytest.importorskip("obstore")
    options = {"account_name": "a"} if scheme == "az" else {}
    with (
        pytest.raises(PermanentReporterError, match=told) as caught,
        ObjectsReporter(f"{scheme}://bucket", options={**options, option: value}) as reporter,
    ):
        reporter.ping()
    assert str(caught.value).startswith(f"connecting in {scheme}://bucket: ")
    assert "SEKRET" not in str(caught.value)


@pytest.mark.stores
def test_options_of_the_client_are_used(s3):
    options = {**s3.options(), "aws_allow_http": "true", "timeout": "20s", "user_agent": "me"}
    with ObjectsReporter(s3.bucket(), options=options) as reporter:
        reporter.ping()


def test_a_panic_of_the_library_is_a_brief_permanent_error(monkeypatch):
    store = pytest.importorskip("obstore.store")
    panic = type("PanicException", (BaseException,), {})

    def panics(*_, **__):
        raise panic("expected a prefix\nmore")

    monkeypatch.setattr(store, "from_url", panics)
    with (
        pytest.raises(PermanentReporterError) as caught,
        ObjectsReporter("s3://bucket") as reporter,
    ):
        reporter.ping()
    assert str(caught.value) == (
        "connecting in s3://bucket: expected a prefix; check the URL, its options and the credentials"
    )


def test_keys_in_the_options_are_masked():
    options = {"region": "eu-west-1", "access_key_id": "AKIA", "secret_access_key": "hunter2-hunter2"}
    shown = repr(ObjectsReporter("s3://bucket", options=options))
    assert "hunter2" not in shown
    assert "eu-west-1" in shown


def test_without_obstore_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "obstore", None)
    with (
        pytest.raises(PermanentReporterError, match=r"pip install 'newsdesk\[objects\]'"),
        ObjectsReporter("s3://bucket") as reporter,
    ):
        reporter.ping()
