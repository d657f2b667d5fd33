"""`newsdesk doctor`: is all well, and if not, what is to do?"""

import json
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from newsdesk.doctor import imports, installed
from newsdesk.machine import Machine
from newsdesk.outbox import Outbox
from newsdesk.outbox.storage import mounts

OURS = {"Python", "newsdesk", "console", "files", "null", "objects", "config", "outbox"}
OUTSPOKEN = """
    from pathlib import Path
    from newsdesk import BaseReporter, Finding, PermanentReporterError, Secret, TransientReporterError

    def note(what):
        with Path("log").open("a") as log:
            log.write(what)

    class Outspoken(BaseReporter):
        def __init__(self, token: Secret = "x", url: str = "") -> None:
            self.token, self.url = token, url

        def report(self, machine): ...

        def open(self):
            note("open ")

        def close(self):
            note("close ")
            {close}

        def ping(self):
            {ping}

        def findings(self, *, ping):
            {findings}

        def refuse(self):
            raise PermanentReporterError("ask its owner")
"""


@pytest.fixture(autouse=True)
def look(monkeypatch):
    """Leave out the look by a fresh interpreter, half a second each time; it is given to those that want it."""
    monkeypatch.setattr(installed, "imported_packages", dict)
    return lambda: monkeypatch.setattr(installed, "imported_packages", imports.imported_packages)


@pytest.fixture
def doctor(newsdesk):
    """Run the command, and give what it found by subject; a remedy stands behind ` => `."""

    def run(*arguments, code=0):
        found = {}
        for line in newsdesk("doctor", "--json", *arguments, code=code).stdout.splitlines():
            told = json.loads(line)
            remedy = f" => {told['remedy']}" if told["remedy"] else ""
            found.setdefault(told["subject"], []).append(told["text"] + remedy)
        return found

    return run


@pytest.fixture
def outspoken(distribution, write):
    """Install a reporter with findings, and name it in the config."""

    def install(findings, *, ping="pass", close="pass", config="{outspoken.Outspoken: {}, label: it}"):
        source = OUTSPOKEN.format(findings=findings, ping=ping, close=close)
        distribution("acme-outspoken", {"outspoken": source})
        write("newsdesk.yaml", f"reporters: [null, {config}]")

    return install


# What is told


def test_all_is_well_where_nothing_is_amiss(newsdesk, write):
    write("newsdesk.yaml", "reporters: [console, {files: {path: out}}]\noutbox: owed.db")
    told = newsdesk("doctor").stdout
    assert told.endswith("\nNo problems found.\n")
    assert "  fix: " not in told


def test_what_is_to_do_stands_below_what_was_found_and_is_counted(newsdesk, write):
    write("newsdesk.yaml", 'reporters: [{files: {path: "${env:NOWHERE_TO_GO}/x"}}]')
    told = newsdesk("doctor", code=1).stdout
    assert (
        "\nfiles: path: ${env:NOWHERE_TO_GO}: the environment variable NOWHERE_TO_GO is not set\n  fix: set it\n"
        in told
    )
    assert told.endswith("\n1 to fix.\n")


def test_each_finding_is_an_object_in_json(newsdesk, write):
    write("newsdesk.yaml", "reporters: [nul]")
    told = [json.loads(line) for line in newsdesk("doctor", "--json", code=1).stdout.splitlines()]
    assert all(finding.keys() == {"subject", "text", "remedy"} for finding in told)
    assert {finding["remedy"] for finding in told} == {None, "fix newsdesk.yaml"}


def test_without_a_config_only_the_installation_is_looked_at(doctor, folder):
    found = doctor()
    assert found.keys() >= OURS
    assert found["config"] == [f"there is no newsdesk.yaml in {folder}: machines go to their own reporters"]


def test_wrong_usage_gives_2(newsdesk):
    newsdesk("doctor", "--config", "nowhere.yaml", code=2)


# Versions


