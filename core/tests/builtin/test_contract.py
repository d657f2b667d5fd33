"""The built-in reporters pass the conformance kit."""

import pytest
from newsdesk.builtin.console import ConsoleReporter
from newsdesk.builtin.files import FilesReporter
from newsdesk.builtin.null import NullReporter
from newsdesk.testing import Capabilities, ReporterContract


class TestFiles(ReporterContract):
    """Its folder is read as a folder."""

    capabilities = Capabilities(
        name="files",
        holds=True,
        ping=True,
        alters={"unicode": 1, "long-names": 4, "namesakes": 5, "path-names": 8},
    )

    @pytest.fixture
    def build(self, tmp_path):
        return lambda: FilesReporter(str(tmp_path / "reports"))

    @pytest.fixture
    def read(self, tmp_path):
        return lambda: [path.read_bytes() for path in tmp_path.glob("reports/*/*.json")]


class TestNull(ReporterContract):
    """It keeps nothing."""

    capabilities = Capabilities(name="null", keeps=False, tells_unchanged=False)

    @pytest.fixture
    def build(self):
        return NullReporter


class TestConsole(ReporterContract):
    """What it prints is for a person."""

    capabilities = Capabilities(name="console", keeps=False, tells_unchanged=False)

    @pytest.fixture
    def build(self):
        return ConsoleReporter
