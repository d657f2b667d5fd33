"""The result of a gate as JUnit XML."""

import re
import xml.etree.ElementTree as ET
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from newsdesk import GateCheck, GateResult, GateStatus, MachineKey
from newsdesk.cli.comparing.junit import document
from newsdesk.testing.strategies import hostile_text

TIME = datetime(2026, 11, 26, 5, 30, 1, 999, tzinfo=UTC)

COUNT = r"\d+"
TOKEN = r"\S+( \S+)*"
# What Ant's schema (https://github.com/windyroad/JUnit-Schema) requires of each element: the attributes with
# their forms, and the order of its children. Jenkins' schema allows all of this.
ATTRIBUTES = {
    "testsuites": {},
    "testsuite": {
        "name": TOKEN, "package": TOKEN, "id": COUNT, "hostname": TOKEN, "tests": COUNT, "failures": COUNT,
        "errors": COUNT, "skipped": COUNT, "time": COUNT, "timestamp": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d",
    },
    "properties": {}, "system-out": {}, "system-err": {},
    "testcase": {"name": TOKEN, "classname": TOKEN, "time": COUNT},
    "failure": {"message": ".*", "type": ".+"},
    "error": {"message": ".*", "type": ".+"},
    "skipped": {"message": ".*"},
}  # fmt: skip
CHILDREN = {
    "testsuites": "(testsuite )*",
    "testsuite": "properties (testcase )*system-out system-err ",
    "testcase": "(skipped |error |failure )?",
}


def check_schema(element):
    required = ATTRIBUTES[element.tag]
    assert element.attrib.keys() == required.keys()
    for name, form in required.items():
        assert re.fullmatch(form, element.get(name), re.DOTALL), (element.tag, name, element.get(name))
    children = "".join(f"{child.tag} " for child in element)
    assert re.fullmatch(CHILDREN.get(element.tag, ""), children), (element.tag, children)
    for child in element:
        check_schema(child)


def check(status=GateStatus.PASSED, name="m", message="", **known):
    return GateCheck(machine=MachineKey("p", name), status=status, message=message, **known)


checks = st.builds(
    GateCheck,
    machine=st.builds(MachineKey, hostile_text(), hostile_text()),
    status=st.sampled_from(GateStatus),
    message=hostile_text(),
    score=hostile_text(),
    fold=st.none() | st.integers(1, 9),
)


@given(st.lists(checks, max_size=5))
def test_any_result_is_valid_by_the_schema(found):
    root = ET.fromstring(document(GateResult(tuple(found)), TIME))
    check_schema(root)
    assert sum(int(suite.get("tests")) for suite in root) == len(found)


@given(st.lists(checks, min_size=1, max_size=5))
def test_another_reader_counts_the_same(found):
    junitparser = pytest.importorskip("junitparser", reason="the dependency group 'test'")
    result = GateResult(tuple(found))
    parsed = junitparser.JUnitXml.fromstring(document(result, TIME).decode())
    cases = [case for suite in parsed for case in suite]
    bad = [c for c in cases if any(isinstance(r, junitparser.Failure | junitparser.Error) for r in c.result)]
    assert len(cases) == len(found)
    assert len(bad) == len(result.failures)
    for suite in parsed:
        before = suite.tests, suite.failures, suite.errors, suite.skipped
        suite.update_statistics()
        assert before == (suite.tests, suite.failures, suite.errors, suite.skipped)


def test_what_is_worse_is_a_failure_and_what_cannot_be_compared_an_error():
    found = [
        check(score="r2-score"),
        check(GateStatus.WORSE, score="r2-score", fold=2, message="0.7 -> 0.5"),
        check(GateStatus.MISSING, score="max-error", message="gone"),
        check(GateStatus.SKIPPED, score="acme", message="no rule"),
        check(GateStatus.NO_BASELINE, name="new", message="none"),
    ]
    root = ET.fromstring(document(GateResult(tuple(found)), TIME))
    # Machines that fail come first, and keep their order.
    assert [(suite.get("name"), suite.get("timestamp")) for suite in root] == [
        ("p/m", "2026-11-26T05:30:01"),
        ("p/new", "2026-11-26T05:30:01"),
    ]
    assert [
        (case.get("name"), *[(r.tag, r.get("type"), r.text) for r in case]) for case in root.iter("testcase")
    ] == [
        ("r2-score",),
        ("r2-score, fold 2", ("failure", "worse", "worse: 0.7 -> 0.5")),
        ("max-error", ("error", "missing", "missing: gone")),
        ("acme", ("skipped", None, "skipped: no rule")),
        ("machine", ("error", "missing baseline", "missing baseline: none")),
    ]


def test_a_time_of_another_zone_is_written_in_utc():
    text = document(GateResult((check(),)), datetime.fromisoformat("2026-11-26T05:30:00+02:00"))
    assert b'timestamp="2026-11-26T03:30:00"' in text
