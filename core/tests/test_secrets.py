import json
import re
import subprocess
import sys
from collections.abc import Mapping
from typing import Annotated, ForwardRef, Literal, NewType, Optional
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st
from newsdesk import secrets
from newsdesk.exceptions import PermanentReporterError
from newsdesk.plugins.definition import OPTIONS
from newsdesk.secrets import (
    MASK,
    Secret,
    is_secret,
    leaves,
    leaves_by_name,
    mask,
    mask_by_name,
    mask_error,
    mask_reporters,
    mask_text,
)

words = st.text(st.sampled_from("abcXYZ019"), min_size=12, max_size=20)


@pytest.mark.parametrize(
    "annotation",
    [
        Secret,
        Secret | None,
        Optional[Secret],  # noqa: UP045  (the old form is met in the wild)
        list[Secret],
        Mapping[str, Secret],
        dict[str, list[Secret | None]] | int,
        Annotated[Secret, "more"],
        NewType("Password", Secret),
        "Secret | None",
        ForwardRef("Secret"),
    ],
)
def test_a_secret_is_found_however_deep_it_stands(annotation):
    assert is_secret(annotation)


@pytest.mark.skipif(sys.version_info < (3, 12), reason="the statement `type` is of Python 3.12")
def test_a_secret_is_found_behind_a_type_alias():
    names = {"Secret": Secret}
    exec("type Password = Secret", names)
    assert is_secret(names["Password"])


@pytest.mark.parametrize(
    "annotation",
    [str, str | None, dict[str, str], Annotated[str, "Secret"], Literal["Secret"], "Secretary", None, 5],
)
def test_other_annotations_are_no_secrets(annotation):
    assert not is_secret(annotation)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("hunter2", MASK),
        ("", MASK),
        (5, MASK),
        (b"x", MASK),
        (None, None),
        (True, True),
        ("${env:PASSWORD}", "${env:PASSWORD}"),
        ("${file:/run/secret}", "${file:/run/secret}"),
        ("x${env:PASSWORD}", MASK),
        ({"a": ["x", None], "b": ("y",)}, {"a": [MASK, None], "b": [MASK]}),
        ({"x"}, MASK),
    ],
)
def test_all_leaves_of_a_secret_are_masked_but_those_that_tell_nothing(value, shown):
    assert mask(value) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql://me:hunter2@db:5432/x", "postgresql://me:***@db:5432/x"),
        ("postgresql+psycopg2://me:hun@ter:2@db/x", "postgresql+psycopg2://me:***@db/x"),
        ("https://:hunter2@h", "https://:***@h"),
        ("postgresql://me:${env:PW}@db", "postgresql://me:${env:PW}@db"),
        ("http://host:5000/path?x=a@b", "http://host:5000/path?x=a@b"),
        ("http://host/p?token=abc&x=1", "http://host/p?token=***&x=1"),
        ("http://host/p?x=1;PassWord=abc#f", "http://host/p?x=1;PassWord=***#f"),
        ("http://host/p?token=${env:T}", "http://host/p?token=${env:T}"),
        ("failed: postgresql://me:pw@db and more", "failed: postgresql://me:***@db and more"),
        ("mailto:a@b", "mailto:a@b"),
        ("no secret", "no secret"),
    ],
)
def test_passwords_within_urls_are_masked(text, shown):
    assert mask_text(text) == shown


def test_given_secrets_are_masked_wherever_they_stand_the_longest_first():
    assert (
        mask_text(
            "a-very-long-secret, a-very-long-secret-too", ["a-very-long-secret", "a-very-long-secret-too"]
        )
        == "***, ***"
    )


@pytest.mark.parametrize(
    "secret", ["a\\b/c d+e'f\"g", "Zürich/\n\t密码 12", "it's-a-long-secret", '"quoted"']
)
@pytest.mark.parametrize(
    "written",
    [
        str,
        repr,
        json.dumps,
        lambda text: json.dumps(text, ensure_ascii=False),
        lambda text: repr({"password": text, "other": "'\""}),
        lambda text: repr(f'it\'s "{text}"'),
        lambda text: quote(text, safe=""),
        quote_plus,
    ],
)
def test_a_secret_is_masked_however_a_message_writes_it(secret, written):
    shown = mask_text(written(secret), [secret])
    assert shown.count(MASK) == 1
    left, around = (re.sub(r"['\"\\]", "", text) for text in (shown.replace(MASK, ""), written("")))
    assert left == around


