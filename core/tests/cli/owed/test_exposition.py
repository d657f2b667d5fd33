"""The text of metrics is what Prometheus reads, whatever a label holds."""

import math
import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st
from newsdesk.cli.owed.exposition import Gauge, lines
from newsdesk.cli.owed.metrics import gauges
from newsdesk.outbox import State, Total
from prometheus_client.parser import text_string_to_metric_families

LABELS = st.text(st.characters(exclude_categories=[]), max_size=20) | st.text('\\"\n{},=# \r\x00\x1b\u2028n')
TOTALS = st.builds(Total, st.integers(1, 10**9), st.integers(0, 10**15), st.floats(0, 1e11))


def parsed(text):
    """Return the values by name and labels, as Prometheus's own library for Python reads them."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def shown(made):
    return "".join(f"{line}\n" for line in lines(made)).encode()  # as UTF-8, which fails for a surrogate


def key(name, **labels):
    return f"newsdesk_outbox_{name}", frozenset(labels.items())


@given(
    st.dictionaries(st.tuples(LABELS, st.sampled_from(State)), TOTALS, max_size=5),
    st.lists(LABELS, max_size=3),
    LABELS,
)
def test_every_label_is_read_as_it_is(totals, configured, place):
    found = parsed(shown(gauges(place, totals, configured, 5.0)).decode())

    def readable(text):
        return text.encode("utf-8", "backslashreplace").decode()

    place = readable(place)
    expected = {key("up", outbox=place): 1, key("checked_timestamp_seconds", outbox=place): 5}
    for label in {label for label, _ in totals} | {*configured}:
        for state in State:
            labels = {"outbox": place, "reporter": readable(label), "state": str(state)}
            total = totals.get((label, state))
            expected[key("entries", **labels)] = 0 if total is None else total.entries
            expected[key("bytes", **labels)] = 0 if total is None else total.size
            if total is not None:
                expected[key("oldest_timestamp_seconds", **labels)] = total.oldest
    assert found == expected


def test_labels_that_can_only_be_written_alike_are_one():
    """Two values of one series would make Prometheus refuse all of the file."""
    totals = {("lone \ud800", State.OWED): Total(1, 10, 7.0), ("lone \\ud800", State.OWED): Total(2, 20, 5.0)}
    found = parsed(shown(gauges("owed.db", totals, [], 9.0)).decode())
    labels = {"outbox": "owed.db", "reporter": "lone \\ud800", "state": "owed"}
    assert found[key("entries", **labels)] == 3
    assert found[key("bytes", **labels)] == 30
    assert found[key("oldest_timestamp_seconds", **labels)] == 5


def test_each_metric_has_its_help_and_type_once_and_a_reporter_that_is_owed_nothing_has_zeros():
    text = shown(gauges("owed.db", {}, ["archive"], 1764144000.25)).decode()
    assert text.splitlines()[:7] == [
        "# HELP newsdesk_outbox_up Whether the outbox could be read: 1, or 0.",
        "# TYPE newsdesk_outbox_up gauge",
        'newsdesk_outbox_up{outbox="owed.db"} 1',
        "# HELP newsdesk_outbox_checked_timestamp_seconds When these metrics were made, as seconds since 1970.",
        "# TYPE newsdesk_outbox_checked_timestamp_seconds gauge",
        'newsdesk_outbox_checked_timestamp_seconds{outbox="owed.db"} 1764144000.25',
        "# HELP newsdesk_outbox_entries Records in the outbox.",
    ]
    assert 'newsdesk_outbox_entries{outbox="owed.db",reporter="archive",state="dead"} 0\n' in text
    assert 'newsdesk_outbox_bytes{outbox="owed.db",reporter="archive",state="owed"} 0\n' in text
    assert "oldest" not in text


def test_of_an_outbox_that_cannot_be_read_only_that_is_told():
    found = parsed(shown(gauges("owed.db", None, ["archive"], 7.0)).decode())
    assert found == {key("up", outbox="owed.db"): 0, key("checked_timestamp_seconds", outbox="owed.db"): 7}


@pytest.mark.parametrize("value", [0, 10**18, 0.1, 1e-7, 1e300, math.inf, -math.inf])
def test_a_number_is_read_as_it_is(value):
    assert parsed(shown([Gauge("n", "A number.", [({"a": "b"}, value)])]).decode()) == {
        ("n", frozenset({("a", "b")})): value
    }


def test_nan_is_read_as_such():
    [value] = parsed(shown([Gauge("n", "A number.", [({"a": "b"}, math.nan)])]).decode()).values()
    assert math.isnan(value)


@pytest.mark.skipif(
    shutil.which("promtool") is None, reason="promtool is not installed: it comes with Prometheus"
)
@pytest.mark.parametrize("label", ["archive", 'a"b\\c\nd', "Grüße 🚀", "nul\x00 \x1b[31m \r", "lone \ud800"])
def test_promtool_finds_nothing_wrong(label):
    """Neither the text nor names and help texts that are not as they should be."""
    totals = {
        (label, State.OWED): Total(3, 300, 1764144000.5),
        (label, State.DEAD): Total(1, 100, 1764140000.0),
    }
    text = shown(gauges("/var/lib/newsdesk/owed.db", totals, [label, "other"], 1764144001.0))
    done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
