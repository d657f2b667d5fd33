"""What an author names a parameter or an attribute breaks no reporter: it is harmless, or refused."""

import copy
import dataclasses
import pickle
import re
from pathlib import Path

import pytest
from newsdesk import BaseReporter, DefinitionError, Delivery, Desk, Machine

MACHINE = Machine(name="pump-7", project_name="plant")
HARMLESS = [
    "target",
    "life",
    "arguments",
    "state",
    "label",
    "name",
    "kept",
    "lock",
    "args",
    "kwargs",
    "cls",
]
RESERVED = [name for name in vars(BaseReporter) if not name.startswith("_")]

SOURCE = """
class Custom(BaseReporter):
    def __init__(self, {name}: str) -> None:
        self.{name} = {name}

    def report(self, machine):
        path = Path(self.{name}, "it.json")
        unchanged = path.exists() and path.read_bytes() == machine.to_json()
        path.write_bytes(machine.to_json())
        return Delivery(reference=str(path), unchanged=unchanged)
"""


def made(source: str, name: str = "Custom"):
    scope = {
        "BaseReporter": BaseReporter,
        "Path": Path,
        "Delivery": Delivery,
        "dataclass": dataclasses.dataclass,
    }
    scope["__name__"] = __name__
    exec(source, scope)
    globals()["Custom"] = scope[name]  # where pickle, and an import path, look for it
    return scope[name]


@pytest.mark.parametrize("name", HARMLESS)
def test_a_parameter_of_any_other_name_delivers_to_its_folder(name, tmp_path):
    made(SOURCE.format(name=name))
    with Desk([{f"{__name__}.Custom": {name: str(tmp_path)}}]) as desk:
        [first] = desk.report(MACHINE)
        [again] = desk.report(MACHINE)
    assert (first.reference, first.reporter) == (str(tmp_path / "it.json"), f"{__name__}.Custom")
    assert again.status == "unchanged"
    assert (tmp_path / "it.json").read_bytes() == MACHINE.to_json()


@pytest.mark.parametrize("name", HARMLESS)
@pytest.mark.parametrize("copied", [lambda r: pickle.loads(pickle.dumps(r)), copy.copy, copy.deepcopy])
def test_its_copies_keep_the_parameter_and_the_definition(name, copied, tmp_path):
    made(SOURCE.format(name=name))
    definition = {f"{__name__}.Custom": {name: str(tmp_path)}}
    reporter = BaseReporter.from_dict(definition)
    reporter.report(MACHINE)
    twin = copied(reporter)
    assert twin == reporter
    assert twin.to_dict() == definition
    assert twin.report(MACHINE).unchanged


@pytest.mark.parametrize("name", RESERVED)
def test_a_parameter_with_the_name_of_a_method_is_refused_when_the_class_is_made(name):
    with pytest.raises(
        TypeError, match=f"Custom: the parameter '{name}' has the name of a method of BaseReporter; rename it"
    ):
        made(SOURCE.format(name=name))


@pytest.mark.parametrize("name", RESERVED)
def test_so_is_a_field_of_a_dataclass(name):
    for field in (f"{name}: str", f"{name}: str = 'x'"):
        with pytest.raises(TypeError, match=f"'{name}'.*rename it"):
            made(f"@dataclass\nclass Custom(BaseReporter):\n    {field}\n    def report(self, machine): pass")


def test_so_is_a_field_of_a_parent_that_is_not_a_reporter():
    source = "@dataclass\nclass Fields:\n    open: str\n"
    with pytest.raises(TypeError, match=r"the parameter 'open'.*the field 'open'"):
        made(f"{source}class Custom(Fields, BaseReporter):\n    def report(self, machine): pass")


@pytest.mark.parametrize("name", [name for name in RESERVED if name != "report"])
@pytest.mark.parametrize(
    "value", ["'text'", "None", "property(lambda self: 1)", "staticmethod(print)", "type('X', (), {})"]
)
def test_so_is_a_class_attribute_that_is_not_a_method(name, value):
    body = f"class Custom(BaseReporter):\n    {name} = {value}\n    def report(self, machine): pass"
    with pytest.raises(
        TypeError, match=f"'{name}' must be a method as in BaseReporter, but is of type .*; rename it"
    ):
        made(body)


@pytest.mark.parametrize(
    "method", ["async def report(self, machine): pass", "async def report(self, machine): yield"]
)
def test_so_is_a_coroutine(method):
    with pytest.raises(
        TypeError, match=re.escape("report() must be a plain method: write 'def', not 'async def'")
    ):
        made(f"class Custom(BaseReporter):\n    {method}")


def test_all_faults_of_a_class_are_listed():
    body = "def __init__(self, ping, plan): pass\n    holds = 5\n    def report(self, machine): pass"
    with pytest.raises(TypeError) as caught:
        made(f"class Custom(BaseReporter):\n    {body}")
    assert all(f"'{name}'" in str(caught.value) for name in ("ping", "plan", "holds"))


@pytest.mark.parametrize("name", RESERVED)
def test_an_attribute_with_the_name_of_a_method_is_refused_when_it_is_set(name):
    body = f"def __init__(self, path: str):\n        self.{name} = path\n    def report(self, machine): pass"
    custom = made(f"class Custom(BaseReporter):\n    {body}")
    text = f"Custom cannot set the attribute '{name}', a method of BaseReporter; rename it, for example to '_{name}'"
    with pytest.raises(TypeError, match=text):
        custom("x")
    with pytest.raises(DefinitionError, match=text):
        BaseReporter.from_dict({f"{__name__}.Custom": {"path": "x"}})


def test_private_helpers_of_usual_names_do_not_change_how_it_is_called():
    names = ["_answer", "_open", "_close", "_state", "_life", "_arguments", "_target", "_report"]
    helpers = "".join(f"    def {name}(self): raise AssertionError\n" for name in names)
    custom = made(
        f"class Custom(BaseReporter):\n{helpers}    def report(self, machine): return Delivery('here')"
    )
    with custom() as reporter:
        assert [*reporter.report_many([MACHINE])] == [Delivery("here")]


def test_methods_of_a_mixin_and_overrides_are_accepted():
    source = """
class Mixin:
    def report(self, machine): return Delivery("mixin")
    def close(self): pass
class Custom(Mixin, BaseReporter):
    @classmethod
    def from_dict(cls, config, **kwargs): return cls()
    ping = lambda self: None
"""
    assert made(source)().report(MACHINE) == Delivery("mixin")