def test_python_newsdesk_and_what_it_stands_on_are_told_with_their_versions(doctor):
    found = doctor()
    assert found["Python"] == [sys.version.split()[0]]
    [own] = found["newsdesk"]
    assert own.startswith(f"{metadata.version('newsdesk')}, with ")
    assert f"click {metadata.version('click')}, " in own


@pytest.mark.parametrize(
    ("asks", "told"),
    [
        (
            "acme-backend>=2",
            "1.0 requires acme-backend, which is not installed => pip install 'acme-backend>=2'",
        ),
        (
            "click<1",
            f"1.0 requires click<1, but {metadata.version('click')} is installed => pip install 'click<1'",
        ),
        (
            "newsdesk[testing]>=99",
            f"1.0 requires newsdesk>=99, but {metadata.version('newsdesk')} is installed => "
            "pip install 'newsdesk[testing]>=99'",
        ),
    ],
)
def test_what_does_not_fit_together_is_told_with_what_to_install(doctor, distribution, asks, told):
    requires(distribution("acme-old", {"old_plugin": ""}, entries={"old": "old_plugin"}), "acme-old", asks)
    assert doctor(code=1)["acme-old"][0] == told


@pytest.mark.parametrize(
    "asks", ["nowhere; extra == 'more'", "nowhere; python_version < '3'", "click; python_version > '3'"]
)
def test_what_is_not_needed_here_is_not_asked_for(doctor, distribution, asks):
    requires(distribution("acme-new", {"new_plugin": ""}, entries={"new": "new_plugin"}), "acme-new", asks)
    [told] = doctor()["acme-new"]
    assert told == (f"1.0, with click {metadata.version('click')}" if asks.startswith("click") else "1.0")


def test_a_requirement_that_cannot_be_read_is_told_and_all_else_is_looked_at(doctor, distribution):
    requires(
        distribution("acme-odd", {"odd_plugin": ""}, entries={"odd": "odd_plugin"}), "acme-odd", "click !! 3"
    )
    found = doctor(code=1)
    assert found["acme-odd"][0].startswith("1.0; its requirements cannot be read: ")
    assert found["acme-odd"][0].endswith(
        " => pip install --force-reinstall acme-odd, or report it to its author"
    )
    assert found["null"] == ["loads and follows the contract  [newsdesk (built in)]"]


def requires(site, name, requirement):
    [file] = site.glob("*.dist-info/METADATA")
    with file.open("a") as metadata_file:
        metadata_file.write(f"Provides-Extra: more\nRequires-Dist: {requirement}\n")


# Plugins and reporters


def test_a_broken_plugin_is_told_and_all_others_are_looked_at(doctor, distribution):
    distribution("acme-bad", {"bad_plugin": "raise OSError('worn out')"}, entries={"bad": "bad_plugin"})
    found = doctor(code=1)
    assert found["bad"] == [
        "the plugin of acme-bad 1.0 is broken: OSError: worn out => fix it, or pip uninstall acme-bad"
    ]
    assert found["console"] == ["loads and follows the contract  [newsdesk (built in)]"]


def reporters_of(distribution, source, name="odd"):
    plugin = f"""
        from newsdesk import ReporterPlugin, hookimpl

        @hookimpl
        def newsdesk_reporters():
            yield ReporterPlugin("{name}", "{name}_reporter:Odd")
    """
    distribution(
        f"acme-{name}",
        {f"{name}_plugin": plugin, f"{name}_reporter": source},
        entries={name: f"{name}_plugin"},
    )


ODD = """
    from newsdesk import BaseReporter

    class Odd(BaseReporter):
        def __init__(self, size: int = 3) -> None:
            {body}

        def report(self, machine): ...
"""


def test_a_reporter_that_does_io_when_it_is_built_is_told(doctor, distribution, folder):
    reporters_of(distribution, ODD.format(body="open('made', 'w').close()"))
    [told] = doctor(code=1)["odd"]
    assert told.startswith(
        "building Odd(size=3) waits or does I/O: open 'made'; move it to open() => report it to its author"
    )


