"""newsdesk_gordo with gordo itself where that is installed, and with a stand-in of its interface elsewhere."""

import importlib.util
import sys
from pathlib import Path

import pytest

STAND_IN = Path(__file__).parent / "stand_in"
NAMES = ("gordo", "gordo_core", "newsdesk_gordo")


class StandInMachine:
    """A machine to build: gordo's has the same attributes."""

    def __init__(self, reporters):
        self.name, self.project_name = "pump-7", "north"
        self.runtime = {"reporters": reporters}

    def to_dict(self):
        return {"name": self.name, "project_name": self.project_name, "runtime": self.runtime}


@pytest.fixture
def gordo(monkeypatch, tmp_path):
    """Return newsdesk_gordo, in an empty working folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NEWSDESK_CONFIG", raising=False)
    monkeypatch.delenv("NEWSDESK_ENV", raising=False)
    if importlib.util.find_spec("gordo") is not None:
        yield importlib.import_module("newsdesk_gordo")
        return
    monkeypatch.syspath_prepend(STAND_IN)
    yield importlib.import_module("newsdesk_gordo")
    for name in [name for name in sys.modules if name.split(".")[0] in NAMES]:
        del sys.modules[name]


@pytest.fixture
def build(gordo):
    """Return a function that builds a machine with some reporters."""

    def built(*reporters, builder=None):
        return (builder or gordo.ModelBuilder)(machine(list(reporters))).build()[1]

    return built


def machine(reporters):
    if importlib.util.find_spec("gordo_core.time_series") is None:
        return StandInMachine(reporters)
    from gordo.machine import Machine

    dataset = {
        "type": "RandomDataset",
        "train_start_date": "2017-12-25 06:00:00Z",
        "train_end_date": "2017-12-30 06:00:00Z",
        "tag_list": ["Tag 1", "Tag 2"],
    }
    model = {"sklearn.decomposition.PCA": {"svd_solver": "auto"}}
    config = {"name": "pump-7", "model": model, "dataset": dataset, "runtime": {"reporters": reporters}}
    return Machine.from_config(config, project_name="north")
