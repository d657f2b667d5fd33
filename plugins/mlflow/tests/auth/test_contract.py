"""The conformance kit, through what enforces a workspace's limits; the records are read from the server behind it."""

import contextlib
import dataclasses
import functools
import socket
import threading
import uuid

import pytest
from newsdesk.testing import HTTP, Capabilities, ReporterContract
from newsdesk_mlflow import MlFlowReporter

CAPABILITIES = Capabilities(
    name="mlflow",
    changed="adds",
    ping=True,
    holds=True,
    fetch=True,
    machines=25,  # two pages of twenty
    alters={"numbers": 1, "long-names": 8, "long-value": 1},
    network=HTTP,
    metrics=5_000,  # 25 requests of two hundred
    preload=("mlflow", "mlflow.store.artifact.mlflow_artifacts_repo", "newsdesk_mlflow.transport.delivery"),
)


# What child processes find in their environment stays the same as long as they are forked.


@pytest.fixture(scope="module")
def plain_gateway(azure_before, server):
    with azure_before(server) as azure, pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_TOKEN", azure.issue())
        yield azure


@pytest.fixture(scope="module")
def secure_gateway(certificates, azure_before, server):
    path, context = certificates
    with azure_before(server, context) as azure, pytest.MonkeyPatch.context() as patch:
        patch.setenv("REQUESTS_CA_BUNDLE", str(path))
        patch.setenv("AZURE_AUTHORITY_HOST", azure.secure)
        yield azure


def without_refusals(network):
    """Leave out what an open reporter answers for itself at the next request."""
    permanent = tuple(answer for answer in network.open_permanent if not answer.label.startswith("401 "))
    return dataclasses.replace(network, open_permanent=permanent)


class ThroughTheGateway(ReporterContract):
    """What both have in common: each test has an experiment of its own, that is not there yet."""

    capabilities = CAPABILITIES

    @pytest.fixture
    def experiment(self, monkeypatch):
        monkeypatch.setattr("newsdesk_mlflow.transport.tracking.PAGE", 20)
        return uuid.uuid4().hex

    @pytest.fixture
    def upstream(self, gateway):
        return gateway.url

    @pytest.fixture
    def read(self, server, experiment):
        return lambda: server.records(experiment)

    @pytest.fixture
    def wipe(self, server, experiment):
        return lambda: server.delete_runs(experiment)


class TestByRest(ThroughTheGateway):
    """As a plain server, with a token that the environment has; one that was refused is not sent again."""

    capabilities = dataclasses.replace(CAPABILITIES, network=without_refusals(HTTP))

    @pytest.fixture
    def gateway(self, plain_gateway):
        return plain_gateway

    @pytest.fixture
    def build(self, gateway, experiment, monkeypatch):
        # Set anew: no test has one by chance.
        monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", gateway.issued[0])
        path = gateway.workspace_url.removeprefix(gateway.url)
        return lambda host, port: MlFlowReporter(
            tracking_uri=f"http://{host}:{port}{path}", limits="azureml", experiment=experiment
        )


class Terminator:
    """Ends TLS, and passes on what was in it; whatever happens to one side happens to the other."""

    def __init__(self, tls, host, port):
        self.tls = tls
        self.target = (host, port)
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self.listener.close()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        # Its clients and its target may go at any moment.
        with contextlib.suppress(OSError), connection:
            client = self.tls.wrap_socket(connection, server_side=True)
            with client, socket.create_connection(self.target) as target:
                back = threading.Thread(target=_pump, args=(target, client), daemon=True)
                back.start()
                _pump(client, target)
                back.join()


def _pump(source, sink):
    with contextlib.suppress(OSError):
        while data := source.recv(65_536):
            sink.sendall(data)
    for side in (source, sink):
        with contextlib.suppress(OSError):
            socket.socket.shutdown(side, socket.SHUT_RDWR)


def with_tokens(network):
    """A refused token is transient: the next attempt gets a new one, which is not replaced at once."""
    refused = [answer for answer in network.permanent if answer.label.startswith("401 ")]
    transient = (*network.transient, *refused)
    permanent = tuple(answer for answer in network.permanent if answer not in refused)
    return dataclasses.replace(
        network,
        transient=transient,
        permanent=permanent,
        open_transient=network.transient,
        open_permanent=permanent,
    )


# A request to read that is refused leaves a socket of the client to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
class TestByAzureml(ThroughTheGateway):
    """azureml-mlflow, which asks for TLS: that ends before the kit's proxy. Tokens come past it."""

    capabilities = dataclasses.replace(
        CAPABILITIES,
        preload=("mlflow", "azureml.mlflow", "newsdesk_mlflow.transport.delivery"),
        network=with_tokens(HTTP),
    )
    unsupported = {"test_close_leaves_no_connection": "MLflow keeps its connections until the process ends"}  # noqa: RUF012

    @pytest.fixture
    def gateway(self, secure_gateway):
        return secure_gateway

    @pytest.fixture
    def build(self, gateway, certificates, experiment, principal, monkeypatch):
        monkeypatch.setenv("AZURE_AUTHORITY_HOST", gateway.secure)
        path = gateway.tracking_uri.partition("/mlflow/")[2]
        with contextlib.ExitStack() as terminators:

            @functools.cache
            def before(host, port):
                return terminators.enter_context(contextlib.closing(Terminator(certificates[1], host, port)))

            yield lambda host, port: MlFlowReporter(
                tracking_uri=f"azureml://127.0.0.1:{before(host, port).port}/mlflow/{path}",
                service_principal_kwargs=principal,
                experiment=experiment,
            )
