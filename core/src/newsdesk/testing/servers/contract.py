"""The checks of a server plugin: an outage loses nothing, and each folder has a server of its own."""

from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import pytest

from newsdesk.testing.servers.server import Server

_PUT = "it gives a function which stores something at the URL of a server"
_HOLDS = "it gives a function which tells whether the server of a URL has what 'put' stores"


class ServerContract:
    """The checks of a server that a plugin brings for tests; subclass it, and write the two fixtures."""

    serve: ClassVar[str]
    """The import path of the context manager that runs it, as in `newsdesk.ServerPlugin`."""

    @pytest.fixture
    def put(self) -> Callable[[str], object]:
        """Give a function that stores something at the URL of a server."""
        raise NotImplementedError(f"{type(self).__name__} needs a fixture 'put': {_PUT}")

    @pytest.fixture
    def holds(self) -> Callable[[str], bool]:
        """Give a function that tells whether the server of a URL has what `put` stores."""
        raise NotImplementedError(f"{type(self).__name__} needs a fixture 'holds': {_HOLDS}")

    def test_what_it_keeps_survives_a_restart(
        self, tmp_path: Path, put: Callable[[str], object], holds: Callable[[str], bool]
    ) -> None:
        """If this fails, tests of an outage find an empty backend: keep everything in the folder."""
        with Server(self.serve, tmp_path) as server:
            _expect(not holds(server.url), "a server of a new folder is not empty")
            put(server.url)
            _expect(holds(server.url), "the server does not have what was stored")
            server.restart()
            _expect(holds(server.url), "after a restart in the same folder, what was stored is gone")

    def test_two_run_at_once_and_stay_apart(
        self, tmp_path: Path, put: Callable[[str], object], holds: Callable[[str], bool]
    ) -> None:
        """If this fails, tests cannot run in parallel: use a free port, and no place but the folder."""
        folders = [tmp_path / "one", tmp_path / "other"]
        for folder in folders:
            folder.mkdir()
        with Server(self.serve, folders[0]) as one, Server(self.serve, folders[1]) as other:
            put(one.url)
            _expect(holds(one.url), "the server does not have what was stored")
            _expect(not holds(other.url), "two servers of two folders share what was stored")


def _expect(holds: bool, otherwise: str) -> None:  # noqa: FBT001  (a condition)
    if not holds:
        raise AssertionError(otherwise)
