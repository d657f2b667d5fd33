"""Which scores belong to a single tag."""

from hypothesis import given
from hypothesis import strategies as st
from newsdesk_mlflow.mapping.scores import of_single_tags, tag_names


def test_tags_may_be_strings_mappings_or_lists_and_stand_in_both_lists():
    dataset = {"tag_list": ["A", {"name": "B", "asset": "x"}], "target_tag_list": [["C", "x"], "A"]}
    assert tag_names(dataset) == {"A", "B", "C"}


def test_tags_of_another_shape_are_no_tags():
    assert (
        tag_names({"tag_list": [None, 7, [], {}, "", [7], {"name": None}], "target_tag_list": "ABC"}) == set()
    )


def test_a_score_of_a_tag_is_another_score_and_the_tag_with_spaces_as_hyphens():
    scores = ["r2", "r2-TAG-1", "r2-B", "mse-B"]
    assert of_single_tags(scores, {"TAG 1", "B"}) == {"r2-TAG-1", "r2-B"}


def test_a_tag_whose_name_stands_within_a_score_hides_nothing():
    assert of_single_tags(["r2-score", "r2-score-A"], {"r2", "score", "A"}) == {"r2-score-A"}


@given(
    st.sets(st.text("ab-", min_size=1, max_size=6), max_size=8),
    st.sets(st.text("ab -", min_size=1, max_size=3)),
)
def test_it_is_what_the_sentence_says(scores, tags):
    said = {f"{score}-{tag.replace(' ', '-')}" for score in scores for tag in tags}
    assert of_single_tags(scores, tags) == said & scores
