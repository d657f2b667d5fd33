"""`newsdesk diff` and `newsdesk gate` with what real backends hold."""

import copy
import json
import sys
from pathlib import Path

import pytest
from newsdesk import Machine

pytestmark = pytest.mark.large

NEWSDESK = Path(sys.executable).with_name("newsdesk")
EXAMPLE = Path(__file__).parents[1] / "examples" / "machines" / "ae-4tags.json"


@pytest.fixture(params=["mlflow", "postgres"])
def backend(request, tmp_path):
    """A config of a real backend, with the label `backend`."""
    key = {"mlflow": "tracking_uri", "postgres": "url"}[request.param]
    url = request.getfixturevalue(f"{request.param}_server").url
    config = {"reporters": [{request.param: {key: url}, "label": "backend"}]}
    (tmp_path / "newsdesk.yaml").write_text(json.dumps(config))
    return request.param


@pytest.fixture
def build(backend, tmp_path):
    """A build that is in the backend, and a file of it."""
    record = json.loads(EXAMPLE.read_bytes()) | {"project_name": f"compare-{backend}"}
    (tmp_path / "old.json").write_text(json.dumps(record))
    return record


def test_a_new_build_is_compared_with_the_one_in_the_backend(run, tmp_path, build):
    run(NEWSDESK, "report", "old.json", cwd=tmp_path)
    run(NEWSDESK, "gate", "old.json", "--baseline", "backend", cwd=tmp_path)
    worse = copy.deepcopy(build)
    scores = worse["metadata"]["build_metadata"]["model"]["cross_validation"]["scores"]
    scores["r2-score"] |= {"fold-2": -0.67, "fold-3": 0.28}  # the mean is the same
    del scores["mean-squared-error"]
    (tmp_path / "new.json").write_text(json.dumps(worse))
    told = run(NEWSDESK, "gate", "new.json", "--baseline", "backend", cwd=tmp_path, status=1).stdout
    assert "  worse: r2-score, fold 2: -0.274209 -> -0.67, worse by 0.395791; allowed: 0\n" in told
    assert "  missing: mean-squared-error: the candidate does not have this score\n" in told
    address = f"{build['project_name']}/ae-4tags@backend#{Machine.from_dict(build).revision[:12]}"
    run(NEWSDESK, "diff", address, "old.json", cwd=tmp_path)
    told = run(NEWSDESK, "diff", address, "new.json", cwd=tmp_path, status=1).stdout
    assert "r2-score            fold 2  -0.274209     -0.67   -0.395791  worse\n" in told
    run(NEWSDESK, "gate", "new.json", "--baseline", address, cwd=tmp_path, status=1)


def test_a_machine_that_the_backend_does_not_hold_has_no_baseline(run, tmp_path, build):
    (tmp_path / "new.json").write_text(json.dumps(build | {"name": "never reported"}))
    told = run(NEWSDESK, "gate", "new.json", "--baseline", "backend", cwd=tmp_path, status=1).stdout
    assert "missing baseline: machine: the machine has no baseline" in told


@pytest.mark.parametrize(
    "definition",
    [
        "{mlflow: {tracking_uri: 'http://127.0.0.1:9'}}",
        "{postgres: {url: 'postgresql://postgres@127.0.0.1:9/postgres'}}",
    ],
)
def test_an_outage_is_neither_passed_nor_a_missing_machine(run, tmp_path, definition):
    (tmp_path / "newsdesk.yaml").write_text("retry: {attempts: 1}")
    result = run(NEWSDESK, "gate", EXAMPLE, "--baseline", definition, cwd=tmp_path, status=4)
    assert "cannot connect to" in result.stderr
    assert result.stdout == ""
    run(NEWSDESK, "diff", EXAMPLE, "ae-4tags", "--from", definition, cwd=tmp_path, status=4)
