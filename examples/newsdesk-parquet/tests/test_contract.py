"""ParquetReporter passes newsdesk's conformance kit."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import duckdb
import pytest
from newsdesk.testing import Capabilities, ReporterContract

from newsdesk_parquet.reporter import ParquetReporter


class TestParquetReporter(ReporterContract):
    """The reporter's capabilities, how to build it, and how to read its backend; the kit adds the checks."""

    capabilities = Capabilities(
        name="parquet",
        ping=True,
        holds=True,
        fetch=True,
        machines=20,  # it has no pages
        alters={"unicode": 1, "long-names": 4, "namesakes": 3, "path-names": 8},
        preload=("newsdesk_parquet.dataset",),
    )

    @pytest.fixture
    def build(self, tmp_path: Path) -> Callable[..., ParquetReporter]:
        """Return a function that builds the reporter, always for the same, initially empty folder."""
        return lambda: ParquetReporter(str(tmp_path / "machines"))

    @pytest.fixture
    def read(self, tmp_path: Path) -> Callable[[], list[str]]:
        """Return a function that reads every record without the reporter's code, with DuckDB."""

        def records() -> list[str]:
            files = [str(path) for path in tmp_path.rglob("*.parquet")]
            rows = duckdb.execute("SELECT record FROM read_parquet(?)", [files]).fetchall() if files else []
            return [record for (record,) in rows]

        return records

    @pytest.fixture
    def wipe(self, tmp_path: Path) -> Callable[[], None]:
        """Return a function that removes every record."""
        return lambda: shutil.rmtree(tmp_path / "machines")

    @pytest.fixture
    def broken(self, tmp_path: Path) -> Callable[[], AbstractContextManager[None]]:
        """Return a context manager with a file where the folder was: nothing can be written there."""

        @contextmanager
        def a_file_in_its_place() -> Iterator[None]:
            folder = tmp_path / "machines"
            aside = folder.rename(tmp_path / "aside")
            folder.touch()
            yield
            folder.unlink()
            aside.rename(folder)

        return a_file_in_its_place
