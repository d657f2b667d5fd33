"""What a command reads: files, and machines in backends."""

import json

import click
import pytest
from newsdesk import Config, DefinitionError, Machine, MachineError, ReporterException
from newsdesk.cli.sources.backend import NotFoundError
from newsdesk.cli.sources.sources import Sources
from newsdesk.config.choice import ConfigChoice

FOLDER = "{files: {path: held}}"


@pytest.fixture
def held(folder):
    """Machines in a folder, which is `--from` or the config's."""
    machines = [
        Machine("pump", "plant"),
        Machine("pump", "mine"),
        Machine("fan", "plant", metadata={"x": 1}),
        Machine("a@b", "plant"),
        Machine("7/b", ""),
        Machine("x.json", "plant"),
        Machine("fan#1234567", "plant"),
    ]
    with Config.from_yaml(f"reporters: [{FOLDER}]").desk() as desk:
        list(desk.report_many(machines))
    return machines


@pytest.fixture
def config(write):
    def config(*entries, **others):
        return write("newsdesk.yaml", json.dumps({"reporters": list(entries), **others}))

    return config


FILES = {"files": {"path": "held"}, "label": "archive"}


def read(source, reads_from=FOLDER, project=None):
    with Sources(ConfigChoice(), reads_from, project) as sources:
        return sources.one(source)


@pytest.mark.usefixtures("held")
class TestNames:
    @pytest.mark.parametrize(
        ("source", "key"),
        [
            ("fan", ("plant", "fan")),
            ("plant/pump", ("plant", "pump")),
            ("mine/pump", ("mine", "pump")),
            ("a@b", ("plant", "a@b")),
            ("plant/a@b", ("plant", "a@b")),
            ("7/b", ("", "7/b")),
            ("/7/b", ("", "7/b")),
            ("x.json", ("plant", "x.json")),
            ("fan#1234567", ("plant", "fan#1234567")),
            ("plant/fan#1234567", ("plant", "fan#1234567")),
            (f"fan#{Machine('fan', 'plant', metadata={'x': 1}).revision[:9]}", ("plant", "fan")),
        ],
    )
    def test_a_machine_is_found_by_its_name(self, source, key):
        assert read(source).key == key

    def test_its_project_can_be_given_apart(self):
        assert read("pump", project="mine").key == ("mine", "pump")
        with pytest.raises(NotFoundError, match="'plant/pump' in the project 'mine' does not exist"):
            read("plant/pump", project="mine")

    def test_a_label_is_a_reporter_of_the_config_and_comes_before_from(self, config):
        config(FILES, {"files": {"path": "elsewhere"}, "label": "other"})
        assert read("fan@archive", reads_from="other").key == ("plant", "fan")
        assert read("fan@archive", reads_from=None).key == ("plant", "fan")
        with pytest.raises(NotFoundError, match=r"^other: the machine 'fan' does not exist"):
            read("fan", reads_from="other")

    def test_the_only_reporter_that_can_be_read_is_the_default(self, config):
        config("null", FILES)
        assert read("fan", reads_from=None).key == ("plant", "fan")

    @pytest.mark.parametrize(
        ("source", "reads_from", "expected"),
        [
            ("pump", None, r"^archive: 2 projects have a machine 'pump': 'mine', 'plant'; give the project"),
            ("fan#0000000", None, r"^archive: the machine 'fan' has no revision '0000000'"),
            (
                "plant/gone",
                None,
                r"^there is no file 'plant/gone'; archive: the machine 'gone' in the project 'plant' does not ",
            ),
            ("gone.json", None, r"^there is no file 'gone.json'; archive: the machine 'gone.json' does not "),
            ("out/gone", None, r"^there is no file 'out/gone'; archive: the machine 'gone' in the project "),
            (
                "fan",
                "archiv",
                r"^--from 'archiv' is not a label of the config or .*did you mean 'archive'\?",
            ),
            ("fan", "", r"^--from '' is empty"),
            ("fan", "{files: [", r"^--from '{files: \[' is not a definition"),
            ("fan", "null", r"^the reporter 'null' cannot be read: NullReporter cannot read machines back"),
        ],
    )
    def test_what_cannot_be_read_is_said(self, config, source, reads_from, expected):
        config(FILES)
        with pytest.raises(ReporterException, match=expected):
            read(source, reads_from=reads_from)

    def test_a_label_that_does_not_exist_is_not_taken_for_a_part_of_the_name(self, config):
        config(FILES)
        with pytest.raises(
            click.UsageError,
            match=r"^'archiv' is not a label of the config; labels: archive\. For a name that",
        ):
            read("fan@archiv", reads_from=None)

    @pytest.mark.parametrize(
        ("entries", "expected"),
        [
            ([], r"there is no file 'fan', and no reporter is configured; name one with --from, such as "),
            (
                ["null"],
                r"there is no file 'fan', and no reporter of the config can be read \(null\); name one",
            ),
            (
                [FILES, {"files": {"path": "b"}, "label": "b"}],
                "^several reporters of the config can be read; choose with --from: archive, b$",
            ),
        ],
    )
    def test_without_from_there_must_be_one_reporter_to_read(self, config, entries, expected):
        config(*entries)
        with pytest.raises(click.UsageError, match=expected):
            read("fan", reads_from=None)

    def test_a_folder_without_records_is_not_called_missing(self, config, folder):
        (folder / "builds").mkdir()
        with pytest.raises(
            click.UsageError, match=r"^the folder 'builds' holds no \*\.json, and no reporter"
        ):
            read("builds", reads_from=None)
        config(FILES)
        with pytest.raises(
            NotFoundError, match=r"^the folder 'builds' holds no \*\.json; archive: the machine"
        ):
            read("builds", reads_from=None)

    def test_the_outbox_is_not_touched(self, config, folder):
        config({**FILES, "spool": "always"}, outbox={"path": "owed.db"})
        assert read("fan", reads_from=None).key == ("plant", "fan")
        assert not (folder / "owed.db").exists()

    def test_a_reporter_is_used_once_and_closed_at_the_end(self, config, held):
        config(FILES)
        with Sources(ConfigChoice()) as sources:
            assert sources.backend() is sources.backend()
            assert sources.backend().label == "archive"
            assert len(list(sources.backend().machines())) == len(held)


