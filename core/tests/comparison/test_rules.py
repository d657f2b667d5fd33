"""The rules of a gate, and the file that they are read from."""

import textwrap

import pytest
from newsdesk import DefinitionError, Rule, Rules


def refused(text):
    with pytest.raises(DefinitionError) as caught:
        Rules.from_yaml(textwrap.dedent(text), name="rules.yaml")
    return str(caught.value)


def test_a_file_gives_the_rules():
    rules = Rules.from_yaml("""
        rules:
          - {metric: r2_score, absolute: 0.01, by: mean}
          - {metric: "*-error", relative: 5.0e-2, tags: true}
          - {metric: acme, better: lower}
          - {metric: noise, ignore: true}
        new: allowed
        absent: allowed
        """)
    assert rules == Rules(
        (
            Rule("r2_score", absolute=0.01, by="mean"),
            Rule("*-error", relative=0.05, tags=True),
            Rule("acme", better="lower"),
            Rule("noise", ignore=True),
        ),
        new="allowed",
        absent="allowed",
    )


def test_json_is_read_as_well():
    assert Rules.from_yaml('{"rules": [{"relative": 1e-3}]}') == Rules((Rule(relative=0.001),))


def test_without_rules_those_of_the_default_hold():
    assert Rules.from_yaml("new: allowed") == Rules(new="allowed")


def test_all_mistakes_are_told_at_once_with_their_lines():
    assert refused("""\
        rules:
          - metric: "*-error"
            relative: 1e-3
          - metrc: r2_score
            absolute: -1
          - {metric: x, better: up, tags: 3}
          - {metric: y, absolute: -1}
          - {metric: z, ignore: true, relative: .inf}
          - {metric: n, relative: .nan, by: folds}
          - {metric: ""}
          - [1]
        new: yes
        missing: allowed
        """).splitlines() == [
        "the rules 'rules.yaml' cannot be used",
        "  - line 3: rules.0.relative: must be a valid number, but is '1e-3'; write 0.001",
        "  - line 4: rules.1.metrc: unknown key (did you mean 'metric'?); there are: metric, better, absolute, "
        "relative, by, tags, ignore",
        "  - line 6: rules.2.better: must be 'higher' or 'lower', but is 'up'",
        "  - line 6: rules.2.tags: must be a valid boolean, but is 3",
        "  - line 7: rules.3.absolute: must be a finite number from 0 on, but is -1.0",
        "  - line 8: rules.4.relative: must be a finite number from 0 on, but is inf",
        "  - line 9: rules.5.by: must be 'mean', 'fold' or 'both', but is 'folds'",
        "  - line 10: rules.6.metric: is empty; give a metric, or '*' for all",
        "  - line 11: rules.7: must be a mapping, but is of type list",
        "  - line 12: new: must be 'refused' or 'allowed', but is True",
        "  - line 13: missing: unknown key; there are: rules, new, absent",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the file must be a mapping with the keys rules, new, absent"),
        ("- metric: r2", "the file must be a mapping with the keys rules, new, absent"),
        ("rules: []", "line 1: rules: is empty; give a rule, or leave it out for the default"),
        ("rules:", "line 1: rules: is empty; give a rule, or leave it out for the default"),
        ("rules: 3", "line 1: rules: must be a valid list, but is 3"),
        ("rules: [{}]\nrules: [{}]", "line 2: rules: duplicate key; keep one"),
        ("rules:\n- metric: *-error", "line 2, column 11: found undefined alias '-error'; quote a text that begins with *"),
        ("rules: [{metric: *}]", "line 1, column 19: expected alphabetic or numeric character, but found '}'; quote a text that begins with *"),
        ("rules: [{ignore: true, absolute: 1}]", "line 1: rules.0.absolute: has no effect beside ignore; remove one of them"),
        ("rules:\n- {}\n- metric: r2", "line 3: rules.1: never decides, as rules.0 fits the same scores; put that one last"),
        ("rules:\n- {metric: r2}\n- {metric: r2, absolute: 1}", "line 3: rules.1: never decides, as rules.0 fits the same scores; put that one last"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_remedy(text, message):
    assert message in refused(text)


def test_a_rule_for_tags_decides_after_one_that_is_not_for_them():
    rules = Rules((Rule(absolute=1), Rule(tags=True)))
    assert rules.rule_for("r2-score", of_tag=True) is rules.rules[1]
    assert rules.rule_for("r2-score", of_tag=False) is rules.rules[0]


def test_a_rule_is_checked_in_python_as_well():
    with pytest.raises(DefinitionError, match="better: must be 'higher' or 'lower', but is 'up'"):
        Rule(better="up")
    with pytest.raises(DefinitionError, match="relative: must be a finite number from 0 on, but is nan"):
        Rule(relative=float("nan"))


def test_a_file_that_cannot_be_read_is_refused(tmp_path):
    with pytest.raises(
        DefinitionError, match=r"cannot read the rules '.*none.yaml': No such file or directory"
    ):
        Rules.read(tmp_path / "none.yaml")
    (tmp_path / "latin.yaml").write_bytes(b"new: allow\xe9")
    with pytest.raises(DefinitionError, match="save it as UTF-8"):
        Rules.read(tmp_path / "latin.yaml")
    (tmp_path / "rules.yaml").write_text("new: allowed")
    assert Rules.read(tmp_path / "rules.yaml").new == "allowed"
