"""A reporter as a value; its life is in test_lifecycle."""

import copy
import dataclasses
import doctest
import json
import pickle
from collections.abc import Mapping

import pytest
from newsdesk.builtin.files import FilesReporter
from newsdesk.builtin.null import NullReporter
from newsdesk.contract import reporter as reporter_module
from newsdesk.contract.delivery import Delivery, Plan, ReportResult
from newsdesk.contract.lifecycle import life_of
from newsdesk.contract.parameters.arguments import signature
from newsdesk.contract.reporter import BaseReporter
from newsdesk.exceptions import (
    DefinitionError,
    PermanentReporterError,
    TransientReporterError,
    UnknownReporterError,
    UnresolvedReferenceError,
)
from newsdesk.machine import Machine
from newsdesk.secrets import Secret


class Plain(BaseReporter):
    def __init__(
        self,
        host: str,
        port: int = 5432,
        password: Secret = "postgres",
        tags: Mapping[str, str] | None = None,
    ):
        self.host, self.port, self.password, self.tags = host, port, password, tags

    def report(self, machine):
        return None


@dataclasses.dataclass
class Data(BaseReporter):
    host: str
    port: int = 5432
    password: Secret = "postgres"
    tags: Mapping[str, str] | None = None

    def report(self, machine):
        return None


@dataclasses.dataclass(frozen=True)
class Frozen(BaseReporter):
    host: str
    port: int = 5432
    password: Secret = "postgres"
    tags: Mapping[str, str] | None = None

    def report(self, machine):
        return None


@dataclasses.dataclass(slots=True)
class Slots(BaseReporter):
    host: str
    port: int = 5432
    password: Secret = "postgres"
    tags: Mapping[str, str] | None = None

    def report(self, machine):
        return None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Strict(BaseReporter):
    host: str
    port: int = 5432
    password: Secret = "postgres"
    tags: Mapping[str, str] | None = None

    def report(self, machine):
        return None


@dataclasses.dataclass
class Factory(BaseReporter):
    host: str
    port: int = 5432
    password: Secret = "postgres"
    tags: Mapping[str, str] | None = None
    headers: dict[str, Secret] = dataclasses.field(default_factory=lambda: {"key": "made"})

    def report(self, machine):
        return None


class Outer:
    class Nested(NullReporter):
        pass


CLASSES = [Plain, Data, Frozen, Slots, Strict, Factory]
every_class = pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)


@every_class
class TestValue:
    def test_params_are_told_with_defaults_filled_in(self, cls):
        params = cls(host="db").get_params()
        assert params | {"headers": None} == {
            "host": "db", "port": 5432, "password": "postgres", "tags": None, "headers": None,
        }  # fmt: skip
        assert cls(host="db").get_params(deep=True) == params

    def test_to_dict_gives_what_was_given_and_from_dict_the_same_reporter(self, cls):
        path = f"{cls.__module__}.{cls.__name__}"
        bare = cls(host="db")
        assert bare.to_dict() == {path: {"host": "db"}}
        full = cls(host="db", port=1, password="${env:PW}", tags={"a": "b"})
        assert full.to_dict() == {
            path: {"host": "db", "port": 1, "password": "${env:PW}", "tags": {"a": "b"}}
        }
        for reporter in (bare, full):
            twin = BaseReporter.from_dict(reporter.to_dict())
            assert type(twin) is cls
            assert twin == reporter
            assert twin.to_dict() == reporter.to_dict()
            assert BaseReporter.from_dict(json.loads(json.dumps(reporter.to_dict()))) == reporter

    def test_equality_is_that_of_class_and_params(self, cls):
        assert cls(host="db") == cls(host="db", port=5432)
        assert hash(cls(host="db")) == hash(cls(host="db", port=5432))
        assert cls(host="db") != cls(host="other")
        assert cls(host="db") != "db"
        assert len({cls(host="db"), cls(host="db"), cls(host="x")}) == 2

    def test_reporters_of_other_classes_differ_even_with_equal_params(self, cls):
        assert all(cls(host="db") != other(host="db") for other in CLASSES if other is not cls)

    def test_unhashable_params_do_not_make_it_unhashable(self, cls):
        assert hash(cls(host="db", tags={"a": "b"})) == hash(cls(host="db", tags={"a": "b"}))

    @pytest.mark.parametrize("copied", [lambda r: pickle.loads(pickle.dumps(r)), copy.copy, copy.deepcopy])
    def test_it_can_be_copied_and_pickled(self, cls, copied):
        reporter = cls(host="db", tags={"a": "b"})
        life_of(reporter).defined_as = "postgres"
        twin = copied(reporter)
        assert twin == reporter
        assert twin is not reporter
        assert twin.to_dict() == {"postgres": {"host": "db", "tags": {"a": "b"}}}

    def test_secrets_are_masked_in_its_repr(self, cls):
        text = repr(cls(host="db", password="hunter2"))
        assert text.startswith(f"{cls.__name__}(host='db', port=5432, password='***', tags=None")
        assert "hunter2" not in text
        assert "made" not in text
        assert "hunter2" not in str(cls(host="db", password="hunter2"))
        assert "password='${env:PW}'" in repr(cls(host="db", password="${env:PW}"))

    def test_secret_values_are_told_to_be_masked_elsewhere(self, cls, monkeypatch):
        monkeypatch.setenv("NEWSDESK_PW", "resolved")
        assert "hunter2" in cls(host="db", password="hunter2").secret_values()
        assert "resolved" in cls(host="db", password="${env:NEWSDESK_PW}").secret_values()
        assert "db" not in cls(host="db").secret_values()

    def test_what_a_caller_does_to_its_dict_does_not_change_it(self, cls):
        tags = {"a": "b"}
        reporter = cls(host="db", tags=tags)
        tags["a"] = "changed"
        reporter.get_params()["tags"]["a"] = "changed"
        next(iter(reporter.to_dict().values()))["tags"]["a"] = "changed"
        assert reporter.get_params()["tags"] == {"a": "b"}