def test_a_reporter_that_is_not_the_same_after_pickling_is_told(doctor, distribution):
    reporters_of(
        distribution, ODD.format(body="pass\n\n        def __reduce__(self):\n            return Odd, (4,)")
    )
    assert [told.partition(" => ")[0] for told in doctor(code=1)["odd"]] == [
        "Odd(size=3) came back from pickle as Odd(size=4)"
    ]


def test_a_reporter_whose_pickling_fails_is_told_and_the_others_are_looked_at(doctor, distribution):
    reporters_of(
        distribution,
        ODD.format(body="pass\n\n        def __reduce__(self):\n            raise OSError('no')"),
    )
    found = doctor(code=1)
    assert found["odd"][0].startswith("the check lost_in_pickle failed: OSError: no => ")
    assert found["null"] == ["loads and follows the contract  [newsdesk (built in)]"]


def test_a_reporter_that_raises_when_it_is_built_is_told(doctor, distribution):
    reporters_of(distribution, ODD.format(body="raise OSError('no backend')"))
    [told] = doctor(code=1)["odd"]
    assert told.startswith("building it raises OSError: no backend => report it to its author")


def test_a_reporter_whose_module_cannot_be_imported_is_told(doctor, distribution):
    reporters_of(distribution, "import no_such_backend")
    [told] = doctor(code=1)["odd"]
    assert "no_such_backend" in told
    assert told.endswith(" => fix acme-odd 1.0, or install what it needs")


def test_a_reporter_that_needs_parameters_is_looked_at_with_those_of_the_config(doctor, write):
    assert doctor()["files"] == [
        "loads; needs parameters, so it is checked further if a config has it  [newsdesk (built in)]"
    ]
    write("newsdesk.yaml", "reporters: [{files: {path: out}}]")
    assert doctor()["files"] == ["loads and follows the contract  [newsdesk (built in)]"]


def test_a_reporter_that_is_named_by_its_import_path_is_looked_at(doctor, acme, write):
    write("newsdesk.yaml", "reporters: [{acme_reporters.Bare: {}, label: bare}]")
    assert doctor()["bare"] == ["loads and follows the contract  [acme_reporters]"]


def test_two_plugins_of_one_name_are_told_with_both(doctor, distribution):
    for number in (1, 2):
        source = f"""
            from newsdesk import ReporterPlugin, hookimpl
            @hookimpl
            def newsdesk_reporters():
                yield ReporterPlugin("chat", "chat{number}:Chat")
        """
        distribution(
            f"acme-chat{number}",
            {f"chat{number}_plugin": source},
            entries={f"chat{number}": f"chat{number}_plugin"},
        )
    [told] = doctor(code=1)["chat"]
    assert re.fullmatch(
        r"'chat' is claimed by 2 plugins: acme-chat\d 1\.0 and acme-chat\d 1\.0 => "
        "uninstall all but one, or use the import path of the class",
        told,
    )


def test_a_name_that_is_also_an_alias_of_another_is_told_and_asks_for_nothing(doctor, distribution):
    reporters_of(distribution, ODD.format(body="pass"))
    other = """
        from newsdesk import ReporterPlugin, hookimpl
        @hookimpl
        def newsdesk_reporters():
            yield ReporterPlugin("other", "odd_reporter:Odd", aliases=("odd",))
    """
    distribution("acme-other", {"other_plugin": other}, entries={"other": "other_plugin"})
    sound, claimed = doctor()["odd"]
    assert sound == "loads and follows the contract  [acme-odd 1.0]"
    assert re.fullmatch(
        r"claimed by acme-\w+ 1\.0 and acme-\w+ 1\.0; it means the reporter of acme-odd 1\.0, whose name it is",
        claimed,
    )


