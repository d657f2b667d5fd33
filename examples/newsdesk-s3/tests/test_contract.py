"""S3Reporter passes newsdesk's conformance kit, against moto."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from newsdesk.testing import HTTP, Capabilities, ReporterContract, Server

from newsdesk_s3.reporter import S3Reporter
from newsdesk_s3.server import client


class TestS3Reporter(ReporterContract):
    """The reporter's capabilities, how to build it, and how to read its backend; the kit adds the checks."""

    capabilities = Capabilities(
        name="s3",
        ping=True,
        holds=True,
        fetch=True,
        machines=110,
        network=HTTP,
        # Names that not every store keeps apart, see `MachineKey.slug`.
        alters={"unicode": 1, "long-names": 4, "namesakes": 5, "path-names": 8},
        preload=("newsdesk_s3.client",),
    )

    @pytest.fixture
    def s3(self, s3_server: Server) -> Any:
        """Return boto3's client of the server."""
        return client(s3_server.url)

    @pytest.fixture
    def bucket(self, s3: Any) -> str:
        """Return a bucket of this test alone."""
        name = f"bucket-{uuid.uuid4().hex}"
        s3.create_bucket(Bucket=name)
        return name

    @pytest.fixture
    def upstream(self, s3_server: Server) -> str:
        """Return the URL of the backend; the kit's proxy leads there, and breaks on the way what it can."""
        return s3_server.url

    @pytest.fixture
    def build(self, bucket: str, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, int], S3Reporter]:
        """Return a function that builds the reporter for the proxy's address, always for the same bucket."""
        monkeypatch.setattr("newsdesk_s3.client.PAGE", 100)  # so that 110 machines have two pages

        def make(host: str, port: int) -> S3Reporter:
            return S3Reporter(
                bucket,
                prefix="machines/",
                endpoint_url=f"http://{host}:{port}",
                region="us-east-1",
                access_key_id="test",
                secret_access_key="s3cr3t-acc3ss-key",
            )

        return make

    @pytest.fixture
    def read(self, s3: Any, bucket: str) -> Callable[[], list[bytes]]:
        """Return a function that reads every record without the reporter's code."""

        def records() -> list[bytes]:
            found = s3.list_objects_v2(Bucket=bucket).get("Contents", [])
            return [s3.get_object(Bucket=bucket, Key=one["Key"])["Body"].read() for one in found]

        return records

    @pytest.fixture
    def wipe(self, s3: Any, bucket: str) -> Callable[[], None]:
        """Return a function that removes every record."""

        def delete() -> None:
            for found in s3.list_objects_v2(Bucket=bucket).get("Contents", []):
                s3.delete_object(Bucket=bucket, Key=found["Key"])

        return delete