class TestArguments:
    def test_what_a_factory_made_is_a_param_but_was_not_given(self):
        assert Factory("db").get_params()["headers"] == {"key": "made"}
        assert "headers" not in Factory("db").to_dict()[f"{__name__}.Factory"]
        assert Factory("db") == Factory("db", headers={"key": "made"})
        assert Factory("db") != Factory("db", headers={})

    @pytest.mark.parametrize("call", [lambda: NullReporter(1), lambda: NullReporter(x=1)])
    def test_a_class_without_an_init_takes_no_arguments(self, call):
        with pytest.raises(DefinitionError, match="NullReporter takes"):
            call()

    @pytest.mark.parametrize("cls", [Plain, Factory])
    def test_an_unknown_argument_is_refused_as_from_a_config_with_the_nearest(self, cls):
        name = next(iter(signature(cls).parameters))
        with pytest.raises(DefinitionError) as built:
            cls(**{f"{name}x": 1})
        with pytest.raises(DefinitionError) as defined:
            BaseReporter.from_dict({f"{cls.__module__}.{cls.__name__}": {f"{name}x": 1}})
        [fault] = built.value.faults
        assert fault in defined.value.faults
        assert f"did you mean '{name}'?" in fault.message

    def test_too_many_positional_arguments_are_refused_with_the_names(self):
        most = len(signature(Plain).parameters)
        text = f"{most + 1} positional arguments, but Plain takes"
        with pytest.raises(DefinitionError, match=text) as raised:
            Plain(*range(most + 1))
        assert "name them: host" in str(raised.value)

    def test_a_missing_argument_is_told_by_python_itself(self):
        with pytest.raises(TypeError, match="missing 1 required positional argument: 'host'"):
            Plain()

    def test_parameters_may_have_any_name(self):
        class Odd(BaseReporter):
            def __init__(self, cls=1, args=2, kwargs=3, target="t"):
                pass

            def report(self, machine):
                return None

        assert Odd(cls=5, kwargs=6).get_params() == {"cls": 5, "args": 2, "kwargs": 6, "target": "t"}

    def test_secrets_nested_in_annotations_or_named_as_such_are_masked(self):
        class Many(BaseReporter):
            def __init__(
                self,
                keys: Mapping[str, Secret],
                chain: list[Secret | None],
                maybe: Secret | None = None,
                api_token: str = "",
                url: str = "",
                *,
                guarded: "NoSuchThing | Secret" = "",  # noqa: F821  (as behind TYPE_CHECKING)
            ):
                pass

            def report(self, machine):
                return None

        shown = Many({"a": "s1"}, ["s2", None], "s3", "s4", "pg://u:s5@h", guarded="s6")
        assert repr(shown) == (
            "Many(keys={'a': '***'}, chain=['***', None], maybe='***', api_token='***', url='pg://u:***@h', "
            "guarded='***')"
        )
        assert shown.secret_values() == {"s1", "s2", "s3", "s4", "s5", "s6"}

    def test_a_nested_class_comes_back_by_its_path_too(self):
        nested = Outer.Nested()
        assert nested.to_dict() == f"{__name__}:Outer.Nested"
        assert BaseReporter.from_dict(nested.to_dict()) == nested


