"""Pure: which scores of a cross-validation belong to a single tag."""

from collections.abc import Collection, Mapping
from typing import Any


def tag_names(dataset: Mapping[str, Any]) -> set[str]:
    """Give the names of all tags and target tags of a dataset; a tag may be a string, a mapping or a list."""
    names = set()
    for key in ("tag_list", "target_tag_list"):
        tags = dataset.get(key)
        for tag in tags if isinstance(tags, list) else ():
            name = _tag_name(tag)
            if isinstance(name, str) and name:
                names.add(name)
    return names


def _tag_name(tag: Any) -> Any:
    if isinstance(tag, dict):
        return tag.get("name")
    if isinstance(tag, list):
        return tag[0] if tag else None
    return tag


def of_single_tags(scores: Collection[str], tags: Collection[str]) -> set[str]:
    """Give the scores that are named as another score, `-`, and a tag's name with spaces as `-`.

    A score whose name merely contains a tag's name belongs to none.
    """
    suffixes = {tag.replace(" ", "-") for tag in tags}
    known = set(scores)
    return {name for name in known if _belongs(name, known, suffixes)}


def _belongs(name: str, scores: Collection[str], suffixes: Collection[str]) -> bool:
    cut = name.find("-")
    while cut != -1:
        if name[:cut] in scores and name[cut + 1 :] in suffixes:
            return True
        cut = name.find("-", cut + 1)
    return False
