"""`newsdesk report`: deliver machines."""

import json
import re
import sys

import pytest
from newsdesk import Machine

FILES = "{files: {path: out}}"


def receipts(result):
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_real_machines_are_delivered_with_a_line_each_and_a_table_at_the_end(newsdesk, records, folder):
    result = newsdesk("report", *records, "--to", FILES)
    machines = [Machine.from_json((folder / name).read_bytes()) for name in records]
    lines = [line.rpartition(": ")[0] for line in result.stderr.splitlines()]
    assert lines == [f"{machine.key} at files: delivered" for machine in machines]
    for machine in machines:
        (written,) = [
            path
            for path in (folder / "out").rglob("*.json")
            if Machine.from_json(path.read_bytes()).key == machine.key
        ]
        assert Machine.from_json(written.read_bytes()) == machine.redacted()
    assert re.fullmatch(
        r"files: 4 delivered\n4 deliveries in \d\.\d s", "\n".join(result.stdout.splitlines()[-2:])
    )


def test_the_same_again_is_unchanged(newsdesk, machine):
    newsdesk("report", machine, "--to", FILES)
    assert newsdesk("report", machine, "--to", FILES).stdout.startswith("files: 1 unchanged\n1 delivery in ")


def test_json_gives_one_receipt_on_a_line_and_nothing_else_on_standard_output(newsdesk, acme, machine):
    result = newsdesk("report", machine, "--to", "null", "--to", "acme_reporters.Fails", "--json", code=1)
    good, bad = receipts(result)
    assert good == {
        "machine": {"project_name": "north", "name": "compressor"},
        "revision": Machine.from_dict({"name": "compressor", "project_name": "north"}).revision,
        "reporter": "null",
        "status": "delivered",
        "required": True,
        "attempts": 1,
        "seconds": good["seconds"],
        "reference": None,
        "alterations": [],
        "error": None,
    }
    assert (bad["status"], bad["error"]) == ("failed", "PermanentReporterError: refused")
    assert result.stderr.splitlines() == [
        "north/compressor at null: delivered",
        "north/compressor at acme_reporters.Fails: failed",
    ]


# Exit codes.


def test_a_required_reporter_that_fails_gives_1_and_the_others_deliver(newsdesk, acme, machine, folder):
    result = newsdesk("report", machine, "--to", "acme_reporters.Fails", "--to", FILES, code=1)
    assert (folder / "out/north/compressor.json").exists()
    assert (
        "acme_reporters.Fails: 1 failed (north/compressor): PermanentReporterError: refused\n"
        in result.stderr
    )
    assert result.stdout.splitlines()[:2] == ["acme_reporters.Fails: 1 failed", "files: 1 delivered"]


def test_only_best_effort_failures_give_3(newsdesk, acme, machine):
    to = "{acme_reporters.Fails: {}, required: false, label: chat}"
    result = newsdesk("report", machine, "--to", to, "--to", "null", code=3)
    assert "chat (best effort): 1 failed" in result.stderr


@pytest.mark.parametrize(
    ("to", "message"),
    [
        ("fils", "Error: there is no reporter 'fils' (did you mean 'files'?)"),
        ("{files: {pth: x}}", "pth: unknown parameter (did you mean 'path'?)"),
        ("no_such_module.Reporter", "'no_such_module.Reporter' names the module 'no_such_module'"),
        (
            "{files: ",
            "Error: --to '{files: ' is not a definition (line 1, column 9: expected the node content, but "
            "found '<stream end>'); give a label, a name, an import path, or YAML such as ",
        ),
        (
            "{files: {path: a, path: b}}",
            "is not a definition (line 1, column 19: duplicate key 'path'; keep one); give ",
        ),
        (
            "!!bool maybe",
            "Error: --to '!!bool maybe' is not a definition (a value does not fit its tag (KeyError: 'maybe')); ",
        ),
        (
            "",
            "Error: --to '' is empty; give a label, a name, an import path, or YAML such as '{files: {path: ",
        ),
        ("7", "Error: not a reporter definition: of type int; write a name "),
    ],
)
def test_a_reporter_that_cannot_be_used_gives_2_and_nothing_is_sent(newsdesk, machine, folder, to, message):
    result = newsdesk("report", machine, "--to", FILES, "--to", to, code=2)
    assert message in result.stderr
    assert not (folder / "out").exists()


