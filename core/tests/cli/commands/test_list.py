"""`newsdesk list`, with the reporter `files` and with one that lists no scores."""

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from newsdesk import Config, Machine

FROM = ("--from", "{files: {path: held}}")

BARE = """
    import json
    from newsdesk import BaseReporter, Machine, MachineDoesNotExist, MachineKey, StoredMachine
    from newsdesk import PermanentReporterError, TransientReporterError

    class Bare(BaseReporter):
        '''Lists keys alone: scores are in the records. Notes which were read.'''

        fetched = []

        def __init__(self, count: int = 6, fails: str = "") -> None:
            self.count, self.fails = count, fails

        def report(self, machine): ...

        def machines(self, *, all_revisions=False):
            for number in range(self.count):
                for age in range(2 if all_revisions else 1):
                    yield StoredMachine(key=MachineKey("plant", f"m{number}"), revision=self.machine(number, age).revision)
                if self.fails == "late" and number == 3:
                    raise TransientReporterError("it went away")

        def machine(self, number, age=0):
            scores = {"r2-score": {"fold-mean": (number * 7 % 5) / 10 - age}}
            model = {"cross_validation": {"scores": scores}}
            return Machine(f"m{number}", "plant", metadata={"build_metadata": {"model": model}})

        def fetch(self, name, project_name=None, revision=None):
            number = int(name[1:])
            Bare.fetched.append(number)
            if self.fails == "some" and number == 2:
                raise PermanentReporterError("it is damaged")
            if self.fails == "gone" and number == 2:
                raise MachineDoesNotExist(name, project_name)
            if self.fails == "down":
                raise TransientReporterError("it is down")
            found = [self.machine(number, age) for age in range(2)]
            return next(each for each in found if revision in (None, each.revision))
"""


def scored(name, project="plant", created="2024-05-01 12:00:00.000000+00:00", **scores):
    found = {key.replace("_", "-"): value for key, value in scores.items()}
    model = {"model_creation_date": created, "cross_validation": {"scores": found}}
    return Machine(name, project, metadata={"build_metadata": {"model": model}})


@pytest.fixture
def held(folder):
    def held(*machines):
        with Config.from_yaml("reporters: [{files: {path: held}}]").desk() as desk:
            assert all(receipt.ok for receipt in desk.report_many(machines))
        return machines

    return held


@pytest.fixture
def bare(distribution):
    distribution("bare", {"bare_reporters": BARE})
    import bare_reporters

    bare_reporters.Bare.fetched.clear()
    return bare_reporters.Bare


def bare_from(**parameters):
    return ("--from", json.dumps({"bare_reporters.Bare": parameters}))


def cells(result):
    return [line.split() for line in result.stdout.splitlines()]


class TestText:
    def test_each_machine_has_a_line_with_its_revision_its_date_and_its_scores(self, newsdesk, held):
        first, second = held(
            scored("a", r2_score={"fold-mean": 0.123456}), scored("pump", "mine", created="", max_error=12.0)
        )
        assert cells(newsdesk("list", *FROM)) == [
            ["machine", "revision", "built", "max-error", "r2-score"],
            ["mine/pump", second.revision[:12], "12"],
            ["plant/a", first.revision[:12], "2024-05-01", "12:00", "0.1235"],
        ]

    def test_columns_are_aligned_and_lines_end_without_spaces(self, newsdesk, held):
        held(scored("a", r2_score=1.0), scored("a-much-longer-name"))
        lines = newsdesk("list", *FROM).stdout.splitlines()
        assert len({line.index(" 2024-05-01") for line in lines[1:]}) == 1
        assert all(line == line.rstrip() for line in lines)

    def test_an_empty_backend_is_an_empty_list(self, newsdesk, folder):
        assert cells(newsdesk("list", *FROM)) == [["machine", "revision", "built"]]
        assert newsdesk("list", *FROM, "--metric", "r2-score").exit_code == 0

    def test_only_machines_of_a_project_are_listed(self, newsdesk, held):
        held(scored("a"), scored("b", "mine"), scored("c", ""))
        assert [line[0] for line in cells(newsdesk("list", *FROM, "--project", "mine"))] == [
            "machine",
            "mine/b",
        ]
        assert [line[0] for line in cells(newsdesk("list", *FROM, "--project", ""))] == ["machine", "/c"]

    def test_scores_are_chosen_by_name_as_records_or_python_have_it(self, newsdesk, held):
        held(scored("a", r2_score=1.0, max_error=2.0))
        for name in ("r2-score", "r2_score"):
            assert cells(newsdesk("list", *FROM, "--metric", name))[0][3:] == ["r2-score"]
        assert cells(newsdesk("list", *FROM, "--metric", "r2_score", "--metric", "max-error"))[0][3:] == [
            "r2-score",
            "max-error",
        ]
        assert cells(newsdesk("list", *FROM, "--no-scores"))[0] == ["machine", "revision", "built"]

    def test_a_score_that_no_machine_has_is_an_error(self, newsdesk, held):
        held(scored("a", r2_score=1.0))
        for option in ("--metric", "--sort"):
            told = newsdesk("list", *FROM, option, "r3-score", code=1).stderr
            assert told == "Error: no machine has the score 'r3-score'; there are: r2-score\n"

    def test_a_score_of_machines_that_are_cut_off_is_not_an_error(self, newsdesk, held):
        held(scored("a", created="2024-01-01", r2_score=1.0), scored("b"))
        options = ["--sort", "built", "--descending", "--limit", "1", "--metric", "r2-score"]
        assert cells(newsdesk("list", *FROM, *options))[1][0] == "plant/b"

    def test_scores_that_came_too_late_for_a_column_are_named(self, newsdesk, held):
        held(*(scored(f"{number:03}", r2_score=1.0) for number in range(100)), scored("z", other=2.0))
        result = newsdesk("list", *FROM)
        assert result.stderr == "Not shown: other; choose with --metric, or see all with --json\n"
        assert newsdesk("list", *FROM, "--metric", "r2-score").stderr == ""

    @pytest.mark.parametrize("name", ["\x1b[31mred", "a\tb", "a\nb", "\u202eabc", "\x9b2J"])
    def test_a_hostile_name_is_shown_and_not_obeyed(self, newsdesk, held, name):
        held(scored(name, **{name: 1.0}))
        shown = newsdesk("list", *FROM).stdout
        assert shown.isprintable() or set(shown) - set(filter(str.isprintable, shown)) == {"\n"}
        assert len(shown.splitlines()) == 2


