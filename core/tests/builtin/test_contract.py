"""The built-in reporters pass the conformance kit."""

import contextlib
import shutil

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
        fetch=True,
        machines=20,  # it has no pages
        ping=True,
        alters={"unicode": 1, "long-names": 4, "namesakes": 5, "path-names": 8},
    )

    @pytest.fixture
    def build(self, tmp_path):
        return lambda: FilesReporter(str(tmp_path / "reports"))

    @pytest.fixture
    def read(self, tmp_path):
        return lambda: [path.read_bytes() for path in tmp_path.glob("reports/*/*.json")]

    @pytest.fixture
    def wipe(self, tmp_path):
        return lambda: shutil.rmtree(tmp_path / "reports")

    @pytest.fixture
    def broken(self, tmp_path):
        @contextlib.contextmanager
        def a_file_in_its_place():
            aside = (tmp_path / "reports").rename(tmp_path / "aside")
            (tmp_path / "reports").touch()
            yield
            (tmp_path / "reports").unlink()
            aside.rename(tmp_path / "reports")

        return a_file_in_its_place


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