def test_a_long_word_takes_no_long_time():
    """An error may quote a file in base64; a search from each of its characters would hold all threads."""
    call = "from newsdesk.secrets import mask_text; mask_text(word); print('done')"
    for word in ("'a' * 1_000_000", "'a://' * 300_000", "'a://b:' * 200_000", "'a://b@' * 200_000"):
        code = call.replace("word", word)
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60, check=True)
        assert done.stdout.strip() == b"done"


def test_a_short_secret_is_masked_where_it_is_a_word_so_that_texts_stay_readable():
    assert mask_text("pg postgres: 'pg' pgx (pg)", ["pg"]) == "*** postgres: '***' pgx (***)"
    assert mask_text("nothing", [""]) == "nothing"


@pytest.mark.parametrize(
    "name",
    ["password", "db_password", "passwd", "PASS", "pwd", "secret", "client_secret", "token", "apikey", "api_key",
     "access_key", "credentials", "connection_string", "webhook_url", "auth", "http_auth", "dsn", "sas"],
)  # fmt: skip
def test_the_usual_names_of_secrets_are_known(name):
    assert mask_by_name(name, "x") == MASK
    assert mask_by_name("settings", {name: ["x", None]}) == {name: [MASK, None]}


@pytest.mark.parametrize("name", ["host", "user", "path", "experiment", "tags", "passenger_count"])
def test_other_parameters_are_shown(name):
    assert mask_by_name(name, ["x", 5, None]) == ["x", 5, None]


@given(words, words)
def test_whatever_is_hidden_by_name_is_told_to_be_hidden_elsewhere(one, other):
    for name, value in (
        ("password", one),
        ("settings", {"token": [one], "host": "h", "url": f"pg://u:{other}@h"}),
        ("url", [f"https://u:{one}@h/", f"https://h/?token={other}"]),
    ):
        told = leaves_by_name(name, value)
        shown = str(mask_by_name(name, value))
        assert told >= {word for word in (one, other) if word in str(value)}
        assert not any(text in shown for text in told)


def test_leaves_are_the_texts_that_a_mask_hides():
    assert leaves({"a": ["x", 5, None, True, ""], "b": ("${env:X}", "y")}) == {"x", "5", "y"}
    assert leaves_by_name("host", 5) == set()
    assert leaves_by_name("url", "pg://u:${env:X}@h") == set()


class TestMaskError:
    def test_texts_attributes_causes_and_members_are_masked_in_place(self):
        cause = ValueError("cause hunter2hunter2", {"a": [b"hunter2hunter2"]})
        error = PermanentReporterError("refused: hunter2hunter2")
        error.detail = ("hunter2hunter2", 5)
        error.__cause__ = cause
        group = ExceptionGroup("all", [error])
        mask_error(group, ["hunter2hunter2"])
        assert str(error) == "refused: ***"
        assert error.detail == ("***", 5)
        assert cause.args == ("cause ***", {"a": [b"***"]})

    def test_a_chain_that_goes_round_ends(self):
        one, other = ValueError("hunter2hunter2"), ValueError("b")
        one.__cause__, other.__cause__ = other, one
        mask_error(one, ["hunter2hunter2"])
        assert str(one) == "***"


class TestMaskReporters:
    def test_it_knows_the_options_that_stand_beside_a_reporter(self):
        assert frozenset(OPTIONS) == secrets._OPTIONS

    @pytest.mark.parametrize(
        ("definitions", "shown"),
        [
            (None, None),
            ("mlflow", "mlflow"),
            (["mlflow", None], ["mlflow", None]),
            (
                [{"postgres": {"host": "db", "port": 5432, "password": "x"}}],
                [{"postgres": {"host": "db", "port": 5432, "password": MASK}}],
            ),
            (
                {"slack": {"channel_id": "T0/B0/x"}, "required": False, "label": "s"},
                {"slack": {"channel_id": MASK}, "required": False, "label": "s"},
            ),
            (
                {"a": {"pin": 5, "password": 123456, "f": True}},
                {"a": {"pin": 5, "password": MASK, "f": True}},
            ),
            (
                {"a": {"url": "pg://u:pw@h/db", "tracking_uri": "http://h:5000"}},
                {"a": {"url": "pg://u:***@h/db", "tracking_uri": "http://h:5000"}},
            ),
            (
                {"a": {"password": "${env:PW}", "x": "${env:X}"}},
                {"a": {"password": "${env:PW}", "x": "${env:X}"}},
            ),
            ({"postgres": ["hunter2"]}, {"postgres": [MASK]}),
            ({"postgres": "pg://u:pw@h"}, {"postgres": MASK}),
            ("pg://u:pw@h", "pg://u:***@h"),
        ],
    )
    def test_only_places_numbers_options_and_references_are_shown(self, definitions, shown):
        assert mask_reporters(definitions) == shown
