"""The result of a gate as JUnit XML, which CI systems show beside the results of tests."""

import xml.etree.ElementTree as ET
from datetime import UTC, datetime

from newsdesk.cli.comparing import words
from newsdesk.cli.comparing.gate_text import by_machine
from newsdesk.comparison.checks import GateCheck, GateStatus
from newsdesk.comparison.gate import GateResult


def document(result: GateResult, time: datetime) -> bytes:
    """Write the result: a suite for each machine, and a test case for each check.

    A score that is worse is a failure; what could not be compared is an error.

    The schemas of Ant (https://github.com/windyroad/JUnit-Schema) and of Jenkins' xunit plugin are met: the
    first requires the attributes that say nothing here, and an order of the elements.

    Args:
        result: The result.
        time: When it was made, with a time zone.
    """
    root = ET.Element("testsuites")
    for index, checks in enumerate(by_machine(result)):
        name = _token(str(checks[0].machine))
        suite = ET.SubElement(
            root,
            "testsuite",
            {
                "name": name,
                "package": "newsdesk.gate",
                "id": str(index),
                "timestamp": time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S"),
                "hostname": "localhost",
                "tests": str(len(checks)),
                "failures": str(sum(_kind(check) == "failure" for check in checks)),
                "errors": str(sum(_kind(check) == "error" for check in checks)),
                "skipped": str(sum(_kind(check) == "skipped" for check in checks)),
                "time": "0",
            },
        )
        ET.SubElement(suite, "properties")
        for check in checks:
            _case(suite, name, check)
        ET.SubElement(suite, "system-out")
        ET.SubElement(suite, "system-err")
    ET.indent(root)
    text: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return text + b"\n"


def _case(suite: ET.Element, machine: str, check: GateCheck) -> None:
    case = ET.SubElement(suite, "testcase", name=_token(check.place), classname=machine, time="0")
    if kind := _kind(check):
        message = words.printable(check.message)
        about = {} if kind == "skipped" else {"type": str(check.status)}
        ET.SubElement(case, kind, {"message": message, **about}).text = f"{check.status}: {message}"


def _kind(check: GateCheck) -> str:
    """Return the element for a result; empty for a test that passed."""
    if check.status is GateStatus.WORSE:
        return "failure"
    if check.fails:
        return "error"
    return "" if check.status is GateStatus.PASSED else "skipped"


def _token(text: str) -> str:
    """Write a name without what XML does not allow, and with single spaces only, as its type requires."""
    return " ".join(words.name(text).split()) or "-"
