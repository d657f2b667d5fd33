"""Pure: which experiments a reporter delivers to, by the template of their name."""

import re
import string
from collections.abc import Mapping
from typing import NamedTuple, Self

from newsdesk import MachineKey

from newsdesk_mlflow.limits import ServerLimits
from newsdesk_mlflow.mapping.naming.templates import fields_of, fill
from newsdesk_mlflow.mapping.naming.text import fitting_name, storable

_OF_KEY = {"name", "project_name"}


class Places(NamedTuple):
    """The experiments of one reporter."""

    template: str
    length: int
    """Characters that the name of an experiment may have."""
    ordered: bool = True
    """Whether a search on the server orders by tags, and filters by status."""

    @classmethod
    def of_template(cls, template: str, limits: ServerLimits) -> Self:
        """Return the experiments of a template, on a server with these limits."""
        return cls(template, limits.experiment_name_length, limits.ordered_search)

    @property
    def other_fields(self) -> set[str]:
        """What a name depends on besides the machine's name and project."""
        return fields_of(self.template) - _OF_KEY

    def sole(self, **fields: str) -> str | None:
        """Return the one experiment of all machines with these fields; None if there are several."""
        return self._name(fields) if fields_of(self.template) <= fields.keys() else None

    def of(self, key: MachineKey) -> str | None:
        """Return the one experiment of a machine; None if there are several."""
        return self.sole(**key._asdict())

    def may_be(self, experiment: str, **fields: str) -> bool:
        """Tell whether machines with these fields may be in an experiment of this name."""
        # A name that was too long ends in a hash.
        return len(experiment) == self.length or bool(self._pattern(fields).fullmatch(experiment))

    def _name(self, fields: Mapping[str, str]) -> str:
        return fitting_name(fill(self.template, fields), self.length)

    def _pattern(self, fields: Mapping[str, str]) -> re.Pattern[str]:
        parts = []
        for text, field, _, _ in string.Formatter().parse(self.template):
            known = "" if field is None else fields.get(field)
            parts += [self._literal(text), ".*" if known is None else self._literal(known)]
        return re.compile("".join(parts), re.DOTALL)

    def _literal(self, text: str) -> str:
        return re.escape(storable(text))
