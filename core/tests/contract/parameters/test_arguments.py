import dataclasses
from typing import TYPE_CHECKING

import pytest
from newsdesk.contract.parameters.arguments import Arguments, annotations, secret_names, signature
from newsdesk.secrets import Secret

if TYPE_CHECKING:
    from somewhere import Client


class Plain:
    def __init__(self, host, port=5432, *rest, flag=False, **others):
        self.host = host


@dataclasses.dataclass
class Data:
    host: str
    tags: dict[str, str] = dataclasses.field(default_factory=lambda: {"a": "b"})
    made: int = dataclasses.field(init=False, default=5)


def test_given_arguments_are_told_by_name_however_they_were_given():
    assert Arguments(Plain, ("h", 1), {"flag": True, "x": 2}).given == {
        "host": "h",
        "port": 1,
        "flag": True,
        "x": 2,
    }
    assert Arguments(Plain, (), {"port": 1, "host": "h"}).given == {"host": "h", "port": 1}


def test_positional_extras_are_told_only_when_there_are_some():
    assert Arguments(Plain, ("h", 1, 2, 3), {}).given == {"host": "h", "port": 1, "rest": (2, 3)}


def test_arguments_that_do_not_fit_are_told_as_far_as_they_have_names():
    assert Arguments(Data, ("h", 1, 2, 3), {"x": 1}).given == {"x": 1}


def test_all_parameters_have_their_defaults_filled_in():
    built = Data("h")
    assert Arguments(Plain, ("h",), {"x": 1}).all(Plain("h")) == {
        "host": "h",
        "port": 5432,
        "flag": False,
        "x": 1,
    }
    assert Arguments(Data, ("h",), {}).all(built) == {"host": "h", "tags": {"a": "b"}}


def test_a_caller_who_changes_his_containers_does_not_change_the_arguments():
    tags, items = {"a": [1]}, ([1], {2})
    arguments = Arguments(Plain, (tags,), {"x": items})
    tags["a"].append(2)
    items[0].append(2)
    items[1].add(3)
    assert arguments.given == {"host": {"a": [1]}, "x": ([1], {2})}
    arguments.given["host"]["a"].append(3)
    assert arguments.given["host"] == {"a": [1]}


def test_a_change_is_told_the_name_of_each_argument():
    arguments = Arguments(Plain, ("h", 1, "rest"), {"flag": True})
    args, kwargs = arguments.mapped(lambda name, value: f"{name}={value}")
    assert args == ("host=h", "port=1", "argument 2=rest")
    assert kwargs == {"flag": "flag=True"}


def test_the_signature_is_without_self():
    assert list(signature(Plain).parameters) == ["host", "port", "rest", "flag", "others"]
    assert list(signature(Data).parameters) == ["host", "tags"]


def test_one_annotation_that_does_not_resolve_does_not_cost_the_others():
    class Guarded:
        def __init__(self, client: "Client", key: Secret, maybe: "Secret | Client", name: "str"):
            pass

    assert annotations(Guarded)["client"] == "Client"
    assert annotations(Guarded)["name"] is str
    assert secret_names(Guarded) == {"key", "maybe"}


def test_a_secret_of_a_parent_is_one_of_the_child_too():
    class Parent:
        def __init__(self, key: Secret, host: str = ""):
            pass

    class Child(Parent):
        def __init__(self, channel: str, **kwargs):
            super().__init__(**kwargs)

    assert secret_names(Child) == {"key"}


@pytest.mark.parametrize("cls", [object, Exception, int])
def test_a_class_without_annotations_has_none(cls):
    assert secret_names(cls) == frozenset()
