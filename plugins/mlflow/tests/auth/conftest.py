"""Azure on this machine: tokens, the resource manager, and one workspace in front of a real MLflow server.

What it answers is what Azure's documentation and its libraries' sources say; no real Azure was asked. The
workspace's limits are those of the issue threads and of "Service limits in Azure Machine Learning"; what it cannot
do is from "Query & compare experiments and runs with MLflow", both of learn.microsoft.com.
"""

import collections
import contextlib
import http.client
import importlib.util
import json
import re
import ssl
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from newsdesk import Machine
from newsdesk_mlflow.auth import login

TENANT = "11111111-2222-3333-4444-555555555555"
PRINCIPAL = {
    "tenant_id": TENANT,
    "service_principal_id": "66666666-7777-8888-9999-000000000000",
    "service_principal_password": "hunter2~a:b",
}
WORKSPACE = {"subscription_id": "sub-1", "resource_group": "a-(group)", "workspace_name": "w-1"}
SCOPE = (
    "/subscriptions/sub-1/resourceGroups/a-(group)/providers/Microsoft.MachineLearningServices/workspaces/w-1"
)
AZURES_OWN = (
    "AZURE_TENANT_ID",
    "AZURE_CLIENT_ID",
    "AZURE_CLIENT_SECRET",
    "AZURE_FEDERATED_TOKEN_FILE",
    "AZURE_AUTHORITY_HOST",
    "AZURE_TOKEN_CREDENTIALS",
    "IDENTITY_ENDPOINT",
    "IDENTITY_HEADER",
    "AZUREML_CURRENT_CLOUD",
)
MOST = {"metrics": 200, "params": 100, "tags": 50}
MOST_OF_A_RUN = {"metrics": 50, "params": 200, "tags": 50}
LONGEST = {"key": {"metrics": 255, "params": 255, "tags": 100}, "value": {"params": 6000, "tags": 1000}}
ARTIFACT = re.compile(rb"mlflow-artifacts:/(\w+)/(\w+)/artifacts")


class Asked(NamedTuple):
    """One request."""

    method: str
    path: str
    query: dict
    headers: dict
    body: bytes

    @property
    def fields(self):
        return json.loads(self.body or b"{}")


class Answer(NamedTuple):
    status: int
    body: bytes
    headers: dict


def answer(status, body=b"", **headers):
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    kind = "application/octet-stream" if isinstance(body, bytes) else "application/json"
    return Answer(
        status, content, {"Content-Type": kind, **{k.replace("_", "-"): v for k, v in headers.items()}}
    )


def refusal(text, status=400, code="INVALID_PARAMETER_VALUE"):
    """Refuse as a workspace does: MLflow's own field stands beside Azure's."""
    error = {"Code": "UserError", "Message": text}
    return answer(status, {"Error": error, "error_code": code, "message": text})


class Azure:
    """Steers what Azure answers, and knows what it was asked."""

    def __init__(self, server, tls=None):
        self.server = server
        """What holds it all, to be read by another road."""
        self.upstream = urlsplit(server.url)
        self.keeps_artifacts = tls is not None
        """Whether artifacts are the workspace's, as for azureml-mlflow, or the tracking server's."""
        self.listeners = [Listener(self, None)] + ([Listener(self, tls)] if tls else [])
        self.url = f"http://127.0.0.1:{self.listeners[0].server_port}"
        self.secure = f"https://127.0.0.1:{self.listeners[-1].server_port}" if tls else None
        self.workspace_url = f"{self.url}/mlflow/v2.0{SCOPE}"
        self.tracking_uri = f"azureml://127.0.0.1:{self.listeners[-1].server_port}/mlflow/v1.0{SCOPE}"
        self.tokens = set()
        self.issued = []
        """Every token that was ever given out."""
        self.asked = []
        """What the workspace was asked, as "POST runs/log-batch"."""
        self.token_requests = []
        self.disturb = lambda asked: None
        """Gives an `Answer` in place of the real one, or None."""
        self.held = collections.defaultdict(lambda: collections.defaultdict(set))
        """The keys of each kind that each run has."""
        self.artifacts = set()

    def close(self):
        for listener in self.listeners:
            listener.shutdown()
            listener.server_close()

    def issue(self):
        token = f"token-{uuid.uuid4().hex}"
        self.tokens.add(token)
        self.issued.append(token)
        return token

    def expire(self):
        """Let no token hold any more that was given out until now."""
        self.tokens.clear()

    def answer(self, asked, host):
        for method, pattern, respond in ROUTES:
            match = re.fullmatch(pattern, asked.path)
            if match and asked.method in method.split():
                # Who has the signature may read and write a blob; and the others are what tokens come from.
                open_to_all = respond in (discovery, token, managed_identity, blob)
                if not open_to_all and self._bearer(asked) not in self.tokens:
                    return refused_token()
                return self.disturb(asked) or respond(self, asked, match, host)
        return answer(404, {"error": {"code": "InvalidRoute", "message": f"{asked.method} {asked.path}"}})

    def _bearer(self, asked):
        return asked.headers.get("authorization", "").removeprefix("Bearer ")

    def forward(self, method, path, body=b"", **headers):
        connection = http.client.HTTPConnection(self.upstream.hostname, self.upstream.port, timeout=60)
        with contextlib.closing(connection):
            connection.request(method, path, body, {**headers, "Content-Length": str(len(body))})
            response = connection.getresponse()
            kind = response.headers.get("Content-Type", "")
            return Answer(response.status, response.read(), {"Content-Type": kind})


