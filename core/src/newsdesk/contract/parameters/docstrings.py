"""Pure: what a docstring in Google's style says of each argument."""

import inspect
import re

_SECTION = re.compile(r"^Args:\n((?: +.*\n|\n)*)", re.MULTILINE)
_ARGUMENT = re.compile(r"^    \*{0,2}(\w+)(?: \([^)]*\))?: *((?:.*\n)(?: {5,}.*\n|\n)*)", re.MULTILINE)


def argument_texts(docstring: str | None) -> dict[str, str]:
    """Give the text of each argument, on one line."""
    section = _SECTION.search(inspect.cleandoc(docstring or "") + "\n")
    found = _ARGUMENT.findall(section[1]) if section else []
    return {name: " ".join(text.split()) for name, text in found}
