"""Pure: which scores the listed machines have, so that what a list leaves out is said."""

from collections.abc import Collection, Iterable, Iterator, Sequence

from newsdesk.cli.listing.order import score_of
from newsdesk.contract.stored import StoredMachine
from newsdesk.contract.suggestions import listed

NAMES = 5
"""Names that a message has, at most."""
MANY = 100
"""Names that are kept; a list of more is not looked through."""


class Seen:
    """Which scores the listed machines have.

    Args:
        asked: Scores that were asked for.
    """

    def __init__(self, asked: Iterable[str]) -> None:
        self.asked = list(dict.fromkeys(asked))
        """The scores that were asked for, in this order."""
        self._missing = dict.fromkeys(self.asked)
        self._is_empty = True
        self.names: set[str] = set()
        """Names of scores, not more than a message can name."""

    def looking(self, entries: Iterable[StoredMachine]) -> Iterator[StoredMachine]:
        """Yield entries, and look for the scores that were asked for; not all of them may be listed."""
        for entry in entries:
            for name in [name for name in self._missing if score_of(entry, name) is not None]:
                del self._missing[name]
            yield entry

    def noting(self, entries: Iterable[StoredMachine]) -> Iterator[StoredMachine]:
        """Yield the entries that are listed, and note their scores."""
        for entry in self.looking(entries):
            self._is_empty = False
            if len(self.names) < MANY:
                self.names.update(entry.scores or ())
            yield entry

    def others(self, shown: Collection[str]) -> list[str]:
        """Return the names of scores that are not among the ones that are shown."""
        return sorted(self.names - {*shown})

    def faults(self) -> list[str]:
        """Return a message for each score that was asked for, and that no machine has."""
        if self._is_empty:
            return []
        known = f"there are: {some(sorted(self.names))}" if self.names else "there are none"
        return [f"no machine has the score {name!r}; {known}" for name in self._missing]


def some(names: Sequence[str]) -> str:
    """Return names as a list to read; many are cut short."""
    more = len(names) - NAMES
    return listed(names[:NAMES]) + (f" and {more} more" if more > 0 else "")
