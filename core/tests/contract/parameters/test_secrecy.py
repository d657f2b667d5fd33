"""Which parameters are secret: the author's word, or else a guess by whole words."""

import enum
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import pytest
from newsdesk import BaseReporter, DefinitionError, Desk, Public, Secret
from newsdesk.contract.parameters.secrecy import Secrecy, secrecy


class Mode(enum.Enum):
    FAST = "fast"


class Custom(BaseReporter):
    def __init__(
        self,
        *,
        webhook_token: Public = "",
        channel: Secret = "",
        api_key: Public | None = None,
        headers: Mapping[str, Public] | None = None,
        max_tokens: int | None = None,
        auth: Literal["basic", "none"] | Mode = "none",
        signature: Annotated[bool, "any"] = False,
        late: "Public | NoSuchThing" = "",  # noqa: F821  (as behind TYPE_CHECKING)
        password: str = "",
        token: Any = None,
        tokenizer: str = "",
        url: str = "",
        **others: Any,
    ) -> None:
        self.webhook_token = webhook_token

    def open(self) -> None:
        raise ConnectionError(f"cannot post to {self.webhook_token}")

    def report(self, machine):
        return None


class Child(Custom):
    def __init__(self, more: int = 0, **kwargs: Any) -> None:
        super().__init__(**kwargs)


KNOWN = {
    "webhook_token": Secrecy.PUBLIC,
    "channel": Secrecy.SECRET,
    "api_key": Secrecy.PUBLIC,
    "headers": Secrecy.PUBLIC,
    "max_tokens": Secrecy.PUBLIC,
    "auth": Secrecy.PUBLIC,
    "signature": Secrecy.PUBLIC,
    "late": Secrecy.PUBLIC,
    "password": Secrecy.GUESSED,
    "token": Secrecy.GUESSED,
    "tokenizer": Secrecy.UNKNOWN,
    "url": Secrecy.UNKNOWN,
    "db_password": Secrecy.GUESSED,
    "anything": Secrecy.UNKNOWN,
}


@pytest.mark.parametrize("cls", [Custom, Child])
@pytest.mark.parametrize("name", KNOWN)
def test_the_authors_word_and_the_type_come_before_the_name(cls, name):
    assert secrecy(cls, name) is KNOWN[name]


def test_what_is_public_is_shown_everywhere_and_what_is_secret_nowhere():
    reporter = Custom(
        webhook_token="deploys-to-plant",
        channel="hidden-channel",
        api_key="key-of-nothing",
        headers={"Authorization": "shown-as-it-is"},
        max_tokens=4096,
        auth="basic",
        password="hunter2-hunter2",
    )
    assert reporter.masked_params() == {
        **reporter.get_params(),
        "channel": "***",
        "password": "***",
    }
    assert {"hidden-channel", "hunter2-hunter2"} == reporter.secret_values()


def test_an_error_shows_what_is_public_also_when_a_reference_points_to_it(monkeypatch):
    monkeypatch.setenv("PLANT_CHANNEL", "deploys-to-plant")
    with Desk([Custom(webhook_token="${env:PLANT_CHANNEL}", channel="hidden-channel")]) as desk:
        [(_, error)] = desk.ping()
    assert str(error) == "cannot post to deploys-to-plant"


def test_a_wrong_public_value_is_shown_and_a_wrong_secret_is_not():
    with pytest.raises(DefinitionError) as caught:
        BaseReporter.from_dict(
            {f"{__name__}.Custom": {"api_key": ["x7"], "channel": ["y8"], "max_tokens": "z9"}}
        )
    assert "['x7']" in str(caught.value)
    assert "'z9'" in str(caught.value)
    assert "y8" not in str(caught.value)