def test_a_plugin_module_that_imports_what_it_need_not_is_told(doctor, look, distribution, monkeypatch):
    look()
    source = "import sys, heavy_backend\nif '-P' in sys.orig_argv: print('said when it is imported')"
    site = distribution(
        "acme-slow", {"slow_plugin": source, "heavy_backend": ""}, entries={"slow": "slow_plugin"}
    )
    monkeypatch.setenv("PYTHONPATH", str(site))
    assert doctor(code=1)["slow"] == [
        "its plugin module imports heavy_backend, which slows down every command => "
        "report it to its author: naming the class as text avoids that"
    ]


def test_a_plugin_that_prints_when_the_interpreter_ends_is_in_the_way_of_nothing(
    doctor, look, distribution, monkeypatch
):
    look()
    source = "import atexit, sys\nif '-P' in sys.orig_argv: atexit.register(print, 'said at the end')"
    site = distribution("acme-late", {"late_plugin": source}, entries={"late": "late_plugin"})
    monkeypatch.setenv("PYTHONPATH", str(site))
    assert "plugins" not in doctor()


def test_a_plugin_that_ends_the_interpreter_is_told(doctor, look, distribution, monkeypatch):
    look()
    # Only in an interpreter of its own: this one has to go on.
    source = "import os, sys\nif '-P' in sys.orig_argv: os._exit(3)"
    site = distribution("acme-exit", {"exit_plugin": source}, entries={"exit": "exit_plugin"})
    monkeypatch.setenv("PYTHONPATH", str(site))
    [told] = doctor(code=1)["plugins"]
    assert told.startswith("their imports are unknown: a new interpreter that loads the plugins exits with 3")


# Config and references


def test_a_config_is_told_with_its_reporters(doctor, write):
    write("c.yaml", "reporters: [console, {files: {path: out}, label: disk}]")
    assert doctor("--config", "c.yaml")["config"] == ["c.yaml is valid; its reporters: console, disk"]


def test_each_fault_of_a_config_is_told_with_its_line(doctor, write):
    write("newsdesk.yaml", "reporters:\n- nul\n- {files: {pth: out}}\ndeadlin: 3")
    found = doctor(code=1)["config"]
    assert [told.partition(":")[0] for told in found] == ["line 2", "line 3", "line 3", "line 4"]
    assert all(told.endswith(" => fix newsdesk.yaml") for told in found)


def test_a_config_that_is_no_yaml_is_told(doctor, write):
    write("newsdesk.yaml", "reporters: [")
    [told] = doctor(code=1)["config"]
    assert told.startswith("'newsdesk.yaml' is not valid YAML: line 1")


def test_a_plugin_that_the_config_asks_for_and_that_is_not_there_is_told(doctor, write):
    write("newsdesk.yaml", "reporters: [null]\nplugins: [nobody]")
    right, wrong = doctor("--ping", code=1)["config"]
    assert right.startswith("newsdesk.yaml is valid")
    assert wrong.startswith("plugins: no plugin 'nobody' is installed")


def test_references_that_do_not_resolve_are_told_all_at_once_and_never_with_a_value(
    doctor, write, folder, monkeypatch
):
    monkeypatch.setenv("WELL_KNOWN", "hunter2")
    write(
        "newsdesk.yaml",
        'reporters: [{files: {path: "${env:WELL_KNOWN}/${env:UNKNOWN}/${file:nowhere.txt}"}}]',
    )
    sound, unset, unread = doctor(code=1)["files"]
    assert sound.startswith("loads and follows the contract")
    assert unset == "path: ${env:UNKNOWN}: the environment variable UNKNOWN is not set => set it"
    assert unread == (
        "path: ${file:nowhere.txt}: the file cannot be read (No such file or directory) => fix the path or its permissions"
    )


@pytest.mark.parametrize("path", ["${evn:HOME}/x", "${env:HOME}/${", "${env:HOME"])
def test_what_looks_like_a_reference_and_is_none_is_told(doctor, write, path):
    write("newsdesk.yaml", {"reporters": [{"files": {"path": path}}]})
    assert (
        "path: it has a '${' and is taken literally; references are ${env:NAME} and ${file:PATH}"
    ) in doctor()["files"]


