"""The server for tests keeps its data, and two can run at once."""

from collections.abc import Callable

import pytest
from newsdesk.testing import ServerContract

from newsdesk_s3.server import client


class TestServer(ServerContract):
    """Where the server is, and how to store something there; newsdesk adds the checks."""

    serve = "newsdesk_s3.server:serve"

    @pytest.fixture
    def put(self) -> Callable[[str], object]:
        """Return a function that stores something at the URL of a server."""
        return lambda url: client(url).create_bucket(Bucket="kept")

    @pytest.fixture
    def holds(self) -> Callable[[str], bool]:
        """Return a function that tells whether it is there."""
        return lambda url: any(found["Name"] == "kept" for found in client(url).list_buckets()["Buckets"])