class TestFiles:
    def test_a_file_that_exists_wins(self, held, write):
        write("fan", {"name": "of the file"})
        assert read("fan").name == "of the file"

    def test_a_folder_of_that_name_without_records_does_not(self, held, folder):
        (folder / "fan").mkdir()
        assert read("fan").name == "fan"
        (folder / "fan" / "x.json").write_text('{"name": "of the folder"}')
        assert read("fan").name == "of the folder"

    def test_a_pattern_that_matches_no_file_is_a_name(self, held, write):
        write("a.json", {"name": "a"})
        assert read("?.json").name == "a"
        with pytest.raises(
            NotFoundError, match=r"^no file matches 'b\*'; files: the machine 'b\*' does not "
        ):
            read("b*")

    def test_no_config_is_needed(self, machine):
        assert read(machine, reads_from=None).name == "compressor"

    @pytest.mark.parametrize(
        ("name", "content", "expected"),
        [
            ("none.json", [], "'none.json' holds no machine; give a file that holds one"),
            ("two.json", [{"name": "a"}, {"name": "b"}], "'two.json' holds several machines; give a file"),
        ],
    )
    def test_a_file_of_several_is_not_one_machine(self, write, name, content, expected):
        write(name, content)
        with pytest.raises(click.UsageError, match=expected):
            read(name)
        with Sources(ConfigChoice()) as sources:
            assert [each.to_dict()["name"] for each in sources.each(name)] == [
                each["name"] for each in content
            ]

    @pytest.mark.parametrize(
        ("content", "expected"),
        [
            ("{", "^bad.json: not valid JSON"),
            ('{"name": ""}', "bad.json: the record without a name is not a valid machine"),
            ('{"name": "a", "name": "b"}', "(?s)the input has errors.*bad.json: .*name"),
        ],
    )
    def test_a_file_that_is_not_valid_is_named(self, write, content, expected):
        write("bad.json", content)
        with pytest.raises(MachineError, match=expected):
            read("bad.json")

    def test_a_definition_is_refused_where_the_config_forbids_it(self, write):
        write("newsdesk.yaml", {"reporters": ["null"], "allow_import_paths": []})
        with pytest.raises(DefinitionError):
            read("x", reads_from="acme_reporters.Fails")