def test_a_reference_is_not_told_as_one_that_is_none(doctor, write):
    write("newsdesk.yaml", {"reporters": [{"files": {"path": "${env:PATH}/$x/{y}"}}]})
    assert not [told for told in doctor()["files"] if "taken literally" in told]


def test_references_that_resolve_are_told_without_what_they_point_to(newsdesk, acme, write, monkeypatch):
    monkeypatch.setenv("THE_TOKEN", "hunter2-hunter2")
    write(
        "newsdesk.yaml",
        'reporters: [{acme_reporters.Takes: {first: 1, token: "${env:THE_TOKEN}"}, label: it}]',
    )
    told = newsdesk("doctor").stdout
    assert "it: its references resolve\n" in told
    assert "hunter2" not in told


def test_a_default_that_is_used_is_reported_without_what_it_is(newsdesk, acme, write, monkeypatch):
    monkeypatch.setenv("EMPTY", "")
    params = {"first": "${env:EMPTY:-1}", "token": "${env:NOPE:-hunter2}"}
    write("newsdesk.yaml", {"reporters": [{"acme_reporters.Takes": params, "label": "it"}]})
    told = newsdesk("doctor").stdout
    assert "it: first: EMPTY is empty; its default is used\n" in told
    assert "it: token: NOPE is not set; its default is used\n" in told
    assert "hunter2" not in told


# The outbox


@pytest.fixture
def outbox(folder, write):
    write("newsdesk.yaml", "reporters: [{files: {path: out}, label: disk}]\noutbox: owed.db")
    with Outbox(folder / "owed.db") as outbox:
        yield outbox


def test_an_outbox_is_written_to_and_created(doctor, write, folder):
    write("newsdesk.yaml", "reporters: [null]\noutbox: owed.db")
    told = [f"{folder / 'owed.db'} can be written", "nothing is owed"]
    assert [doctor()["outbox"], doctor()["outbox"]] == [told, told]


def test_an_outbox_that_cannot_be_written_shows_before_the_outage(doctor, write):
    write("file", "")
    write("newsdesk.yaml", "reporters: [null]\noutbox: file/owed.db")
    [told] = doctor(code=1)["outbox"]
    assert "cannot be" in told


def test_an_outbox_on_a_full_disk_shows_before_the_outage(newsdesk, write):
    """A limit of a process's files stands for the disk."""
    write("newsdesk.yaml", "reporters: [null]\noutbox: owed.db")
    newsdesk("check", "--ping")
    command = Path(sys.executable).with_name("newsdesk")
    for arguments, code in (("check --ping", 2), ("doctor", 1)):
        script = f"ulimit -f 1; trap '' XFSZ; exec {command} {arguments}"
        done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=False)
        assert done.returncode == code, done.stdout + done.stderr
        assert "owed.db" in done.stdout + done.stderr


def test_what_waits_for_a_short_time_is_told_and_asks_for_nothing(doctor, outbox):
    outbox.put("disk", Machine(name="m"))
    _, told = doctor()["outbox"]
    assert re.fullmatch(r"1 owed to disk, the oldest for \d+ seconds", told)


def test_what_has_waited_for_long_is_to_be_looked_at(doctor, outbox):
    outbox.put("disk", Machine(name="m"))
    outbox._database.write(lambda db: db.execute("UPDATE entries SET created = created - 7300"))
    assert doctor(code=1)["outbox"][1:] == [
        "1 owed to disk, the oldest for 2 hours => find out why with 'newsdesk outbox send'"
    ]


def test_the_dead_are_told_with_how_to_send_them_again(doctor, outbox):
    outbox.put("disk", Machine(name="m"))
    [entry] = outbox.claim(["disk"], lease=60)
    outbox.bury(entry, error="refused")
    assert doctor(code=1)["outbox"][1:] == [
        "1 dead for disk => fix what 'newsdesk outbox dead' lists, then 'newsdesk outbox requeue'"
    ]