class TestClass:
    def test_an_own_repr_eq_or_hash_is_kept(self):
        class Own(NullReporter):
            def __repr__(self):
                return "mine"

            def __eq__(self, other):
                return True

            def __hash__(self):
                return 5

        assert (repr(Own()), Own() == 1, hash(Own())) == ("mine", True, 5)

    def test_without_a_report_it_is_abstract(self):
        class Silent(BaseReporter):
            pass

        with pytest.raises(TypeError, match="abstract"):
            Silent()

    def test_a_subclass_of_a_reporter_may_call_its_parents_methods(self):
        calls = []

        class Parent(BaseReporter):
            def open(self):
                calls.append("parent opens")

            def close(self):
                calls.append("parent closes")

            def report(self, machine):
                calls.append("parent reports")

        class Child(Parent):
            def open(self):
                super().open()
                calls.append("child opens")

            def close(self):
                super().close()
                calls.append("child closes")

            def report(self, machine):
                super().report(machine)
                calls.append("child reports")

        with Child() as reporter:
            reporter.report({"name": "m"})
        assert calls == [
            "parent opens", "child opens", "parent reports", "child reports", "parent closes", "child closes",
        ]  # fmt: skip


class TestDefaults:
    def test_many_are_reported_one_by_one_as_they_come(self):
        seen = []

        class One(BaseReporter):
            def report(self, machine):
                seen.append(machine.name)
                return Delivery(machine.name)

        def machines():
            for name in "ab":
                assert len(seen) == "ab".index(name)
                yield {"name": name}

        assert [delivery.reference for delivery in One().report_many(machines())] == ["a", "b"]

    def test_one_of_many_that_fails_does_not_stop_the_others(self):
        class Picky(BaseReporter):
            def report(self, machine):
                if machine.name == "bad":
                    raise PermanentReporterError("refused")
                return Delivery(machine.name)

        first, error, last = Picky().report_many([{"name": "a"}, {"name": "bad"}, {"name": "b"}])
        assert (first.reference, last.reference) == ("a", "b")
        assert isinstance(error, PermanentReporterError)
        assert str(error) == "refused"

    def test_a_plan_is_one_request_unless_the_reporter_knows_better(self):
        assert NullReporter().plan({"name": "m"}) == Plan(requests=1)

    def test_a_reporter_that_cannot_tell_what_it_holds_says_so(self):
        with pytest.raises(NotImplementedError) as caught:
            NullReporter().holds([])
        assert str(caught.value) == "NullReporter cannot list what its backend holds"

    def test_pinging_does_nothing_unless_the_reporter_knows_better(self):
        assert NullReporter().ping() is None