class TestOrder:
    @pytest.mark.parametrize(
        ("options", "expected"),
        [
            (["--sort", "name"], "abcd"),
            (["--sort", "name", "--descending"], "dcba"),
            (["--sort", "built", "--descending"], "abcd"),
            (["--sort", "r2-score", "--worst-first"], "dabc"),
            (["--sort", "r2_score", "--worst-first", "--limit", "2"], "da"),
            (["--sort", "r2-score", "--descending"], "bad" + "c"),
            (["--sort", "max-error", "--worst-first"], "bacd"),
            (["--limit", "2"], "ab"),
        ],
    )
    def test_lists_can_be_sorted_and_cut(self, newsdesk, held, options, expected):
        held(
            scored("a", created="2024-04-01", r2_score=0.1, max_error=1.0),
            scored("b", created="2024-03-01", r2_score=0.9, max_error=5.0),
            scored("c", created="2024-02-01", max_error=0.5),
            scored("d", created="2024-01-01", r2_score="NaN"),
        )
        result = newsdesk("list", *FROM, *options, "--json")
        assert "".join(json.loads(line)["machine"]["name"] for line in result.stdout.splitlines()) == expected

    @pytest.mark.parametrize(
        ("options", "expected"),
        [
            (["--worst-first"], "give a KEY to sort by with --sort"),
            (["--descending"], "give a KEY to sort by with --sort"),
            (["--sort", "r2-score", "--descending", "--worst-first"], "not both"),
            (["--sort", "name", "--worst-first"], "'name' is not one; use --descending"),
            (["--sort", "own", "--worst-first"], "which values of 'own' are better is not known"),
            (["--csv", "--json"], "give --csv or --json, not both"),
            (["--metric", "a", "--no-scores"], "give --metric or --no-scores, not both"),
            (["--limit", "0"], "0 is not in the range"),
            (
                ["--from", "null"],
                "the reporter 'null' cannot be read: NullReporter cannot list what its backend",
            ),
        ],
    )
    def test_wrong_usage_is_said(self, newsdesk, held, options, expected):
        assert expected in newsdesk("list", *FROM, *options, code=2).stderr