def refused_token():
    text = "The bearer token is missing, expired, or was never given out."
    return answer(
        401, {"error": {"code": "UserError", "message": text, "innerError": {"code": "AuthenticationError"}}}
    )


def discovery(azure, asked, match, host):
    base = f"https://{host}/{match[1]}"
    return answer(
        200,
        {
            "issuer": f"{base}/v2.0",
            "token_endpoint": f"{base}/oauth2/v2.0/token",
            "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
        },
    )


def token(azure, asked, match, host):
    form = {name: values[0] for name, values in parse_qs(asked.body.decode()).items()}
    azure.token_requests.append(form)
    secret = form.get("client_secret", form.get("client_assertion"))
    if secret not in (PRINCIPAL["service_principal_password"], "federated hunter2"):
        told = "AADSTS7000215: Invalid client secret provided."
        return answer(401, {"error": "invalid_client", "error_description": told, "error_codes": [7000215]})
    return answer(200, {"token_type": "Bearer", "expires_in": 3600, "access_token": azure.issue()})


def managed_identity(azure, asked, match, host):
    azure.token_requests.append({"header": asked.headers.get("x-identity-header"), **asked.query})
    expires = str(int(time.time()) + 3600)
    return answer(
        200, {"access_token": azure.issue(), "expires_on": expires, "token_type": "Bearer", "resource": ""}
    )


def manager(azure, asked, match, host):
    uri = f"azureml://{host}/mlflow/v1.0{SCOPE}"
    return answer(200, {"id": SCOPE, "name": "w-1", "properties": {"mlFlowTrackingUri": uri}})


def no_workspace(azure, asked, match, host):
    return answer(
        404, {"error": {"code": "ResourceNotFound", "message": f"The Resource {asked.path} was not found."}}
    )


def mlflow(azure, asked, match, host):
    tail = match[1].removeprefix("/api/2.0/mlflow/")
    azure.asked.append(f"{asked.method} {tail}")
    if tail.startswith("logged-models"):
        return refusal("there are no logged models here", 404, "ENDPOINT_NOT_FOUND")
    if tail == "runs/search" and (refused := unsupported_search(asked.fields)):
        return refused
    if tail == "experiments/search" and asked.fields.get("order_by"):
        return refusal("experiments have no order here")  # as far as is documented
    if tail in ("runs/log-batch", "runs/create") and (refused := over_limits(azure, tail, asked.fields)):
        return refused
    query = f"?{urlsplit(asked.query['']).query}" if asked.query[""] else ""
    kind = asked.headers.get("content-type", "application/json")
    found = azure.forward(asked.method, f"{match[1]}{query}", asked.body, **{"Content-Type": kind})
    if tail == "runs/create" and found.status == 200:
        run = json.loads(found.body)["run"]
        own = {"mlflow.runName", "mlflow.rootRunId", "mlflow.user"}
        azure.held[run["info"]["run_id"]]["tags"] |= {tag["key"] for tag in run["data"]["tags"]} | own
    if azure.keeps_artifacts:
        where = rb"azureml://%s/mlflow/v2.0%s/experiments/\1/runs/\2/artifacts" % (
            host.encode(),
            SCOPE.encode(),
        )
        return found._replace(body=ARTIFACT.sub(where, found.body))
    return found


