"""The pages pass the conformance kit."""

import contextlib
import shutil

import pytest
from newsdesk.testing import Capabilities, ReporterContract
from newsdesk_pages import PagesReporter


class TestPages(ReporterContract):
    """Its records are read as files."""

    capabilities = Capabilities(
        name="pages",
        changed="adds",
        holds=True,
        ping=True,
        fetch=True,
        machines=20,
        alters={"unicode": 1, "long-names": 4, "namesakes": 5, "path-names": 8},
        preload=("newsdesk_pages.rendering",),
    )

    @pytest.fixture
    def build(self, tmp_path):
        return lambda: PagesReporter(str(tmp_path / "site"))

    @pytest.fixture
    def read(self, tmp_path):
        return lambda: [path.read_bytes() for path in tmp_path.glob("site/records/*/*.json")]

    @pytest.fixture
    def wipe(self, tmp_path):
        return lambda: shutil.rmtree(tmp_path / "site")

    @pytest.fixture
    def broken(self, tmp_path):
        @contextlib.contextmanager
        def a_file_in_its_place():
            aside = (tmp_path / "site").rename(tmp_path / "aside")
            (tmp_path / "site").touch()
            yield
            (tmp_path / "site").unlink()
            aside.rename(tmp_path / "site")

        return a_file_in_its_place