@pytest.mark.parametrize(
    ("to", "meant"),
    [("archive", " (did you mean 'arch'?)"), ("fils", " (did you mean 'files'?)"), ("zzz", "")],
)
def test_a_misspelled_label_is_reported_with_the_labels_of_the_config_and_the_nearest(
    newsdesk, machine, write, to, meant
):
    write(
        "newsdesk.yaml",
        "reporters:\n- {files: {path: out}, label: arch}\n- {files: {path: o2}, label: disk}\n",
    )
    told = newsdesk("report", machine, "--to", to, code=2).stderr
    assert told.startswith(
        f"Error: --to {to!r} is not a label of the config or an installed reporter{meant}; labels: arch, disk; "
        "installed: console, files, "
    )


def test_with_an_outbox_to_has_no_other_reporter_of_a_label_of_the_config(newsdesk, machine, write):
    """Else what is owed to it would be sent to the config's."""
    write("newsdesk.yaml", "reporters: [{files: {path: out}}]\noutbox: owed.db")
    told = newsdesk("report", machine, "--to", "{files: {path: other}}", code=2).stderr
    assert told == (
        "Error: --to has another reporter 'files' than the config, to which the outbox would send what it owes; "
        "add a 'label'\n"
    )
    newsdesk("report", machine, "--to", "{files: {path: out}}")
    newsdesk("report", machine, "--to", "{files: {path: other}, label: other}")


def test_what_to_install_is_said_beside_the_labels(newsdesk, machine, write, monkeypatch):
    monkeypatch.setattr("newsdesk.plugins.import_paths.FIRST_PARTY", {"chat": "newsdesk-chat"})
    write("newsdesk.yaml", "reporters: [{'null': {}, label: disk}]")
    assert newsdesk("report", machine, "--to", "chat", code=2).stderr.endswith(
        "; to get it: pip install newsdesk-chat\n"
    )


def test_no_files_is_wrong_usage(newsdesk):
    assert "Missing argument 'FILE...'" in newsdesk("report", code=2).stderr


def test_no_machines_is_no_failure_but_is_said(newsdesk, write):
    result = newsdesk("report", write("none.json", []), "--to", "null")
    assert result.stderr == "The input has no machines.\n"


# Whom it goes to.


def test_to_takes_a_label_of_the_config_a_name_an_import_path_or_yaml(newsdesk, acme, machine, write):
    write("newsdesk.yaml", "reporters:\n- {files: {path: out}, label: disk}\n- console\n")
    result = newsdesk(
        *("report", machine, "--json", "--to", "disk", "--to", "null", "--to", "acme_reporters:Bare"),
        *("--to", "{files: {path: other}, label: second disk}"),
    )
    told = receipts(result)
    assert [(receipt["reporter"], receipt["status"]) for receipt in told] == [
        ("disk", "delivered"),
        ("null", "delivered"),
        ("acme_reporters:Bare", "delivered"),
        ("second disk", "delivered"),
    ]


def test_the_same_to_twice_is_meant_once(newsdesk, machine):
    assert len(receipts(newsdesk("report", machine, "--json", "--to", "null", "--to", "null"))) == 1


def test_the_config_in_the_working_folder_is_found_by_itself(newsdesk, machine, write, folder):
    write("newsdesk.yaml", f"reporters:\n- {FILES}\n")
    newsdesk("report", machine)
    assert (folder / "out/north/compressor.json").exists()


def test_a_config_that_is_named_is_used_instead(newsdesk, machine, write, folder):
    write("newsdesk.yaml", "reporters: [no such reporter]")
    result = newsdesk("report", machine, "--config", write("other.yaml", "reporters: [null]"))
    assert result.stderr == "north/compressor at null: delivered\n"


def test_a_config_that_is_not_there_is_wrong_usage(newsdesk, machine):
    assert "'no.yaml' does not exist" in newsdesk("report", machine, "--config", "no.yaml", code=2).stderr