def test_what_is_owed_to_nobody_is_told(doctor, outbox):
    outbox.put("renamed", Machine(name="m"))
    assert doctor(code=1)["outbox"][1:] == [
        "1 for renamed, and the config has no reporter of that label => "
        "give a reporter the label 'renamed', then 'newsdesk outbox send'"
    ]


def test_an_outbox_that_other_computers_may_use_is_to_be_moved(doctor, write, folder, monkeypatch):
    monkeypatch.setattr(mounts, "MOUNTINFO", folder / "mountinfo")
    write("mountinfo", "40 28 0:45 / / rw - nfs4 server:/export rw\n")
    write("newsdesk.yaml", "reporters: [null]\noutbox: owed.db")
    assert doctor(code=1)["outbox"] == [
        f"{folder / 'owed.db'} is on a file system (nfs4) that several computers may use, which damages it "
        "=> use a local disk or an object store",
        f"{folder / 'owed.db'} can be written",
        "nothing is owed",
    ]


def test_a_file_that_is_no_outbox_is_told(doctor, write, folder):
    write("newsdesk.yaml", "reporters: [null]\noutbox: owed.db")
    (folder / "owed.db").write_bytes(b"not a database, and long enough for SQLite to look at it" * 40)
    [told] = doctor(code=1)["outbox"]
    assert "cannot be written to: file is not a database" in told
    assert " => the file is damaged: move it away" in told


# Backends


def test_a_backend_is_asked_only_with_ping(doctor, acme, write):
    write("newsdesk.yaml", "reporters: [{acme_reporters.Fails: {}, label: chat}, {null: {}, label: nowhere}]")
    assert "its backend" not in str(doctor())
    found = doctor("--ping", code=1)
    assert found["chat"][-1] == (
        "its backend cannot be used: PermanentReporterError: no route to host => "
        "check that it runs, and the parameters"
    )
    assert found["nowhere"][-1] == "its backend responds"


# The findings of reporters


def test_a_reporter_adds_findings_below_its_label_and_is_open_only_with_ping(doctor, outspoken, folder):
    outspoken("""note(f"{ping} ")
            yield Finding("all is well", subject="ignored")
            yield Finding("it is slow", "look")""")
    assert doctor(code=1)["it"][-2:] == ["all is well", "it is slow => look"]
    assert (folder / "log").read_text() == "False "
    (folder / "log").unlink()
    assert doctor("--ping", code=1)["it"][-2:] == ["all is well", "it is slow => look"]
    assert (folder / "log").read_text() == "open close open True close "


def test_only_a_reporter_whose_backend_responds_is_asked_with_ping(doctor, outspoken):
    outspoken("yield Finding(f'{ping}')", ping="raise TransientReporterError('no route to host')")
    backend, own = doctor("--ping", code=1)["it"][-2:]
    assert backend.startswith("its backend cannot be used: TransientReporterError: no route to host => ")
    assert own == "False"


@pytest.mark.parametrize("error", ["TransientReporterError", "PermanentReporterError"])
def test_an_error_of_its_backend_is_not_one_of_its_author(doctor, outspoken, error):
    outspoken(f"""yield Finding("so far well")
            if ping:
                raise {error}("it answers 503; wait for it")
            raise {error}("it answers 502")""")
    assert doctor("--ping", code=1)["it"][-2:] == [
        "so far well",
        "its backend does not answer: it answers 503 => wait for it",
    ]
    assert doctor(code=1)["it"][-1] == "its backend does not answer: it answers 502 => check that it runs"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("raise OSError('worn out')", "OSError: worn out"),
        ("raise SystemExit(4)", "SystemExit: 4"),
        ("return None", "TypeError: 'NoneType' object is not iterable"),
        ("return ['a text']", "TypeError: it must yield Finding records, not 'a text'"),
    ],
)
def test_findings_that_fail_are_a_finding_and_harm_no_other(doctor, outspoken, body, told):
    two = "{outspoken.Outspoken: {url: fine}, label: other}"
    is_late = body.startswith("raise")
    outspoken(
        f"""if self.url:
                return [Finding("well")]
            {"return self.late()" if is_late else body}

        def late(self):
            yield Finding("so far well")
            {body}""",
        config=f"{{outspoken.Outspoken: {{}}, label: it}}, {two}",
    )
    found = doctor(code=1)
    assert found["it"][-1] == (
        f"Outspoken.findings() failed: {told} => report it to its author; everything else was checked"
    )
    assert ("so far well" in found["it"]) is is_late
    assert found["other"][-1] == "well"


