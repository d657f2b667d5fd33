"""Pure: SQL that reads values of a record as `newsdesk.record` does, without ever failing.

A cast that fails would fail the whole query, so each is guarded. The arguments are SQL as well.
"""

from newsdesk.record import paths

_MOST = "1.7976931348623157e308"
_LEAST = "5e-324"
_EXACT = 2**53
_DAY = (
    r"(\d{4}-(0[13578]|1[02])-(0[1-9]|[12]\d|3[01])"
    r"|\d{4}-(0[469]|11)-(0[1-9]|[12]\d|30)"
    r"|\d{4}-02-(0[1-9]|1\d|2[0-8])"
    r"|(\d\d(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)-02-29)"
)
_CLOCK = r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d+)?)?"
_OFFSET = r"([+-](0\d|1[0-4])(:?[0-5]\d)?|Z)"
_DATE = rf"^(?!0000){_DAY}([T ]{_CLOCK}{_OFFSET}?)?$"


def at(column: str, path: str) -> str:
    """Return what a column has at the path of a record, `newsdesk.record.paths`, whose part the column is."""
    _, *keys = path.split(".")
    return f"{column} #> '{{{','.join(keys)}}}'"


def text(value: str) -> str:
    """Return a JSON value if it is text."""
    return f"CASE jsonb_typeof({value}) WHEN 'string' THEN {value} #>> '{{}}' END"


def number(value: str) -> str:
    """Return a JSON value as a float8; NaN and the infinities are text there."""
    exact = f"({value})::numeric"
    return (
        f"CASE jsonb_typeof({value}) WHEN 'number' THEN CASE"
        f" WHEN abs({exact}) > {_MOST} THEN sign({exact})::float8 * 'Infinity'::float8"
        f" WHEN abs({exact}) < {_LEAST} THEN 0::float8"
        f" ELSE {exact}::float8 END"
        f" WHEN 'string' THEN CASE WHEN {value} #>> '{{}}' IN ('NaN', 'Infinity', '-Infinity')"
        f" THEN ({value} #>> '{{}}')::float8 END END"
    )


def count(value: str) -> str:
    """Return a JSON value as a bigint, if it is a whole number that a float holds exactly."""
    exact = f"({value})::numeric"
    return (
        f"CASE jsonb_typeof({value}) WHEN 'number' THEN"
        f" CASE WHEN {exact} = trunc({exact}) AND abs({exact}) < {_EXACT} THEN {exact}::bigint END END"
    )


def date(value: str) -> str:
    """Return a JSON value as a timestamptz: ISO 8601 with a clock or without, or as gordo writes it.

    Without an offset it is UTC; of two signs before the offset the first is left out.
    """
    plain = rf"regexp_replace({text(value)}, '\+([+-][0-9:]+)?$', '\1')"
    return (
        f"CASE WHEN {plain} ~ '{_DATE}' THEN ({plain}"
        f" || CASE WHEN {plain} ~ ':' THEN '' ELSE ' 00:00' END"
        f" || CASE WHEN {plain} ~ ':.*{_OFFSET}$' THEN '' ELSE '+00' END)::timestamptz END"
    )


def object_(value: str) -> str:
    """Return a JSON value if it is a mapping."""
    return f"CASE jsonb_typeof({value}) WHEN 'object' THEN {value} END"


def array(value: str) -> str:
    """Return a JSON value if it is a list."""
    return f"CASE jsonb_typeof({value}) WHEN 'array' THEN {value} END"


def names_of_tags(dataset: str) -> str:
    """Return a query of a dataset's tags, with what orders them: those of the targets are last."""
    # Of constants alone.
    listed = [
        f"SELECT {part} AS part, number, {_tag('value')} AS tag"  # noqa: S608
        f" FROM jsonb_array_elements({array(at(dataset, path))}) WITH ORDINALITY AS tags (value, number)"
        for part, path in enumerate((paths.TAGS, paths.TARGET_TAGS))
    ]
    return " UNION ALL ".join(listed)


def _tag(value: str) -> str:
    """Return the name of a tag, which is a name, a mapping with one, or a list that begins with one."""
    return (
        f"CASE jsonb_typeof({value}) WHEN 'object' THEN {text(f'({value} -> {chr(39)}name{chr(39)})')}"
        f" WHEN 'array' THEN {text(f'({value} -> 0)')} ELSE {text(value)} END"
    )
