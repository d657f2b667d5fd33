"""What MLflow shows of a run and of an experiment in words."""

from newsdesk import Machine
from newsdesk_mlflow.mapping.pages.note import experiment_note, note


def built(model, dataset=None):
    return Machine("m", dataset=dataset or {}, metadata={"build_metadata": {"model": model}})


def test_the_note_says_how_good_first_and_then_what_and_when(record):
    assert note(Machine.from_dict(record("ae-4tags"))) == (
        "explained-variance-score **0.1161**, mean-absolute-error **0.2627**, mean-squared-error **0.102**, "
        "r2-score **-1.097**\n\n"
        "**ae-4tags** of the project **local-build**, built 2026-11-22 22:28:05 UTC with version 6.3.3.\n\n"
        "Trained on 2019-01-01 to 2019-03-01.\n\n"
        "| score | mean | std | min | max |\n"
        "| --- | ---: | ---: | ---: | ---: |\n"
        "| explained-variance-score | 0.1161 | 0.1013 | 0.006885 | 0.251 |\n"
        "| mean-absolute-error | 0.2627 | 0.07694 | 0.1948 | 0.3703 |\n"
        "| mean-squared-error | 0.102 | 0.05257 | 0.05746 | 0.1758 |\n"
        "| r2-score | -1.097 | 1.28 | -2.905 | -0.112 |\n\n"
        "The whole record is the artifact `metadata.json`."
    )


def test_the_note_of_a_machine_with_nothing_but_a_name():
    assert (
        note(Machine("m|<b>*")) == "**m\\|\\<b\\>\\***.\n\nThe whole record is the artifact `metadata.json`."
    )


def test_the_note_shows_at_most_twenty_scores_and_holes_where_a_summary_is_missing():
    scores = {f"s{n:02}": {"fold-mean": n} for n in range(30)}
    text = note(built({"cross_validation": {"scores": scores}}))
    assert text.startswith("s00 **0**, s01 **1**, s02 **2**, s03 **3**, s04 **4**, s05 **5**\n\n")
    assert text.count("\n| s") == 1 + 20
    assert "| s19 | 19 |  |  |  |" in text


def test_a_date_that_is_none_is_shown_as_it_is():
    dates = {"train_start_date": "yesterday", "train_end_date": "2020-05-01 12:30:00+00:00"}
    text = note(built({"model_creation_date": "*soon*"}, dates))
    assert ", built \\*soon\\*." in text
    assert "Trained on yesterday to 2020-05-01 12:30:00 UTC." in text


def test_an_experiment_says_what_it_is():
    said = "Builds reported by newsdesk, one run each, with the times of the build."
    assert experiment_note(None) == said
    assert experiment_note("plant*") == rf"{said} Project: **plant\***."