def test_findings_that_hang_are_left_behind_at_the_deadline(doctor, outspoken, folder, write):
    outspoken("__import__('time').sleep(60)")
    write("newsdesk.yaml", (folder / "newsdesk.yaml").read_text() + "\ndeadline: 1")
    assert doctor(code=1)["it"][-1] == (
        "its findings did not come within 1 s => check its backend, or raise the deadline"
    )


def test_a_secret_in_what_a_reporter_says_when_it_is_closed_is_masked(doctor, outspoken, caplog):
    outspoken(
        "self.open(); return [Finding('opened')]",
        close="raise OSError(f'{self.token} does not turn')",
        config="{outspoken.Outspoken: {token: hunter2-hunter2}, label: it}",
    )
    assert doctor()["it"][-1] == "opened"
    assert "the reporter it did not close: OSError: *** does not turn" in caplog.messages
    assert "hunter2" not in caplog.text


def test_a_secret_in_a_finding_is_masked(newsdesk, outspoken, write, monkeypatch):
    monkeypatch.setenv("OTHER", "swordfish-swordfish")
    outspoken(
        "yield Finding(f'{self.given_params()} swordfish-swordfish', 'swordfish-swordfish')",
        config='{outspoken.Outspoken: {token: "${env:OTHER}"}, label: it}',
    )
    told = newsdesk("doctor", code=1).stdout
    assert "it: {'token': '${env:OTHER}'} ***\n  fix: ***\n" in told
    assert "swordfish" not in told


def test_the_installed_command_has_it(tmp_path):
    done = subprocess.run(
        [Path(sys.executable).with_name("newsdesk"), "doctor"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout.splitlines()[-1], done.stderr) == (0, "No problems found.", "")


# Fixes

FIXABLE = "yield Finding('it drifted', 'straighten it', fix=lambda: note('fixed ') or 'straightened')"


@pytest.mark.parametrize(
    ("options", "typed", "times"),
    [
        ("", "", 0),
        ("--fix", "n\n", 0),
        ("--fix", "", 0),
        ("--fix", "y\n", 1),
        ("--fix --yes", "", 1),
        ("--fix --yes --json", "", 1),
    ],
)
def test_what_can_be_fixed_is_fixed_on_request_after_asking(newsdesk, outspoken, options, typed, times):
    outspoken(FIXABLE)
    said = newsdesk("doctor", "--ping", *options.split(), code=1 - times, stdin=typed)
    assert len([word for word in Path("log").read_text().split() if word == "fixed"]) == times
    assert ("straightened" in said.stderr) == bool(times)


def test_a_fix_that_fails_is_still_to_fix(newsdesk, outspoken):
    outspoken("yield Finding('it drifted', 'straighten it', fix=self.refuse)")
    said = newsdesk("doctor", "--ping", "--fix", "--yes", code=1)
    assert "not fixed: ask its owner" in said.stderr
    assert said.stdout.endswith("1 to fix.\n")
    said = newsdesk("--log-format", "json", "doctor", "--ping", "--fix", "--yes", code=1)
    assert "not fixed: ask its owner" in [
        json.loads(line)["message"].strip() for line in said.stderr.splitlines()
    ]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--fix"], "--fix needs --ping"),
        (["--ping", "--yes"], "--yes needs --fix"),
        (["--ping", "--fix", "--json"], "--json cannot ask; add --yes"),
    ],
)
def test_options_that_need_another_one_say_which(newsdesk, options, told):
    assert told in newsdesk("doctor", *options, code=2).stderr
