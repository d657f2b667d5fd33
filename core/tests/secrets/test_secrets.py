import base64
import html
import json
import re
import subprocess
import sys
import traceback
from collections.abc import Mapping
from typing import Annotated, ForwardRef, Literal, NewType, Optional
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st
from newsdesk import secrets
from newsdesk.builtin.null import NullReporter
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
        ("${env:PASSWORD:-}", "${env:PASSWORD:-}"),
        ("${env:PASSWORD:-hunter2 or\n@so}", "${env:PASSWORD:-***}"),
        ("${file:/run/secret:-s}", "${file:/run/secret:-s}"),
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
        ("pg://me:${env:P:-hun ter@2}@db ok", "pg://me:${env:P:-***}@db ok"),
        ("${env:URL:-pg://me:hun ter@2@db} ok", "${env:URL:-pg://me:***@db} ok"),
        (
            "http://${env:HOST:-db}/p?token=${env:T:-a b&c}&x=1",
            "http://${env:HOST:-db}/p?token=${env:T:-***}&x=1",
        ),
        ("host=${env:HOST:-db} password=${env:P:-a b}", "host=${env:HOST:-db} password=${env:P:-***}"),
        ("https://${env:U:-user}:S@h/", "https://${env:U:-user}:***@h/"),
        ("https://${file:/a:b/c}:${env:P:-S}@h/", "https://${file:/a:b/c}:${env:P:-***}@h/"),
        ("https://h/${env:API_TOKEN:-S}/x", "https://h/${env:API_TOKEN:-***}/x"),
        ("note ${env:API_TOKEN:-S T} ${env:NOTE:-n}", "note ${env:API_TOKEN:-***} ${env:NOTE:-n}"),
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
    ("secret", "text"),
    [
        ("postgres", "pip install newsdesk-postgres; newsdesk_postgres.reporter, postgresql://h, postgres-16, postgres.py"),
        ("postgres", "postgresql://postgres@postgres:5432/postgres?table=machine, /var/lib/postgres"),
        ("mlflow", "newsdesk-mlflow 0.1: mlflow.client"),
        ("administrator", "the administrators"),
        ("a", "a subscription is not a valid a, n/a"),
        ("e", "eleven e-mails e"),
        ("5", "attempt 5 of 8, 15 s"),
        ("-", "a - b"),
        ("...", "wait ... for more"),
        ("***", "***"),
    ],
)  # fmt: skip
def test_a_secret_that_is_a_word_or_less_changes_no_text_that_only_has_it_as_a_part(secret, text):
    assert mask_text(text, [secret]) == text


@pytest.mark.parametrize("secret", ["hunter2", "hunt3r!", "p@ss w/rd", "correct-horse-battery"])
def test_what_is_more_than_a_word_is_masked_within_a_name_too(secret):
    assert mask_text(f"newsdesk-{secret}.internal", [secret]) == "newsdesk-***.internal"


def test_a_password_that_is_also_a_host_and_a_user_is_masked_in_its_own_place():
    url = "postgresql://postgres:postgres@postgres:5432/postgres"
    assert mask_text(f"no {url}", ["postgres"]) == "no postgresql://postgres:***@postgres:5432/postgres"
    assert mask_text(quote(url, safe=""), ["postgres"]).count(MASK) == 1


@pytest.mark.parametrize("secret", ["a", "5", "postgres", "administrator", "-", "é", "."])
@pytest.mark.parametrize(
    "written", ["'{}'", '{{"x": "{}"}}', "password={} user=x", "pg://u:{}@h", "token='{}',", "id={}&x=1"]
)
def test_whatever_it_is_it_is_masked_where_it_is_a_value(secret, written):
    assert mask_text(written.format(secret), [secret]) == written.format(MASK)


def lower_hex(text):
    return re.sub(r"%[0-9A-F]{2}", lambda match: match[0].lower(), quote(text, safe=""))


def basic(user):
    return lambda secret: f"Basic {base64.b64encode(f'{user}:{secret}'.encode()).decode()}"