class TestForPrograms:
    def test_json_has_all_that_the_backend_lists(self, newsdesk, held, folder):
        [machine] = held(scored("a", r2_score={"fold-mean": "NaN"}, max_error=0.1))
        told = json.loads(newsdesk("list", *FROM, "--json").stdout)
        assert told.pop("stored").endswith("+00:00")
        assert told == {
            "machine": {"project_name": "plant", "name": "a"},
            "revision": machine.revision,
            "model_key": machine.model_key,
            "created": "2024-05-01T12:00:00+00:00",
            "reference": str(folder / "held" / "plant" / "a.json"),
            "scores": {"r2-score": "NaN", "max-error": 0.1},
        }
        chosen = json.loads(newsdesk("list", *FROM, "--json", "--metric", "max-error").stdout)
        assert chosen["scores"] == {"max-error": 0.1}
        assert json.loads(newsdesk("list", *FROM, "--json", "--no-scores").stdout)["scores"] is None

    @pytest.mark.parametrize(
        "name", ["=HYPERLINK(1)", '+1"2', "a,b", "a\nb", " a ", "@x", "-1", "a\r", "\ttab", "ünï"]
    )
    def test_csv_is_exact(self, newsdesk, held, name):
        [machine] = held(scored(name, "=x", r2_score=0.1 + 0.2, max_error="-Infinity", **{name: "NaN"}))
        [row] = csv.DictReader(io.StringIO(newsdesk("list", *FROM, "--csv").stdout, newline=""))
        assert (row["project_name"], row["name"], row["revision"]) == ("=x", name, machine.revision)
        assert float(row["r2-score"]) == 0.1 + 0.2
        assert (row["max-error"], row[name.replace("_", "-")]) == ("-Infinity", "NaN")

    def test_csv_of_nothing_has_its_header(self, newsdesk, folder):
        assert (
            newsdesk("list", *FROM, "--csv").stdout == "project_name,name,revision,created,stored,reference\n"
        )


class TestRecords:
    """Of a backend that lists no scores, records are read: only those that are needed."""

    def test_scores_are_read_from_the_records(self, newsdesk, bare):
        told = newsdesk("list", *bare_from(), "--json").stdout.splitlines()
        assert [json.loads(line)["scores"]["r2-score"] for line in told] == [0.0, 0.2, 0.4, 0.1, 0.3, 0.0]
        assert sorted(bare.fetched) == list(range(6))

    @pytest.mark.parametrize("options", [["--no-scores"], ["--no-scores", "--sort", "name"]])
    def test_no_record_is_read_where_no_score_is_shown(self, newsdesk, bare, options):
        assert len(newsdesk("list", *bare_from(), *options).stdout.splitlines()) == 7
        assert bare.fetched == []

    @pytest.mark.parametrize("options", [["--limit", "2"], ["--sort", "name", "--limit", "2"]])
    def test_only_the_records_of_what_is_shown_are_read(self, newsdesk, bare, options):
        assert [line[0] for line in cells(newsdesk("list", *bare_from(), *options))[1:]] == [
            "plant/m0",
            "plant/m1",
        ]
        assert sorted(bare.fetched) == [0, 1]

    def test_all_are_read_where_the_order_needs_them_and_each_once(self, newsdesk, bare):
        result = newsdesk("list", *bare_from(), "--sort", "r2-score", "--descending", "--limit", "2")
        assert [line[0] for line in cells(result)[1:]] == ["plant/m2", "plant/m4"]
        assert sorted(bare.fetched) == list(range(6))

    def test_each_revision_has_its_own_scores(self, newsdesk, bare):
        told = newsdesk("list", *bare_from(count=1), "--json", "--all-revisions").stdout.splitlines()
        assert [json.loads(line)["scores"]["r2-score"] for line in told] == [0.0, -1.0]

    @pytest.mark.parametrize(("fails", "reason"), [("some", "it is damaged"), ("gone", "does not exist")])
    @pytest.mark.parametrize("options", [[], ["--sort", "r2-score", "--limit", "1"]])
    def test_a_record_that_cannot_be_read_is_listed_without_scores_and_said(
        self, newsdesk, bare, fails, reason, options
    ):
        result = newsdesk("list", *bare_from(fails=fails), *options, code=1)
        assert result.stderr.startswith("Error: plant/m2: bare_reporters.Bare: ")
        assert reason in result.stderr
        assert result.stderr.count("Error") == 1
        if not options:
            assert [len(line) for line in cells(result)[1:]] == [3, 3, 2, 3, 3, 3]

    def test_a_damaged_file_is_said(self, newsdesk, held, folder):
        held(scored("a", r2_score=1.0), scored("b", r2_score=1.0))
        (folder / "held" / "plant" / "a.json").write_text("{")
        result = newsdesk("list", *FROM, code=1)
        assert len(result.stdout.splitlines()) == 3
        assert "plant/a: files: " in result.stderr
        assert "does not hold a record" in result.stderr

    @pytest.mark.parametrize(("fails", "lines"), [("late", 4), ("down", 0)])
    def test_a_backend_that_fails_ends_the_list_with_4(self, newsdesk, bare, write, fails, lines):
        write("config.yaml", "retry: {attempts: 1}")
        result = newsdesk("list", *bare_from(fails=fails), "--json", "--config", "config.yaml", code=4)
        assert (
            result.stderr
            == f"Error: bare_reporters.Bare: it {'went away' if fails == 'late' else 'is down'}\n"
        )