def unsupported_search(fields):
    """Refuse what the support matrix of the page on queries has no check mark for."""
    condition = fields.get("filter", "")
    if "`" in condition:
        return refusal("there are no quoted keys in a filter here")
    if "attributes." in condition or "!=" in condition:
        return refusal("filters are of metrics, params and tags here, and the latter equal to something")
    if any(not order.startswith("attributes.start_time") for order in fields.get("order_by", [])):
        return refusal("runs are ordered by their start time here, and by nothing else")
    return None


def over_limits(azure, tail, fields):
    held = (
        azure.held[fields.get("run_id", "new")] if tail == "runs/log-batch" else collections.defaultdict(set)
    )
    for kind, most in MOST.items():
        items = fields.get(kind, [])
        if len(items) > most:
            return refusal(f"{len(items)} {kind} in one request, and {most} are the most")
        for field, longest in LONGEST.items():
            if any(len(str(item[field])) > longest.get(kind, 10**9) for item in items):
                return refusal(f"a {field} of {kind} is longer than {longest[kind]}")
        held[kind] |= {item["key"] for item in items}
        if len(held[kind]) > MOST_OF_A_RUN[kind]:
            return refusal(f"{len(held[kind])} {kind} in one run, and {MOST_OF_A_RUN[kind]} are the most")
    if any(item.get("model_id") for item in fields.get("metrics", [])):
        return refusal("a metric belongs to a logged model, and there are none here")
    return None


def begin_artifacts(azure, asked, match, host):
    experiment, run = match.groups()
    told, errors = {}, {}
    for path in (entry["path"] for entry in asked.fields["paths"]):
        if (run, path) in azure.artifacts:
            text = f"Resource Conflict: ArtifactId ExperimentRun/dcid.{run}/{path} already exists."
            errors[path] = {"error": {"code": "UserError", "message": text}}
        else:
            azure.artifacts.add((run, path))
            told[path] = {"contentUri": blob_url(host, experiment, run, path)}
    return answer(200, {"artifactContentInformation": told, "errors": errors})


def find_artifact(azure, asked, match, host):
    experiment, run = match.groups()
    path = asked.query["path"][0]
    if (run, path) not in azure.artifacts:
        return answer(404, {"error": {"code": "UserError", "message": f"{path} is not there"}})
    return answer(200, {"contentUri": blob_url(host, experiment, run, path), "path": path, "container": run})


def blob_url(host, experiment, run, path):
    return f"https://{host}/store.blob.core.windows.net/azureml/{experiment}/{run}/artifacts/{path}?sv=1&sig=s%2Fig"


def blob(azure, asked, match, host):
    if asked.query.get("sig") != ["s/ig"]:
        return answer(403, b"", x_ms_error_code="AuthenticationFailed")
    place = f"/api/2.0/mlflow-artifacts/artifacts/{match[1]}"
    found = azure.forward("GET", place)
    if asked.method == "PUT":
        if found.status == 200 and asked.headers.get("if-none-match") == "*":
            return answer(409, b"", x_ms_error_code="BlobAlreadyExists")
        assert azure.forward("PUT", place, asked.body).status == 200
        return answer(201, b"", ETag='"1"', Last_Modified="Thu, 01 Jan 2026 00:00:00 GMT")
    if found.status != 200:
        return answer(404, b"", x_ms_error_code="BlobNotFound")
    size = len(found.body)
    head = {"Content_Range": f"bytes 0-{size - 1}/{size}", "x_ms_blob_type": "BlockBlob"}
    return answer(206, found.body, ETag='"1"', Last_Modified="Thu, 01 Jan 2026 00:00:00 GMT", **head)


_RUN = rf"/history/v1\.0{re.escape(SCOPE)}/experiments/(\w+)/runs/(\w+)/artifacts"
ROUTES = [
    ("GET", r"/([\w-]+)/v2\.0/\.well-known/openid-configuration", discovery),
    ("POST", r"/([\w-]+)/oauth2/v2\.0/token", token),
    ("GET", r"/identity/token", managed_identity),
    ("GET", re.escape(SCOPE), manager),
    ("GET", r"/subscriptions/.*", no_workspace),
    ("GET POST PUT PATCH", rf"/mlflow/v2\.0{re.escape(SCOPE)}(/api/2\.0/mlflow.*)", mlflow),
    ("POST", rf"{_RUN}/batch/metadata", begin_artifacts),
    ("GET", rf"{_RUN}/contentinfo", find_artifact),
    ("GET PUT", r"/store\.blob\.core\.windows\.net/azureml/(.+)", blob),
]