SPELLINGS = {
    "as it is": str,
    "in quotes of Python": repr,
    "the repr of its repr": lambda text: repr(repr(text)),
    "the repr of bytes": lambda text: repr(text.encode("utf-8", "surrogatepass")),
    "JSON": json.dumps,
    "JSON in Unicode": lambda text: json.dumps(text, ensure_ascii=False),
    "JSON in JSON": lambda text: json.dumps(json.dumps({"it": text})),
    "JSON in JSON in JSON": lambda text: json.dumps(json.dumps(json.dumps(text))),
    "the repr of JSON": lambda text: repr(json.dumps([text])),
    "after a line break": lambda text: repr(f"a line\n{text}"),
    "quote": lambda text: quote(text, errors="surrogatepass"),
    "quote of all": lambda text: quote(text, safe="", errors="surrogatepass"),
    "quote_plus": lambda text: quote_plus(text, errors="surrogatepass"),
    "lower-case hex": lambda text: lower_hex(text.encode("utf-8", "surrogatepass")),
    "quoted twice": lambda text: quote(quote(text, safe="", errors="surrogatepass"), safe=""),
    "in a URL that was quoted": lambda text: quote(f"pg://u:{quote(text, safe='', errors='surrogatepass')}@h", safe=""),
    "HTML": html.escape,
    "HTML of markupsafe": lambda text: html.escape(text).replace("&#x27;", "&#39;").replace("&quot;", "&#34;"),
    "HTML in HTML": lambda text: html.escape(html.escape(text)),
}  # fmt: skip
odd_text = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc",))
    | st.sampled_from("\"'\\%+&<>@/:#?=;$^*()[]{}|. "),
    max_size=8,
)
# With what makes it recognisable: else nobody could tell what is left of it from what is around it.
odd_secrets = st.builds(lambda before, after: f"q{before}Zx9{after}7K", odd_text, odd_text)


@given(odd_secrets, st.sampled_from(sorted(SPELLINGS)))
def test_it_is_masked_in_every_spelling_and_so_is_nothing_else(secret, spelling):
    write = SPELLINGS[spelling]
    shown = mask_text(f"before {write(secret)} after", [secret])
    assert shown.startswith("before ")
    assert shown.endswith(" after")
    assert shown.count(MASK) == 1
    assert "Zx9" not in shown
    around = f"before {write('')} after"
    assert re.sub(r"[\\\"']", "", shown.replace(MASK, "")) == re.sub(r"[\\\"']", "", around)


@given(odd_secrets)
def test_requests_writes_it_in_a_url_and_in_a_header_and_it_is_masked_there(secret):
    requests = pytest.importorskip("requests")
    prepared = requests.Request(
        "GET", "http://h/p", params={"x": secret}, auth=("user", secret.encode())
    ).prepare()
    for text in (prepared.url, requests.utils.requote_uri(f"http://h/{secret}"), str(prepared.headers)):
        assert mask_text(text, [secret]).count(MASK) == 1
        assert "Zx9" not in mask_text(text, [secret])


@given(odd_secrets, st.text(max_size=5))
def test_it_is_masked_in_basic_auth_whoever_the_user_is(secret, user):
    text = f"{basic(user.encode('utf-8', 'ignore').decode())(secret)} end"
    assert mask_text(text, [secret]) == "Basic *** end"
    assert mask_text(repr(text.encode()), [secret]) == "b'Basic *** end'"


def test_requests_encodes_a_text_as_latin_1_in_basic_auth():
    requests = pytest.importorskip("requests")
    header = requests.Request("GET", "http://h", auth=("user", "pässwört")).prepare().headers["Authorization"]
    assert mask_text(header, ["pässwört"]) == "Basic ***"


@given(st.text(max_size=40), odd_secrets)
def test_a_text_without_the_secret_stays_and_masking_twice_is_masking_once(text, secret):
    assert mask_text(f"it is {text}", [secret]) == mask_text(f"it is {text}")
    once = mask_text(f"it is {secret} {text}", [secret])
    assert mask_text(once, [secret]) == once


