"""Each bug of `nox -s kit-power` still fits the source that it is planted in, and leaves it Python."""

import ast
import shutil

import pytest

from tests.kit_power import SUBJECTS
from tests.kit_power.bug import ROOT


@pytest.mark.parametrize(
    ("subject", "bug"),
    [
        pytest.param(subject, bug, id=f"{subject.name}: {bug.name}")
        for subject in SUBJECTS
        for bug in subject.bugs
    ],
)
def test_a_bug_fits_the_source(tmp_path, subject, bug):
    file = tmp_path / bug.module
    file.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(ROOT / subject.sources / bug.module, file)
    bug.plant(tmp_path)
    ast.parse(file.read_text("utf-8"))
