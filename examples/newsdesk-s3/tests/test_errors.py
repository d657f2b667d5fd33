"""Errors of the backend, and which of them are retried; the kit tests the answers of HTTP."""

from pathlib import Path
from typing import Any

import pytest
from newsdesk import BaseReporter, DefinitionError, Machine, PermanentReporterError, TransientReporterError
from newsdesk.testing import Server

from newsdesk_s3.reporter import S3Reporter
from newsdesk_s3.server import client

MACHINE = Machine(name="pump-7", project_name="plant")
LOGIN: Any = {"region": "us-east-1", "access_key_id": "test", "secret_access_key": "test"}


def test_a_server_that_cannot_be_reached_is_a_transient_error() -> None:
    reporter = S3Reporter("machines", endpoint_url="http://127.0.0.1:9", **LOGIN)
    with pytest.raises(TransientReporterError) as caught:
        reporter.report(MACHINE)
    assert "looking for plant.pump-7.json: the store cannot be reached: " in str(caught.value)


def test_a_bucket_that_does_not_exist_is_a_permanent_error(s3_server: Server) -> None:
    reporter = S3Reporter("nobodys", endpoint_url=s3_server.url, **LOGIN)
    with pytest.raises(PermanentReporterError) as caught:
        reporter.report(MACHINE)
    assert "it answers 404 (not found); check the address, and that what it names" in str(caught.value)
    with pytest.raises(PermanentReporterError, match="looking for the bucket nobodys: it answers 404"):
        reporter.ping()


def test_without_any_login_it_is_said_what_is_missing(
    s3_server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    reporter = S3Reporter("machines", endpoint_url=s3_server.url, region="us-east-1")
    with pytest.raises(PermanentReporterError) as caught:
        reporter.report(MACHINE)
    assert "Unable to locate credentials; check 'endpoint_url' and the credentials" in str(caught.value)


@pytest.mark.parametrize(
    ("params", "fault"),
    [
        ({"endpoint_url": "s3.example"}, "endpoint_url: must begin with https:// or http://"),
        ({"endpoint_url": "https://a:b@h"}, "endpoint_url: must not hold a login; set access_key_id"),
        ({"access_key_id": "test"}, "secret_access_key: belongs to access_key_id; give both or neither"),
    ],
)
def test_wrong_parameters_are_refused_before_anything_is_sent(params: dict[str, str], fault: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        BaseReporter.from_dict({"s3": {"bucket": "machines", **params}})
    assert fault in str(caught.value)


def test_objects_survive_a_restart_of_the_server(s3_server: Server) -> None:
    client(s3_server.url).create_bucket(Bucket="kept")
    with S3Reporter("kept", endpoint_url=s3_server.url, **LOGIN) as reporter:
        reporter.report(MACHINE)
    s3_server.restart()
    with S3Reporter("kept", endpoint_url=s3_server.url, **LOGIN) as reporter:
        assert reporter.report(MACHINE).unchanged