def test_a_config_that_cannot_be_used_tells_all_faults_with_their_lines(newsdesk, machine, write):
    write("newsdesk.yaml", "reporters:\n- fils\ndeadlin: 3\nretry: {attempts: 0}\n")
    told = newsdesk("report", machine, code=2).stderr.splitlines()
    assert told[0] == "Error: the config 'newsdesk.yaml' cannot be used"
    assert [line.partition(": ")[0] for line in told[1:]] == ["  - line 2", "  - line 3", "  - line 4"]


def test_the_configs_retry_and_deadline_are_used(newsdesk, acme, machine, write):
    write("newsdesk.yaml", "reporters: [acme_reporters.Hangs]\ndeadline: 0.3\n")
    assert "did not finish before the deadline" in newsdesk("report", machine, code=1).stderr


def test_a_config_may_restrict_import_paths_also_for_to(newsdesk, acme, machine, write):
    write("newsdesk.yaml", "allow_import_paths: [my_company]\n")
    result = newsdesk("report", machine, "--to", "acme_reporters.Bare", code=2)
    assert (
        "the import path 'acme_reporters.Bare' is not allowed here; allowed are: my_company" in result.stderr
    )


def test_without_config_and_to_each_machine_goes_to_its_own_reporters(newsdesk, write, folder):
    own = [{"name": n, "runtime": {"reporters": [{"files": {"path": n}}]}} for n in ("a", "b")]
    newsdesk("report", write("machines.json", [*own, {"name": "c", "runtime": {"reporters": "null"}}]))
    assert sorted(path.name for path in folder.rglob("*.json")) == ["a.json", "b.json", "machines.json"]


def test_a_machine_whose_own_reporters_cannot_be_used_is_named_and_nothing_is_sent(newsdesk, write, folder):
    good = {"name": "a", "runtime": {"reporters": [{"files": {"path": "out"}}]}}
    bad = {"name": "b", "project_name": "north", "runtime": {"reporters": ["fils"]}}
    result = newsdesk("report", write("machines.json", [good, bad]), code=2)
    assert result.stderr.startswith(
        "Error: the runtime.reporters of north/b cannot be used\n"
        "  - reporters.0: there is no reporter 'fils' (did you mean 'files'?)"
    )
    assert not (folder / "out").exists()


def test_machines_that_name_nobody_go_to_a_folder_and_that_is_said_once(newsdesk, write, folder):
    result = newsdesk("report", write("machines.json", [{"name": "a"}, {"name": "b"}]))
    said = "No reporters are configured; machines are written to ./newsdesk-reports."
    assert result.stderr.count(said) == 1
    assert sorted(path.name for path in (folder / "newsdesk-reports").rglob("*.json")) == ["a.json", "b.json"]


# The table.


def test_alterations_are_told_under_the_table(newsdesk, acme, machine):
    result = newsdesk("report", machine, "--to", "acme_reporters.Prints")
    assert (
        "north/compressor at acme_reporters.Prints: metadata.x truncated: 5 of 9 characters" in result.stdout
    )


FAILS_BY_ITS_NAME = """
    from newsdesk import BaseReporter, PermanentReporterError, TransientReporterError

    class Refuses(BaseReporter):
        def __init__(self, text: str = "{name}.json is too large") -> None:
            self.text = text

        def report(self, machine):
            number = int(machine.name[1:])
            text = self.text.format(name=machine.name, count=10000 + number, letters="y" * number)
            raise PermanentReporterError(text)

    class Down(BaseReporter):
        def report(self, machine):
            raise TransientReporterError("HTTP 502" if machine.name[-1] in "01234" else "HTTP 429")

    class Buggy(BaseReporter):
        def report(self, machine):
            machine.nothing_of_this_name
"""


@pytest.fixture
def refuses(distribution):
    return distribution("refuses", {"refuses": FAILS_BY_ITS_NAME})


@pytest.fixture
def forty(write):
    return write("forty.json", [{"name": f"m{number:02}", "project_name": "north"} for number in range(40)])


@pytest.mark.parametrize(
    "text", ["{name}.json is too large", "refused", "request {count} of 3.7 s is refused"]
)
def test_failures_of_one_cause_are_one_message_with_a_count_and_three_names(newsdesk, refuses, forty, text):
    result = newsdesk("report", forty, "--to", json.dumps({"refuses.Refuses": {"text": text}}), code=1)
    shown = text.format(name="m00", count=10000)
    names = "north/m00, north/m01, north/m02 and 37 more"
    told = f"refuses.Refuses: 40 failed ({names}): PermanentReporterError: {shown}"
    assert result.stderr.splitlines()[40:] == [told]
    assert (result.stdout + result.stderr).count("PermanentReporterError") == 1


