"""The server for tests, and to try an outage by hand: moto, with its objects in a folder."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
from newsdesk.testing import ServerMissing


@contextmanager
def serve(folder: Path) -> Iterator[str]:
    """Run moto and yield its URL. It keeps objects in memory: they are files while it does not run."""
    try:
        from moto.server import ThreadedMotoServer
    except ImportError as error:
        raise ServerMissing("moto is not installed: pip install 'newsdesk-s3[dev]'") from error
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        url = f"http://{host}:{port}"
        s3 = client(url)
        _load(s3, folder / "buckets")
        yield url
        _save(s3, folder / "buckets")
    finally:
        server.stop()


def client(url: str) -> Any:
    """Return boto3's client of a server for tests, which takes any login."""
    login = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
    return boto3.session.Session().client("s3", endpoint_url=url, **login)


def _load(s3: Any, folder: Path) -> None:
    for bucket in folder.glob("*"):
        s3.create_bucket(Bucket=bucket.name)
        for file in bucket.rglob("*.json"):
            revision = {"newsdesk-revision": file.with_suffix(".revision").read_text()}
            key = file.relative_to(bucket).as_posix()
            s3.put_object(Bucket=bucket.name, Key=key, Body=file.read_bytes(), Metadata=revision)


def _save(s3: Any, folder: Path) -> None:
    for bucket in s3.list_buckets()["Buckets"]:
        place = folder / bucket["Name"]
        place.mkdir(parents=True, exist_ok=True)
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket["Name"]):
            for found in page.get("Contents", []):
                answer = s3.get_object(Bucket=bucket["Name"], Key=found["Key"])
                file = place / found["Key"]
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(answer["Body"].read())
                file.with_suffix(".revision").write_text(answer["Metadata"].get("newsdesk-revision", ""))
