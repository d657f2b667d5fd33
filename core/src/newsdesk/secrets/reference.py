"""Pure: the grammar of references, `${env:NAME}`, `${env:NAME:-DEFAULT}` and `${file:PATH}`.

The name of a variable ends at the first `:-` or `}`, a default or a path at the first `}`. A default holds no
`{`: it would be that of a nested reference, or of JSON, whose `}` is not its end.
"""

import re

WRITTEN = r"\$\{(?:env|file):[^}]*\}"
"""What matches any reference, without groups: for patterns of texts that hold references."""

REFERENCE = re.compile(
    r"\$\{(?:(?P<env>env)|file):(?P<name>(?(env)(?:[^}:]|:(?!-))*+|[^}]*+))(?::-(?P<default>[^}]*+))?+\}"
)
"""A reference, with its parts."""


def with_default(reference: re.Match[str], shown: str) -> str:
    """Give a reference with another text as its default, if it has one that is not empty."""
    return f"${{env:{reference['name']}:-{shown}}}" if reference["default"] else reference[0]


def defaults(text: str) -> set[str]:
    """Give the defaults of the references within a text."""
    return {default for reference in REFERENCE.finditer(text) if (default := reference["default"])}