def test_failures_of_two_causes_are_two_messages(newsdesk, refuses, forty, write):
    write("newsdesk.yaml", "reporters: [refuses.Down]\nretry: {attempts: 1}")
    told = newsdesk("report", forty, code=1).stderr
    for first, text in (
        ("north/m00, north/m01, north/m02", "502"),
        ("north/m05, north/m06, north/m07", "429"),
    ):
        assert f"20 failed ({first} and 17 more): TransientReporterError: HTTP {text}\n" in told


def test_causes_without_end_are_counted_beyond_some(newsdesk, refuses, write):
    machines = write("many.json", [{"name": f"m{number}"} for number in range(45)])
    to = json.dumps({"refuses.Refuses": {"text": "no {letters}"}})
    told = newsdesk("report", machines, "--to", to, code=1).stderr
    assert told.endswith("\n… and 15 more failures\n")


def test_a_bug_in_a_reporter_is_shown_with_its_type_and_logged_with_its_traceback(
    newsdesk, refuses, machine, caplog
):
    caplog.set_level("DEBUG", "newsdesk")
    told = newsdesk("report", machine, "--to", "refuses.Buggy", code=1).stderr
    assert "refuses.Buggy: 1 failed (north/compressor): AttributeError: " in told
    assert "Traceback" not in told
    assert "    machine.nothing_of_this_name\n" in caplog.text


@pytest.mark.parametrize("name", ["[red]brackets[/]", "nul\x00", "lone \ud800", "naïve ↯ 🚀"])
def test_any_name_can_be_shown(newsdesk, write, name):
    newsdesk("report", write("odd.json", {"name": name}), "--to", "null")
    told = newsdesk("report", "odd.json", "--to", "null", "--json").stdout
    assert json.loads(told)["machine"]["name"] == name


def test_a_summary_with_more_machines_than_are_named_says_where_to_read_of_each(
    newsdesk, refuses, forty, write
):
    write("newsdesk.yaml", "reporters: [refuses.Down]\nretry: {attempts: 1}\noutbox: owed.db\n")
    told = newsdesk("report", forty, code=1)
    assert told.stdout.splitlines()[-1] == (
        "Each cause is shown with a few names: --json prints every receipt; 'newsdesk outbox list' names what is "
        "spooled."
    )
    assert len(newsdesk("outbox", "list").stdout.splitlines()) == 41
    few = write("few.json", [{"name": "m1"}, {"name": "m9"}])
    assert newsdesk("report", few, code=1).stdout.splitlines()[-1].startswith("2 deliveries in ")


def test_the_alterations_of_many_machines_are_grouped(newsdesk, acme, forty):
    told = newsdesk("report", forty, "--to", "acme_reporters.Prints").stdout
    names = "north/m00, north/m01, north/m02 and 37 more"
    assert told.splitlines()[0] == (
        f"acme_reporters.Prints: 40 altered ({names}): metadata.x truncated: 5 of 9 characters"
    )
    assert told.count("truncated") == 1


# Threads.


def test_several_threads_deliver_all(newsdesk, write, folder):
    machines = [{"name": f"m{number}"} for number in range(40)]
    result = newsdesk("report", write("many.json", machines), "--to", FILES, "--workers", 4, "--json")
    assert {r["status"] for r in receipts(result)} == {"delivered"}
    assert len(list((folder / "out").rglob("*.json"))) == 40


def test_threads_and_a_cluster_exclude_each_other(newsdesk, machine):
    result = newsdesk("report", machine, "--workers", 2, "--dask", "tcp://host:1", "--to", "null", code=2)
    assert "give --workers for threads, or --dask for a cluster, not both" in result.stderr


def test_a_cluster_needs_dask_and_what_to_install_is_said(newsdesk, machine, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)  # what Python does when it is not there
    result = newsdesk("report", machine, "--dask", "tcp://host:1", "--to", "null", code=2)
    assert "--dask needs Dask: pip install 'newsdesk[dask]'" in result.stderr
