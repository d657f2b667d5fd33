"""The first config, with every key that it could have."""

import re

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from newsdesk import BaseReporter, Config, Secret
from newsdesk.builtin.files import FilesReporter
from newsdesk.builtin.null import NullReporter
from newsdesk.config.starter import WIDTH, Choice, starter_config
from newsdesk.objectstore.opening import is_url


class Letters(BaseReporter):
    """Sends letters.

    Args:
        to: Whom; `everybody` by default, with a # and a : in it.
        key: The key of the post box.
        stamps: How many.
    """

    def __init__(
        self, to: str = "everybody: #1", key: Secret = "letmein", *, stamps: int = 2, extra=()
    ) -> None:
        pass

    def report(self, machine): ...


def definitions(text):
    return [route.reporter.to_dict() for route in Config.from_yaml(text).routes]


@given(path=st.text(min_size=1), outbox=st.none() | st.text(min_size=1).filter(lambda text: not is_url(text)))
def test_it_means_what_was_chosen(path, outbox):
    text = starter_config(
        [Choice("files", FilesReporter, {"path": path}), Choice("null", NullReporter)], outbox
    )
    assert definitions(text) == [{"files": {"path": path}}, "null"]
    assert yaml.safe_load(text).get("outbox") == outbox


def test_every_other_key_is_a_comment_that_may_be_uncommented():
    text = starter_config([Choice(f"{__name__}.Letters", Letters, {"to": "Ann"}, "by post")], "o.db")
    commented = re.findall(r"^ *#(\w+): .*$", text, re.MULTILINE)
    assert commented == [
        "key",
        "stamps",
        "extra",
        "required",
        "retry",
        "deadline",
        "allow_import_paths",
        "plugins",
        "environments",
    ]
    assert "letmein" not in text
    assert "      #key: ${env:KEY}\n" in text
    assert "      # How many.\n      #stamps: 2\n" in text


@pytest.mark.parametrize("key", ["required", "retry", "deadline", "allow_import_paths", "plugins", "outbox"])
def test_a_key_without_its_comment_sign_is_a_valid_config(key):
    text = starter_config([Choice("files", FilesReporter, {"path": "x"})], None)
    changed, count = re.subn(rf"^( *)#({key}:)", r"\1\2", text, flags=re.MULTILINE)
    assert count == 1
    assert Config.from_yaml(changed) == Config.from_yaml(text)


def test_lines_are_short_enough_to_read():
    text = starter_config([Choice("files", FilesReporter, {"path": "x"}, "word " * 99)], None)
    assert max(map(len, text.splitlines())) <= WIDTH