KEY = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQ\nefasCBKcwggSjAgEAAoIBAQ==\n-----END PRIVATE KEY-----\n"


@pytest.mark.parametrize(
    "write", [str, repr, json.dumps, lambda text: text.splitlines()[1], lambda text: text[30:50]]
)
def test_of_a_key_with_several_lines_each_is_masked(write):
    shown = mask_text(write(KEY), [KEY])
    assert not any(line in shown for line in KEY.splitlines()[1:3])


def test_part_of_a_line_is_not_known_as_the_secret():
    assert mask_text("MIIEvQ", [KEY]) == "MIIEvQ"


@pytest.mark.parametrize(
    "text", ["Bearer tok-en", "'Bearer tok-en\\n'", "Bearer tok-en\n", repr(b"Bearer tok-en\r\n")]
)
def test_a_line_break_at_its_end_is_no_part_of_it(text):
    assert "tok-en" not in mask_text(text, ["tok-en\n"])


def test_a_password_of_libpq_is_masked_also_when_nobody_said_that_it_is_one():
    text = "host=db password=x user=me; key=value"
    assert mask_text(text) == "host=db password=*** user=me; key=value"


def test_what_libraries_read_from_the_environment_is_a_secret_of_every_reporter(monkeypatch):
    assert NullReporter().secret_values() == secrets.of_environment()
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "tok-en\n")
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "geheim")
    found = NullReporter().secret_values()
    assert {"tok-en\n", "geheim"} <= found
    text = "Invalid header value: 'Bearer tok-en\\n', 'geheim'"
    assert mask_text(text, found) == "Invalid header value: 'Bearer ***\\n', '***'"


@pytest.mark.parametrize(
    "name",
    ["password", "db_password", "passwd", "PASS", "pwd", "secret", "client_secret", "token", "apikey", "api_key",
     "access_key", "credentials", "connection_string", "webhook_url", "auth", "http_auth", "dsn", "sas", "apiKey", "APIKey",
     "PGPASSWORD", "dbpassword", "password2", "key", "authToken", "sas_token", "private-key", "auth_header", "secret_key_base", "token_value", "private_key_pem", "X-Api-Key",
     "azure_storage_sas_key", "sas_key", "master_key", "azure_storage_master_key", "aws_sse_customer_key_base64", "secretkey", "bearer", "jwt"],
)  # fmt: skip
def test_the_usual_names_of_secrets_are_known(name):
    assert mask_by_name(name, "x") == MASK
    assert mask_by_name("settings", {name: ["x", None]}) == {name: [MASK, None]}


@pytest.mark.parametrize(
    "name",
    ["host", "user", "path", "experiment", "tags", "passenger_count", "monkey", "keyboard", "author",
     "tokenizer", "secretary", "compass", "bypass", "disaster", "partition_key", "auth_mode", "token_url", "secret_name",
     "access_key_id", "password_file", "private_key_path", "tokens_per_second", "passwordless", "authority",
     "service_principal_id", "credential_type", "value", "string", ""],
)  # fmt: skip
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


def test_of_a_reference_its_default_is_what_a_mask_hides():
    assert leaves("${env:X:-hunter2}") == {"hunter2"}
    assert leaves("Bearer ${env:X:-hunter2}") == {"Bearer ${env:X:-hunter2}", "hunter2"}
    assert leaves("${env:X:-}") == set()
    assert leaves_by_name("url", "pg://u:${env:X:-p@s s}@${env:H:-db}/x?token=${env:T:-t}") == {"p@s s", "t"}
    assert leaves_by_name("url", "${env:URL:-pg://u:hunter2@h}") == {"hunter2"}
    assert leaves_by_name("url", "https://h/${env:API_TOKEN:-hunter2}/${env:PAGE:-1}") == {"hunter2"}


