"""The files: read by analysis tools, replaced atomically, and their errors."""

import os
import shutil
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow.dataset as ds
import pytest
from newsdesk import Machine, MachineKey, PermanentReporterError, TransientReporterError

from newsdesk_parquet import dataset
from newsdesk_parquet.reporter import ParquetReporter

KEYS = [("north", "pump-7"), ("a b/ä", "pump-7"), ("", "pump-8"), ("n" * 300, "\0\ud800")]


def machine(project: str = "north", name: str = "pump-7", seconds: float = 1.5) -> Machine:
    model = {"model_training_duration_sec": seconds, "cross_validation": {"scores": {"r2": {"fold-1": 0.5}}}}
    return Machine(name=name, project_name=project, metadata={"build_metadata": {"model": model}})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A dataset with four machines of four projects."""
    folder = tmp_path / "machines"
    with ParquetReporter(str(folder)) as reporter:
        for key in KEYS:
            reporter.report(machine(*key))
    return folder


def test_pyarrow_reads_all_of_it_as_one_dataset_with_its_partitions(folder: Path) -> None:
    table = ds.dataset(folder, partitioning="hive").to_table()
    assert set(table["project_name"].to_pylist()) == {project for project, _ in KEYS}
    partitions = dict(zip(table["project_name"].to_pylist(), table["project"].to_pylist(), strict=True))
    assert partitions == {"north": "north", "a b/ä": "a b/ä", "": "", "n" * 300: partitions["n" * 300]}


def test_pandas_reads_it_and_filters_by_partition(folder: Path) -> None:
    frame = pd.read_parquet(folder, filters=[("project", "==", "a b/ä")])
    assert frame["project_name"].to_list() == ["a b/ä"]
    assert frame["training_seconds"].to_list() == [1.5]


def test_duckdb_reads_it_with_scores_as_rows(folder: Path) -> None:
    query = """
        SELECT project, name, unnest(scores, recursive := true)
        FROM read_parquet(?, hive_partitioning = true) WHERE project_name = 'north'
    """
    found = duckdb.execute(query, [str(folder / "*" / "*.parquet")]).fetchall()
    assert found == [("north", "pump-7", "r2", "fold-1", 0.5)]


def test_duckdb_reads_into_the_record(folder: Path) -> None:
    path = "$.metadata.build_metadata.model.model_training_duration_sec"
    query = "SELECT record->>? FROM read_parquet(?) WHERE json_valid(record)"
    found = duckdb.execute(query, [path, str(folder / "*" / "*.parquet")]).fetchall()
    assert found == [("1.5",)] * (len(KEYS) - 1), "DuckDB does not accept a lone surrogate in JSON"


def test_readers_ignore_a_file_that_is_being_written(folder: Path) -> None:
    (folder / "project=north" / ".pump-9-abc.tmp").write_bytes(b"PAR1 half")
    assert ds.dataset(folder, partitioning="hive").count_rows() == len(KEYS)
    assert len(pd.read_parquet(folder)) == len(KEYS)


def test_a_reader_sees_a_complete_record_while_others_write(folder: Path) -> None:
    def write(seconds: float) -> None:
        with ParquetReporter(str(folder)) as reporter:
            for number in range(20):
                reporter.report(machine(seconds=seconds + number % 2))

    with ThreadPoolExecutor(2) as pool:
        writers = [pool.submit(write, seconds) for seconds in (10, 20)]
        seen = [set(pd.read_parquet(folder / "project=north")["training_seconds"])]
        while not all(writer.done() for writer in writers):
            seen.append(set(pd.read_parquet(folder / "project=north")["training_seconds"]))
    for writer in writers:
        writer.result()
    assert {len(found) for found in seen} == {1}
    assert set().union(*seen) <= {1.5, 10, 11, 20, 21}


@pytest.mark.parametrize("damage", [b"", b"PAR1", b"not parquet at all", b"PAR1" * 9])
def test_a_damaged_file_is_replaced_by_the_next_report(folder: Path, damage: bytes) -> None:
    [file] = folder.glob("project=north/*.parquet")
    file.write_bytes(damage)
    assert not ParquetReporter(str(folder)).report(machine()).unchanged
    assert ds.dataset(folder, partitioning="hive").count_rows() == len(KEYS)


def test_a_file_with_the_columns_of_another_version_is_rewritten(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dataset, "LAYOUT", "2")
    with ParquetReporter(str(folder)) as reporter:
        assert [reporter.report(machine()).unchanged for _ in range(2)] == [False, True]


def test_a_failed_write_leaves_nothing_behind(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise OSError(28, "No space left on device")

    before = sorted(folder.rglob("*"))
    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(TransientReporterError, match="now: No space left on device"):
        ParquetReporter(str(folder)).report(machine(seconds=2.5))
    assert sorted(folder.rglob("*")) == before
    assert pd.read_parquet(folder)["training_seconds"].to_list() == [1.5] * len(KEYS)


def test_a_share_that_cannot_flush_a_folder_is_accepted(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flush = os.fsync

    def fails(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(22, "Invalid argument")
        flush(descriptor)

    monkeypatch.setattr(os, "fsync", fails)
    assert not ParquetReporter(str(folder)).report(machine(seconds=2.5)).unchanged


def test_a_path_that_is_not_a_folder_is_a_permanent_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    reporter = ParquetReporter(str(tmp_path / "file"))
    with pytest.raises(PermanentReporterError, match="; check the folder, or set 'path' to another one"):
        reporter.report(machine())
    with pytest.raises(PermanentReporterError, match="is not a writable folder; fix its permissions, or"):
        reporter.ping()


def test_machines_are_read_back_without_files_of_others(folder: Path) -> None:
    pd.DataFrame({"a": [1]}).to_parquet(folder / "project=north" / "other.parquet")
    shutil.copy(folder / "project=north" / "north.pump-7.parquet", folder / "project=north" / "copy.parquet")
    (folder / "README").touch()
    with ParquetReporter(str(folder)) as reporter:
        listed = {stored.key: stored for stored in reporter.machines()}
        assert set(listed) == {MachineKey(*key) for key in KEYS}
        for key, stored in listed.items():
            found = reporter.fetch(key.name, key.project_name)
            assert found == machine(*key)
            assert (stored.revision, stored.model_key) == (found.revision, found.model_key)


def test_a_damaged_file_is_an_error_and_not_a_missing_machine(folder: Path) -> None:
    file = folder / "project=north" / "north.pump-7.parquet"
    file.write_bytes(file.read_bytes()[:-100])
    with ParquetReporter(str(folder)) as reporter:
        for read in (lambda: list(reporter.machines()), lambda: reporter.fetch("pump-7", "north")):
            with pytest.raises(
                PermanentReporterError, match=r"north.pump-7.parquet is damaged: .*; report the"
            ):
                read()
