"""The canned machines are files, and what they are for is in them."""

import subprocess
import sys
import unicodedata

from newsdesk.testing import MACHINES
from newsdesk.testing.machines import HOSTILE, canned, hostile, many_metrics, real


def test_every_file_is_delivered_by_a_check():
    assert {path.stem for path in (MACHINES / "hostile").iterdir()} | {"long-value"} == {*HOSTILE}
    assert [canned(name)[0].name for name in real()]


def test_texts_and_names_are_composed_and_decomposed():
    texts = hostile("unicode")[0].metadata["texts"]
    assert unicodedata.normalize("NFC", texts["decomposed"]) == texts["composed"] != texts["decomposed"]
    keys = [machine.key for machine in hostile("namesakes")]
    assert len({*keys}) == len(keys) > len({unicodedata.normalize("NFC", str(key)) for key in keys})


def test_a_machine_that_a_check_changes_is_not_that_of_the_next_check():
    canned("ordinary")[0].metadata.clear()
    assert canned("ordinary")[0].metadata


def test_a_history_has_as_many_values_as_asked():
    history = many_metrics(5_000).metadata["build_metadata"]["model"]["model_meta"]["history"]
    assert sum(map(len, history.values())) == 5_000


def test_newsdesk_reports_the_files(tmp_path):
    files = sorted(map(str, MACHINES.rglob("*.json*")))
    command = [
        sys.executable,
        "-c",
        "import newsdesk.cli; newsdesk.cli.main()",
        "plan",
        *files,
        "--to",
        "null",
        "--json",
    ]
    done = subprocess.run(command, cwd=tmp_path, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) >= 28