def test_what_a_secret_url_or_connection_string_has_in_it_is_a_secret_by_itself():
    assert leaves("https://u:p%40ss@h/hook") == {"https://u:p%40ss@h/hook", "p%40ss", "p@ss"}
    assert leaves_by_name("url", "https://u:p%40ss@h/?api_key=x%2By&monkey=z") == {
        "p%40ss",
        "p@ss",
        "x%2By",
        "x+y",
    }
    assert "abc==" in leaves("AccountName=plant;AccountKey=abc==;EndpointSuffix=x")
    assert leaves_by_name("url", "https://u:${env:PW}@h/?token=${env:T}") == set()


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

    def test_whatever_pythons_own_errors_keep_is_masked(self):
        errors = [
            OSError(2, "no hunter2", "/x/hunter2"),
            UnicodeDecodeError("utf-8", b"hunter2\xff", 7, 8, "bad hunter2"),
            subprocess.CalledProcessError(1, ["psql", "hunter2"], output="hunter2", stderr=b"hunter2"),
            KeyError("hunter2"),
            ValueError({"hunter2": {"hunter2"}}),
            SystemExit("hunter2"),
            SyntaxError("hunter2", ("f", 1, 1, "hunter2")),
            ImportError("hunter2", name="hunter2", path="hunter2"),
        ]
        for error in errors:
            error.add_note("with hunter2")
            error.cause_of_it = KeyError("hunter2")
            mask_error(error, ["hunter2"])
            told = "".join(traceback.format_exception(error)) + repr((error, vars(error)))
            assert "hunter2" not in told
            assert MASK in told

    def test_a_cause_that_goes_on_telling_it_is_replaced_and_the_way_it_is_chained_stays(self):
        class Stubborn(Exception):
            def __str__(self):
                return "always hunter2"

        error, other = ValueError("x"), ValueError("y")
        error.__cause__ = ExceptionGroup("all of hunter2", [ValueError("hunter2"), Stubborn()])
        other.__context__ = Stubborn()
        for each in (error, other):
            mask_error(each, ["hunter2"])
            told = "".join(traceback.format_exception(each))
            assert "hunter2" not in told
        assert str(other.__context__) == "Stubborn: always ***"
        assert not other.__suppress_context__

    def test_requests_and_responses_that_an_error_holds_are_masked(self):
        requests = pytest.importorskip("requests")
        request = requests.Request(
            "POST",
            "https://api.example/x",
            auth=("user", "hunter2"),
            data={"p": "hunter2"},
            headers={"X-Token": "hunter2", "Cookie": "session=1", "Accept": "*/*"},
            params={"q": "hunter2"},
        ).prepare()
        response = requests.Response()
        response.request, response._content, response.url = request, b"not hunter2", "https://u:hunter2@h"
        response.headers["X-Seen"] = "hunter2"
        error = requests.HTTPError("401", response=response)
        mask_error(error, ["hunter2"])
        assert error.request is request
        assert (request.url, request.body) == ("https://api.example/x?q=***", "p=***")
        assert {name: request.headers[name] for name in ("Authorization", "X-Token", "Cookie", "Accept")} == {
            "Authorization": MASK,
            "X-Token": MASK,
            "Cookie": MASK,
            "Accept": "*/*",
        }
        assert (response.text, response.url) == ("not ***", "https://u:***@h")
        assert response.headers["X-Seen"] == MASK

    def test_what_is_still_in_use_is_left_alone(self):
        class Pool:
            def __init__(self):
                self.host, self.headers = "hunter2", {"Authorization": "hunter2"}

        error = ConnectionError("to hunter2")
        error.pool = Pool()
        mask_error(error, ["hunter2"])
        assert vars(error.pool) == {"host": "hunter2", "headers": {"Authorization": "hunter2"}}
        assert str(error) == "to ***"


class TestMaskReporters:
    def test_it_knows_the_options_that_stand_beside_a_reporter(self):
        assert frozenset(OPTIONS) == secrets.masking._OPTIONS

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
