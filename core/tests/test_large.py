"""Records that are far larger than any real one."""

import json

import pytest
from newsdesk import Desk, Machine, MachineError, Retry
from newsdesk.builtin.files import FilesReporter


def test_a_record_of_50_megabytes_arrives_whole(tmp_path):
    machine = Machine(name="large", metadata={"blob": "é" * 12_500_000, "numbers": list(range(3_000_000))})
    assert len(machine.to_json()) > 45_000_000
    with Desk(FilesReporter(tmp_path), deadline=120) as desk:
        assert desk.report(machine)[0].status == "delivered"
        assert desk.report(machine)[0].status == "unchanged"
    [file] = tmp_path.rglob("*.json")
    assert Machine.from_json(file.read_bytes()) == machine


def test_names_of_10_000_characters_in_every_plane_of_unicode_are_filed_apart(tmp_path):
    planes = "".join(chr(0x10000 * plane + 0x61) for plane in range(17))
    machines = [Machine(name=planes * 600 + end, project_name="p" * 10_000) for end in "ab"]
    with Desk(FilesReporter(tmp_path), retry=Retry(attempts=1)) as desk:
        receipts = [receipt for machine in machines for receipt in desk.report(machine)]
    assert {receipt.status for receipt in receipts} == {"delivered"}
    assert {alteration.path for receipt in receipts for alteration in receipt.alterations} == {
        "name",
        "project_name",
    }
    assert {Machine.from_json(file.read_bytes()) for file in tmp_path.rglob("*.json")} == set(machines)


@pytest.mark.parametrize("depth", [300, 100_000])
def test_a_record_that_is_nested_too_deeply_is_refused_with_its_place(depth):
    text = '{"name": "deep", "metadata": {"a": ' + "[" * depth + "]" * depth + "}}"
    with pytest.raises(MachineError, match="nested"):
        Machine.from_json(text)


def test_a_hundred_thousand_metrics_are_one_record_like_any_other(tmp_path):
    history = {f"metric {n}": [n / 7] * 100 for n in range(1000)}
    machine = Machine(name="long", metadata={"history": history})
    with Desk(FilesReporter(tmp_path)) as desk:
        desk.report(machine)
    [file] = tmp_path.rglob("*.json")
    assert json.loads(file.read_bytes())["metadata"]["history"] == history