class TestTerminal:
    @pytest.fixture
    def environment(self, bare):
        return {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}

    @pytest.mark.parametrize(
        ("columns", "headings"),
        [
            (200, {"machine", "revision", "built", "explained-", "error"}),
            (80, {"machine", "revision", "explained-"}),
            (40, {"machine", "explained-"}),
            (10, {"machine"}),
        ],
    )
    def test_as_many_columns_as_fit_and_the_others_are_named(
        self, on_terminal, environment, held, columns, headings
    ):
        held(*(scored(f"pump-{n}-in-hall-{n % 7}", "local-build", **SCORES) for n in range(30)))
        shown = on_terminal(["list", *FROM], environment, columns=columns)
        table, _, note = shown.partition("Not shown: ")
        assert headings <= set(table.split())
        assert max(map(len, table.splitlines())) <= columns
        assert bool(note) == (columns < 200)
        assert shown.count("0.1235") >= 30 if columns >= 40 else True

    def test_the_score_of_the_order_comes_first(self, on_terminal, environment, held):
        held(scored("a", **SCORES))
        shown = on_terminal(["list", *FROM, "--sort", "mean-squared-error"], environment, columns=40)
        assert "squared-" in shown
        assert "Not shown: built, explained-variance-score, " in shown

    def test_a_long_list_has_several_tables(self, on_terminal, environment):
        shown = on_terminal(["list", *bare_from(count=501), "--no-scores"], environment)
        assert shown.count("machine") == 2
        assert shown.count("plant/m") == 501

    def test_no_colour_where_none_is_wanted_and_no_control_sequences_of_a_name(
        self, on_terminal, environment, held
    ):
        held(
            scored("\x1b[31mred\x1b]0;title\x07", **{"\x1b[2J": 1.0}),
            scored("管理", r2_score=1.0),
            scored("[bold]x[/bold]"),
        )
        assert "\x1b" in on_terminal(["list", *FROM], environment, raw=True)
        shown = on_terminal(["list", *FROM], environment, raw=True, no_color=True)
        assert not any(text in shown for text in ("\x07", "\x1b[31m", "\x1b[2J"))
        assert "[bold]x[/bold]" in shown
        assert "\\x1b[31mred" in shown

    def test_how_far_it_is_is_shown_where_nothing_is_printed_yet(self, on_terminal, environment, folder):
        with (folder / "told.csv").open("wb") as file:
            shown = on_terminal(["list", *bare_from(), "--csv"], environment, stdout=file)
        assert "machines read" in shown
        assert len((folder / "told.csv").read_text().splitlines()) == 7


SCORES = {
    "explained_variance_score": 0.12345,
    "mean_absolute_error": 0.12345,
    "mean_squared_error": 0.12345,
    "r2_score": 0.12345,
}


FLAT = """
import sys
from newsdesk.cli import main

try:
    main(sys.argv[1:], prog_name="newsdesk")
finally:
    # Not ru_maxrss: that of a new process begins with what its parent had.
    with open("/proc/self/status") as status:
        print(next(line.split()[1] for line in status if line.startswith("VmHWM:")), file=sys.stderr)
"""


def write_fleet(folder, count):
    """Machines as `files` keeps them, each of some 2 kB."""
    plant = folder / f"held-{count}" / "plant"
    plant.mkdir(parents=True)
    record = scored("NAME", r2_score={"fold-mean": 0.5}, max_error=1.0).to_dict()
    record["metadata"]["filler"] = [number / 7 for number in range(100)]
    text = Machine.from_dict(record).to_json().decode()
    for number in range(count):
        (plant / f"m{number:05}.json").write_text(text.replace("NAME", f"m{number:05}"))
    return ("--from", json.dumps({"files": {"path": str(plant.parent)}}))


@pytest.mark.large
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak of a process is read from /proc")
def test_memory_is_flat(folder):
    """Of 10,000 machines, a list of any kind takes as much as one of 1,000, but for its rows and the names in the folder."""
    few, many = write_fleet(folder, 1_000), write_fleet(folder, 10_000)

    def peak(source, *options):
        done = subprocess.run(
            [sys.executable, "-c", FLAT, "list", *source, *options],
            capture_output=True,
            text=True,
            check=True,
        )
        return len(done.stdout.splitlines()), int(done.stderr) / 1024

    for options, lines, most in (
        (["--json"], 10_000, 8),
        (["--csv", "--sort", "r2-score", "--worst-first", "--limit", "20"], 21, 8),
        (["--sort", "name"], 10_001, 24),
    ):
        _, base = peak(few, *options)
        count, used = peak(many, *options)
        assert count == lines
        assert used - base <= most, (options, base, used)
