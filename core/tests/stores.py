"""Object stores for tests: moto as S3; where they are installed, Azurite as Azure, and Google's testbench."""

import base64
import datetime as dt
import hashlib
import hmac
import importlib.util
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
import uuid
from pathlib import Path

import pytest

START = 60.0
"""Seconds that a server may take to start."""

_ACCOUNT = "devstoreaccount1"
_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
"""The login that Azurite documents; it is the same everywhere."""


class StoreServer:
    """A server of an object store in a process of its own, which can be paused, ended and started again."""

    def __init__(self, folder):
        self.folder = Path(folder)
        with socket.create_server(("127.0.0.1", 0)) as taken:
            self.port = taken.getsockname()[1]
        self.process = None
        self.start()

    def start(self):
        with (self.folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(self.command(), stdout=log, stderr=log, start_new_session=True)
        end = time.monotonic() + START
        while time.monotonic() < end:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                assert self.process.poll() is None, (self.folder / "server.log").read_text()
                time.sleep(0.05)
            else:
                return
        raise AssertionError((self.folder / "server.log").read_text())

    def pause(self):
        os.killpg(self.process.pid, signal.SIGSTOP)

    def resume(self):
        os.killpg(self.process.pid, signal.SIGCONT)

    def stop(self):
        self.resume()
        os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait()


class S3(StoreServer):
    """Moto, which keeps objects in memory."""

    name = "s3"

    def command(self):
        return [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(self.port)]

    def options(self, port=None):
        login = {"access_key_id": "test", "secret_access_key": "s3cr3t-acc3ss-key", "region": "us-east-1"}
        return {"endpoint": f"http://127.0.0.1:{port or self.port}", **login}

    def bucket(self):
        name = f"bucket-{uuid.uuid4().hex}"
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/{name}", method="PUT")
        urllib.request.urlopen(request).close()
        return f"s3://{name}"


class Azure(StoreServer):
    """Azurite, which keeps blobs in files."""

    name = "az"

    def command(self):
        where = ["--blobHost", "127.0.0.1", "--blobPort", str(self.port), "--location", str(self.folder)]
        return [azurite(), *where, "--skipApiVersionCheck", "--disableTelemetry", "--silent"]

    def options(self, port=None):
        endpoint = f"http://127.0.0.1:{port or self.port}/{_ACCOUNT}"
        return {"account_name": _ACCOUNT, "account_key": _KEY, "endpoint": endpoint}

    def bucket(self):
        name = f"container-{uuid.uuid4().hex[:16]}"
        now = dt.datetime.now(dt.UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")
        resource = f"/{_ACCOUNT}/{_ACCOUNT}/{name}\nrestype:container"
        signed = "PUT" + "\n" * 12 + f"x-ms-date:{now}\nx-ms-version:2021-08-06\n{resource}"
        digest = hmac.new(base64.b64decode(_KEY), signed.encode(), hashlib.sha256).digest()
        headers = {
            "x-ms-date": now,
            "x-ms-version": "2021-08-06",
            "Authorization": f"SharedKey {_ACCOUNT}:{base64.b64encode(digest).decode()}",
            "Content-Length": "0",
        }
        url = f"http://127.0.0.1:{self.port}/{_ACCOUNT}/{name}?restype=container"
        urllib.request.urlopen(urllib.request.Request(url, method="PUT", headers=headers)).close()
        return f"az://{name}"


class Google(StoreServer):
    """The storage-testbench of Google, which keeps objects in memory."""

    name = "gs"

    def command(self):
        return [testbench(), str(Path(__file__).with_name("gcs_testbench.py")), str(self.port)]

    def options(self, port=None):
        nobody = dict.fromkeys(("client_email", "private_key", "private_key_id"), "")
        key = {"gcs_base_url": f"http://127.0.0.1:{port or self.port}", "disable_oauth": True, **nobody}
        return {"service_account_key": json.dumps(key)}

    def bucket(self):
        name = f"bucket-{uuid.uuid4().hex[:16]}"
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/storage/v1/b?project=tests",
            data=json.dumps({"name": name}).encode(),
            headers={"Content-Type": "application/json"},
        )
        urllib.request.urlopen(request).close()
        return f"gs://{name}"


def testbench():
    """Return the Python that has https://github.com/googleapis/storage-testbench, or None."""
    return os.environ.get("GCS_TESTBENCH")


def azurite():
    """Return the command of Azurite, or None."""
    return os.environ.get("AZURITE") or shutil.which("azurite-blob")


def serve(kind, folder):
    """Start a server, or skip the test that needs it."""
    if not all(map(importlib.util.find_spec, ("obstore", "moto", "flask"))):
        pytest.skip("obstore or moto is not installed; nox -s objects installs both")
    if kind is Azure and azurite() is None:
        pytest.skip("Azurite is not installed: npm install azurite, and name azurite-blob in AZURITE")
    if kind is Google and testbench() is None:
        pytest.skip("Google's storage-testbench is not installed; name a Python that has it in GCS_TESTBENCH")
    return kind(folder)