class Listener(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, azure, tls):
        super().__init__(("127.0.0.1", 0), Handler)
        self.azure = azure
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_side=True)
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def handle_error(self, request, client_address):
        pass  # clients hang up


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def handle_any(self):
        parts = urlsplit(self.path)
        asked = Asked(
            self.command,
            unquote(parts.path),
            {**parse_qs(parts.query), "": self.path},
            {name.lower(): value for name, value in self.headers.items()},
            self._body(),
        )
        found = self.server.azure.answer(asked, self.headers["Host"])
        self.send_response(found.status)
        for name, value in {**found.headers, "Content-Length": str(len(found.body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(found.body)

    do_GET = do_POST = do_PUT = do_PATCH = handle_any

    def _body(self):
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = []
        while size := int(self.rfile.readline(), 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def log_message(self, *args):
        pass


@pytest.fixture(scope="session")
def answers():
    """Give `answer`, to disturb with."""
    return answer


@pytest.fixture(scope="session")
def large():
    """Give a machine that has far more than a run holds there."""

    def make(params, names, steps):
        history = {f"loss {number}": [float(step) for step in range(steps)] for number in range(names)}
        history["params"] = {f"p{number}": number for number in range(params)}
        model = {"model_meta": {"history": history}}
        return Machine(uuid.uuid4().hex, "p", metadata={"build_metadata": {"model": model}})

    return make


@pytest.fixture(params=["ae-4tags", "buildonly-4tags", "diff-20tags", "sk-20tags"])
def real_machine(request, record):
    """Each real machine, with a name that no other test uses."""
    name = request.param
    return Machine.from_dict({**record(name), "name": f"{name}-{uuid.uuid4().hex[:8]}"})


@pytest.fixture
def arrives_whole(server):
    """Give a function that reports a machine, and holds the run, the plan and the next report to it."""

    def arrive(reporter, machine):
        delivery = reporter.report(machine)
        run = server.run(machine.name)
        assert (run.status, run.artifact("metadata.json")) == ("FINISHED", machine.to_json())
        plan = reporter.plan(machine)
        assert (len(run.metrics()[0]), len(run.params)) == (plan.items["metrics"], plan.items["params"])
        assert delivery.alterations == plan.alterations
        assert reporter.report(machine).unchanged
        return delivery, run

    return arrive


@pytest.fixture
def principal():
    return dict(PRINCIPAL)


@pytest.fixture
def workspace():
    return dict(WORKSPACE)


@pytest.fixture(autouse=True)
def _nobody_is_logged_in(monkeypatch):
    """No test depends on what the developer, or the host, has with Azure, nor on the logins of another."""
    login._login.cache_clear()
    for name in (*AZURES_OWN, "MLFLOW_TRACKING_TOKEN", "MLFLOW_RUN_ID"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def azure_before():
    """Give what runs Azure before a server, with or without TLS, for a `with`."""

    @contextlib.contextmanager
    def run(server, tls=None):
        with contextlib.closing(Azure(server, tls)) as running:
            yield running

    return run


@pytest.fixture
def azure(server, azure_before):
    """Azure without TLS: the resource manager, and the workspace for MLflow's own client."""
    with azure_before(server) as running:
        yield running


@pytest.fixture(scope="session")
def certificates(tmp_path_factory):
    """An authority of certificates for this machine, as the path of its certificate and a context for servers."""
    missing = [name for name in ("azure.identity", "azureml.mlflow", "trustme") if not is_there(name)]
    if missing:
        pytest.skip(
            f"needs newsdesk-mlflow[azureml] and trustme, see nox -s azureml; lacks {', '.join(missing)}"
        )
    import trustme

    authority = trustme.CA()
    path = tmp_path_factory.mktemp("certificates") / "ca.pem"
    authority.cert_pem.write_to_path(path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return path, context


def is_there(module):
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


@pytest.fixture
def secure_azure(certificates, server, azure_before, monkeypatch):
    """Azure with TLS, as its own libraries demand it; tokens come from here too.

    That the resource manager is here as well is the one thing that no variable of Azure's can tell.
    """
    from newsdesk_mlflow.auth.clouds import CLOUDS, PUBLIC

    path, context = certificates
    with azure_before(server, context) as running:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(path))
        monkeypatch.setenv("AZURE_AUTHORITY_HOST", running.secure)
        monkeypatch.setitem(CLOUDS, PUBLIC.name, PUBLIC._replace(resource_manager=running.secure))
        yield running