class TestFromDict:
    @pytest.mark.parametrize(
        ("definition", "reporter"),
        [
            ("null", NullReporter()),
            ({"null": None}, NullReporter()),
            ({"files": {"path": "x"}}, FilesReporter("x")),
            ("newsdesk.builtin.null.NullReporter", NullReporter()),
            ("newsdesk.builtin.null:NullReporter", NullReporter()),
            ({"newsdesk.builtin.files.FilesReporter": {"path": "x"}}, FilesReporter("x")),
            ({"newsdesk.builtin.files:FilesReporter": {"path": "x"}}, FilesReporter("x")),
        ],
    )
    def test_a_name_and_an_import_path_are_equals(self, definition, reporter):
        before = copy.deepcopy(definition)
        built = BaseReporter.from_dict(definition)
        assert built == reporter
        assert definition == before
        assert built.to_dict() == (
            definition if isinstance(definition, str) or None not in definition.values() else "null"
        )

    def test_the_form_it_was_asked_for_by_is_kept(self):
        assert BaseReporter.from_dict({"files": {"path": "x"}}).to_dict() == {"files": {"path": "x"}}
        assert FilesReporter("x").to_dict() == {"newsdesk.builtin.files.FilesReporter": {"path": "x"}}

    def test_a_class_builds_only_its_own_kind_and_shows_no_secret_in_saying_so(self):
        assert NullReporter.from_dict("null") == NullReporter()
        with pytest.raises(DefinitionError) as caught:
            NullReporter.from_dict({"files": {"path": "pg://u:hunter2@h"}})
        assert str(caught.value) == "'files' is a FilesReporter, not a NullReporter"

    def test_wrong_parameters_are_refused_at_once(self):
        with pytest.raises(DefinitionError) as caught:
            BaseReporter.from_dict({f"{__name__}.Plain": {"hots": 1, "port": "x"}})
        assert str(caught.value) == (
            f"the reporter '{__name__}.Plain' cannot be built\n"
            "  - hots: unknown parameter (did you mean 'host'?); Plain takes host, port, password, tags\n"
            "  - host: missing; Plain requires it\n"
            "  - port: must be a valid integer, but is 'x'"
        )

    @pytest.mark.parametrize("name", ["null", "console"])
    def test_an_unknown_parameter_of_a_built_in_is_refused(self, name):
        with pytest.raises(DefinitionError, match="typo: unknown parameter"):
            BaseReporter.from_dict({name: {"typo": 1}})

    def test_import_paths_can_be_restricted(self):
        path = "newsdesk.builtin.null.NullReporter"
        assert BaseReporter.from_dict(path, allow_import_paths=["newsdesk.builtin"]) == NullReporter()
        assert BaseReporter.from_dict("null", allow_import_paths=[]) == NullReporter()
        with pytest.raises(DefinitionError):
            BaseReporter.from_dict(path, allow_import_paths=["my_pkg"])

    def test_what_is_unknown_is_told(self):
        with pytest.raises(UnknownReporterError):
            BaseReporter.from_dict("no-such-reporter")


def test_what_a_reporter_is_given_is_a_machine_with_its_secrets_masked():
    seen = []

    class Seeing(BaseReporter):
        def report(self, machine):
            seen.append(machine)

        def report_many(self, machines):
            for machine in machines:
                seen.append(machine)
                yield None

        def plan(self, machine):
            seen.append(machine)
            return Plan(1)

    record = {"name": "m", "runtime": {"reporters": [{"postgres": {"password": "hunter2"}}]}}
    reporter = Seeing()
    reporter.report(record)
    reporter.plan(Machine.of(record))
    list(reporter.report_many([record]))
    assert [machine.runtime["reporters"] for machine in seen] == [[{"postgres": {"password": "***"}}]] * 3
    assert all(isinstance(machine, Machine) for machine in seen)


def test_what_references_point_to_now_can_be_asked_for_while_a_reporter_is_open(monkeypatch):
    """For a backend that refuses a login, since the password was rotated."""
    reporter = Plain("db", password="${env:NEWSDESK_PW}")
    monkeypatch.setenv("NEWSDESK_PW", "first")
    with reporter:
        monkeypatch.setenv("NEWSDESK_PW", "second")
        assert (reporter.password, reporter.resolved().password) == ("first", "second")
        assert {"first", "second"} <= reporter.secret_values()
        assert reporter == Plain("db", password="${env:NEWSDESK_PW}")
        monkeypatch.delenv("NEWSDESK_PW")
        with pytest.raises(UnresolvedReferenceError):
            reporter.resolved()


def test_the_examples_of_its_methods_run():
    found = doctest.testmod(reporter_module)
    assert found.failed == 0
    assert found.attempted >= 8


def test_a_result_can_be_matched_on():
    def kind(result: ReportResult) -> str:
        match result:
            case TransientReporterError():
                return "later"
            case Exception():
                return "never"
            case None | Delivery():
                return "held"

    results = [
        None,
        Delivery(),
        TransientReporterError("busy"),
        PermanentReporterError("no"),
        ValueError("bug"),
    ]
    assert [kind(result) for result in results] == ["held", "held", "later", "never", "never"]
