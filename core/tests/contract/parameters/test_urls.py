from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from newsdesk.contract.parameters.urls import resolve_text

# What a vault generates, and what URLs keep for themselves.
VALUES = st.text(st.sampled_from("aZ7/@%#:?&[]=+ ;,\\\\'\"$ü€🐘\n")) | st.text(
    st.characters(exclude_categories=["Cs"])
)
HOSTILE = [
    "Hun@ter2secret/tail9",
    "%2F",
    "%",
    "a:b@c",
    "[::1]",
    "x y",
    "#?&=",
    "//h/",
    "host:80/?Action=connect&%2F",
]


def resolved(text, **values):
    refused = []

    def look_up(reference):
        return values.get(reference["name"], reference["default"])

    return resolve_text(text, look_up, refused.append), refused


def examples(test):
    for value in HOSTILE:
        test = example(value)(test)
    return test


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://reporter:${env:P}@127.0.0.1:5432/machines?sslmode=require",
        "http://${env:P}:${env:P}@127.0.0.1:5432/machines?sslmode=require",
        "postgresql://reporter:a${env:P}b@127.0.0.1:5432/machines?password=${env:P}&sslmode=require",
        "https://127.0.0.1:5432/machines?sslmode=require&options=-c%20x%3D${env:P}",
    ],
)
@examples
@given(VALUES)
def test_a_user_a_password_and_a_parameter_arrive_as_they_are_and_change_nothing_else(text, value):
    url, refused = resolved(text, P=value)
    assert refused == []
    split, written = urlsplit(url), urlsplit(text.replace("${env:P}", "P"))
    assert (split.scheme, split.hostname, split.port, split.path) == (
        *(written.scheme, "127.0.0.1", 5432, "/machines"),
    )
    for got, of in ((split.username, written.username), (split.password, written.password)):
        assert got is of is None or unquote(got) == of.replace("P", value)
    assert parse_qsl(split.query, keep_blank_values=True, separator="&") == [
        (name, text.replace("P", value)) for name, text in parse_qsl(written.query)
    ]


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("${env:P}://u:p@h:1/d?q=1#f", "scheme"),
        ("http://u:p@${env:P}/d?q=1#f", "host"),
        ("http://u:p@h:${env:P}/d?q=1#f", "host"),
        ("http://u:p@h1:1,${env:P}/d?q=1#f", "host"),
        ("http://u:p@h/${env:P}?q=1#f", "path"),
        ("http://u:p@h/d?${env:P}#f", "query"),
        ("http://u:p@h/d?q=1#${env:P}", "fragment"),
    ],
)
@examples
@given(VALUES)
def test_elsewhere_a_value_leaves_the_other_parts_as_they_are_or_is_refused_without_being_shown(
    text, part, value
):
    url, refused = resolved(text, P=value)
    if refused:
        assert refused == [
            f"${{env:P}}: not valid in the {part} of this URL; percent-encode it, or let one reference be the "
            "whole URL"
        ]
        return
    split, written = urlsplit(url), urlsplit(text.replace("${env:P}", "value"))
    changed = "netloc" if part == "host" else part
    for name in ("scheme", "netloc", "path", "query", "fragment"):
        if name != changed:
            assert getattr(split, name) == getattr(written, name)
    assert split.netloc.rpartition("@")[0] == "u:p"


@pytest.mark.parametrize(
    ("text", "values", "expected"),
    [
        ("http://${env:H}/api", {"H": "db.example:5432"}, "http://db.example:5432/api"),
        ("http://[${env:H}]:80/api", {"H": "::1"}, "http://[::1]:80/api"),
        ("postgresql://u@${env:H}/d", {"H": "h1:1,h2:2"}, "postgresql://u@h1:1,h2:2/d"),
        ("postgresql://${env:H}/d", {"H": "%2Frun%2Fpostgresql"}, "postgresql://%2Frun%2Fpostgresql/d"),
        ("http://h:${env:PORT}/${env:D}", {"PORT": "80", "D": "team/mlflow"}, "http://h:80/team/mlflow"),
        ("https://h/c?${env:Q}", {"Q": "sv=1&sig=a%3D"}, "https://h/c?sv=1&sig=a%3D"),
        ("sqlite:///${env:D}/mlflow.db", {"D": "/data"}, "sqlite:////data/mlflow.db"),
        ("file://${env:D}", {"D": "/data"}, "file:///data"),
        ("jdbc:postgresql://u:${env:P}@h/d", {"P": "a@b"}, "jdbc:postgresql://u:a%40b@h/d"),
        (
            "nats://u:${env:P}@h1:4,nats://v:${env:P}@h2 ${env:P}",
            {"P": "a/@"},
            "nats://u:a%2F%40@h1:4,nats://v:a%2F%40@h2 a/@",
        ),
        ("http://u:${file:/run/a@b?c#d}@h/", {"/run/a@b?c#d": "x"}, "http://u:x@h/"),
        ("${env:P}", {"P": "http://u:p@ss/w@h"}, "http://u:p@ss/w@h"),
        ("Bearer ${env:P}", {"P": "a/b@c%"}, "Bearer a/b@c%"),
        ("${env:BASE}/api", {"BASE": "http://u:p%40@h"}, "http://u:p%40@h/api"),
        ("http://u:${env:P}@h", {"P": "${env:H}"}, "http://u:%24%7Benv%3AH%7D@h"),
        ("http://u:${env:P}@h", {"P": "\udcff"}, "http://u:%FF@h"),
        ("http://u:${env:P:-p@ss w/rd}@h/?q=${env:Q:-a b&c}", {}, "http://u:p%40ss%20w%2Frd@h/?q=a%20b%26c"),
        ("http://${env:H:-db:80}/x", {}, "http://db:80/x"),
        ("${env:U:-http://u:p%40ss@h/x}", {}, "http://u:p%40ss@h/x"),
        ("${env:U:-http://u:p%40ss@h}/x", {}, "http://u:p%40ss@h/x"),
        ("${env:U:-a,http://u:p%40@h b} http://u:${env:P:-@}@h", {}, "a,http://u:p%40@h b http://u:%40@h"),
    ],
)
def test_a_value_is_put_where_it_is_written(text, values, expected):
    assert resolved(text, **values) == (expected, [])


@pytest.mark.parametrize(
    "value", ["", "h/x", "h?x", "h#x", "u@h", "h:p", "h h", "h:", "[h", "h%", "h:123456"]
)
def test_a_host_that_is_none_is_refused(value):
    assert len(resolved("http://${env:H}/x", H=value)[1]) == 1


def test_a_default_that_does_not_fit_its_place_is_refused_without_being_shown():
    assert resolved("http://u:p@${env:H:-hunter2@evil/x}:80")[1] == [
        "${env:H:-…}: not valid in the host of this URL; percent-encode it, or let one reference be the whole URL"
    ]


@examples
@given(VALUES.filter(lambda value: not set(value) & set("{}")))
def test_a_default_is_encoded_as_a_value_is(value):
    text = "postgresql://u:${env:P}@h/d?x=${env:P}"
    assert resolved(text.replace("env:P", f"env:P:-{value}")) == resolved(text, P=value)
