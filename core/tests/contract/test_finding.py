from hypothesis import example, given
from hypothesis import strategies as st
from newsdesk.contract.finding import Finding


def test_a_finding_without_a_remedy_has_none_in_json():
    assert Finding("nothing is owed", subject="outbox").to_dict() == {
        "subject": "outbox",
        "text": "nothing is owed",
        "remedy": None,
    }
    assert Finding("it is wrong", "mend it", "config").to_dict()["remedy"] == "mend it"


def test_what_stands_after_the_last_semicolon_of_a_message_is_the_remedy():
    assert Finding.of_message("a; b; set it", "look", subject="s") == Finding("a; b", "set it", "s")
    assert Finding.of_message("it is wrong", "look") == Finding("it is wrong", "look")


@given(st.text(min_size=1), st.text(min_size=1))
@example("0; ", "o")
def test_nothing_of_a_message_is_lost_and_a_remedy_is_always_there(message, otherwise):
    found = Finding.of_message(message, otherwise)
    assert found.text
    assert message in (found.text, f"{found.text}; {found.remedy}")
    assert found.remedy
