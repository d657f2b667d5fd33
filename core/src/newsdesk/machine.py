"""The machine: the record of one built model."""

import dataclasses
import hashlib
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from newsdesk import canonical
from newsdesk.exceptions import Fault, MachineError
from newsdesk.secrets import mask_reporters
from newsdesk.slug import LIMIT, Slug, slug_of_key

if TYPE_CHECKING:
    from newsdesk.routing.seal import Seal

BUILDER_VERSION = "metadata.build_metadata.model.model_builder_version"
"""The path of the version of the program that built the model; `newsdesk.record.paths` has the others."""

REDACTION = "newsdesk_redaction"
"""The key of `extra` under which a redacted record says what it is of."""


class MachineKey(NamedTuple):
    """What a machine is filed under: a backend holds one machine of a key."""

    project_name: str
    name: str

    def slug(self, limit: int = LIMIT) -> Slug:
        """Return a name for a file, an object or a key in a store: readable, and of this machine alone.

        `plant.pump-7` for the machine `pump-7` of the project `plant`. Keys that not every store keeps apart
        get a digest: with capitals, spaces, slashes or other characters, with names that Windows refuses, or
        too long. The `alterations` of the result are for `Delivery` and `Plan`. A suffix may be added.

        Args:
            limit: The most characters, at least 40. All are ASCII, so as many bytes.

        Example:
            >>> from newsdesk import MachineKey
            >>> MachineKey("plant", "pump-7").slug()
            'plant.pump-7'
            >>> slug = MachineKey("Plant", "pump 7/b").slug(limit=60)
            >>> slug.rpartition("~")[0], len(slug), [alteration.path for alteration in slug.alterations]
            ('Plant-pump-7-b', 47, ['project_name', 'name'])
        """
        return slug_of_key(self.project_name, self.name, limit)

    def __str__(self) -> str:
        return f"{self.project_name}/{self.name}"


@dataclasses.dataclass(frozen=True, eq=False)
class Machine:
    """The record of one built model, made of plain JSON values alone.

    Values that Python knows and JSON does not (numpy, dates, enums, NaN, …) are converted when the machine is
    made, see `newsdesk.canonical`. Two machines are equal when their canonical JSON is.

    Raises:
        MachineError: no name, a part of the wrong type, or a value without a JSON form; with every fault at
        once.
    """

    name: str
    """The name of the machine within its project."""
    project_name: str = ""
    """The project that it belongs to."""
    model: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    """The definition of the model."""
    dataset: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    """The definition of the dataset: tags, dates, resolution, provider."""
    metadata: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    """Metadata of the user and of the build: scores, splits, history, statistics."""
    runtime: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    """Resources, and under `reporters` the definitions of its own reporters."""
    evaluation: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    """How the model was evaluated."""
    extra: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    """Top-level keys of the record that newsdesk has no name for; `to_dict` gives them back."""

    def __post_init__(self) -> None:
        _check_extra(self.extra)
        record, faults = canonical.plain(self._record)
        if len(faults) < canonical.MAX_FAULTS:  # else what comes after them was not looked at
            faults += _shape_faults(record, blamed={fault.path.partition(".")[0] for fault in faults})
        if faults:
            name = record["name"]
            what = repr(name)[:80] if isinstance(name, str) and name else "without a name"
            raise MachineError(f"the record {what} is not a valid machine", faults)
        for key in _KEYS:
            object.__setattr__(self, key, record.pop(key))
        object.__setattr__(self, "extra", record)

    @classmethod
    def of(cls, obj: object) -> "Machine":
        """Make a machine of a machine, of a mapping, or of any object with a `to_dict()`.

        The machine remembers `obj` as its `source`.
        """
        if isinstance(obj, Machine):
            return obj
        record = obj if isinstance(obj, Mapping) else _own_dict(obj)
        machine = cls.from_dict(record)
        machine.__dict__["_source"] = obj
        return machine

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Self:
        """Make a machine of its record; keys that newsdesk does not know are kept in `extra`."""
        if not isinstance(record, Mapping):
            raise MachineError(f"a record must be a mapping, but is {_kind(record)}")
        try:
            parts = _split(record)
        except Exception as error:  # a mapping of another library may raise anything
            raise MachineError(f"the record cannot be read: {type(error).__name__}: {error}") from error
        return cls(**parts)

    @classmethod
    def from_json(cls, text: bytes | str) -> Self:
        """Make a machine of JSON text; Python's bare `NaN` and `Infinity` are read as well."""
        try:
            record = canonical.loads(text)
        except ValueError as error:
            raise MachineError(f"the record is not valid JSON: {error}") from error
        return cls.from_dict(record)

    def to_dict(self) -> dict[str, Any]:
        """Give the whole record as a new dict that the caller may change."""
        copy, _ = canonical.plain(self._record)
        return copy  # type: ignore[no-any-return]  # a dict in, a dict out

    def to_json(self, part: str | None = None) -> bytes:
        """Give the whole record, or the part of that name, as canonical JSON; each is written once.

        Args:
            part: One of the fields, such as `metadata` or `extra`.
        """
        if part is None:
            return self._json
        if self._original is not self:
            return self._original.to_json(part)
        if part not in self._texts:
            self._texts[part] = canonical.dumps(getattr(self, part))
        return self._texts[part]

    @property
    def key(self) -> MachineKey:
        """Project and name."""
        return MachineKey(self.project_name, self.name)

    @property
    def source(self) -> object:
        """The object that `of()` made this machine of; the machine itself when it was made otherwise."""
        return self.__dict__.get("_source", self)

    @cached_property
    def model_key(self) -> str:
        """Which build this is: a SHA-256 (64 hexadecimal digits) of the configuration that was built.

        That is name, model, dataset, evaluation and the version of the builder; not the results. Of a record
        that was redacted, it is that of the original.
        """
        if self._seal is not None:
            return self._seal.model_key
        built = [self.to_json(part) for part in ("name", "model", "dataset", "evaluation")]
        return _digest(b"[%b]" % b",".join([*built, canonical.dumps(self.builder_version)]))

    @cached_property
    def revision(self) -> str:
        """Whether this was delivered already: a SHA-256 (64 hexadecimal digits) of the whole record.

        Of a record that was redacted, it is that of the original.
        """
        return _digest(self._json) if self._seal is None else self._seal.revision

    @property
    def redactions(self) -> tuple[str, ...]:
        """Where a reporter's option `redact` had values replaced; empty for a whole record."""
        return () if self._seal is None else self._seal.paths

    @cached_property
    def _seal(self) -> "Seal | None":
        if REDACTION not in self.extra:
            return None
        from newsdesk.routing.seal import unsealed  # noqa: PLC0415  (for those who redact)

        record = self._record
        return unsealed(record.pop(REDACTION), record)

    @property
    def builder_version(self) -> str | None:
        """The version of the program that built the model, if the record has it."""
        version: Any = self._original.metadata
        for key in BUILDER_VERSION.split(".")[1:]:
            version = version.get(key) if isinstance(version, dict) else None
        return None if version is None else str(version)

    def redacted(self) -> "Machine":
        """Give the machine as it may be shown: secrets within its own `runtime.reporters` are masked.

        Reporters get this one, whichever way they are called.
        """
        return self if self._redacted is None else self._redacted

    @cached_property
    def _redacted(self) -> "Machine | None":
        definitions = self.runtime.get("reporters")
        masked = mask_reporters(definitions)
        if masked == definitions:
            return None  # not itself: a machine that holds itself stays until the garbage is collected
        shown = dataclasses.replace(self, runtime={**self.runtime, "reporters": masked})
        shown.__dict__["_source"] = self.source
        return shown

    def isolated(self) -> "Machine":
        """Give an equal machine to somebody who may change what it holds.

        Its parts are its own, read from the canonical JSON when one of them is first used. Its JSON, key,
        revision and source are those of this machine, and are not computed again.
        """
        twin = object.__new__(type(self))
        twin.__dict__.update(name=self.name, project_name=self.project_name, _json=self._json)
        twin.__dict__.update(revision=self.revision, _source=self.source, _isolated_from=self._original)
        twin.__dict__["_seal"] = self._seal
        if self._redacted is None:
            twin.__dict__["_redacted"] = None
        return twin

    @property
    def _original(self) -> "Machine":
        """The machine that this one was isolated from; else itself."""
        return self.__dict__.get("_isolated_from", self)  # type: ignore[no-any-return]  # isolated() put it there

    def __getattr__(self, name: str) -> Any:
        """Read the parts of an isolated machine."""
        if name not in ("extra", *_MAPPINGS) or self._original is self:
            raise AttributeError(
                f"{type(self).__name__!r} object has no attribute {name!r}", name=name, obj=self
            )
        # Keys sorted, as in a record that comes from a file or another process.
        self.__dict__.update(_split(canonical.loads(self._json)))
        return self.__dict__[name]

    @property
    def _record(self) -> dict[str, Any]:
        return {**self.extra, **{key: getattr(self, key) for key in _KEYS}}

    @cached_property
    def _texts(self) -> dict[str, bytes]:
        """The parts that were written by themselves."""
        return {}

    @cached_property
    def _json(self) -> bytes:
        if not self._texts.keys() >= set(_MAPPINGS):
            return canonical.dumps(self._record)
        # The parts are written already, and are most of it.
        texts = {key: canonical.dumps(value) for key, value in self.extra.items()}
        texts |= {key: self.to_json(key) for key in _KEYS}
        return b"{%b}" % b",".join(b"%b:%b" % (canonical.dumps(key), texts[key]) for key in sorted(texts))

    def __eq__(self, other: object) -> bool:
        return self._json == other._json if isinstance(other, Machine) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._json)

    def __repr__(self) -> str:
        return f"Machine({str(self.key)!r}, revision={self.revision[:12]!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self).from_json, (self._json,)


_MAPPINGS = ("model", "dataset", "metadata", "runtime", "evaluation")
_KEYS = ("name", "project_name", *_MAPPINGS)


def _split(record: Mapping[str, Any]) -> dict[str, Any]:
    known = {key: record[key] for key in _KEYS if key in record}
    return {"name": None, **known, "extra": {key: value for key, value in record.items() if key not in _KEYS}}


def _own_dict(obj: object) -> Mapping[str, Any]:
    to_dict = getattr(obj, "to_dict", None)
    if isinstance(obj, type) or not callable(to_dict):
        raise MachineError(
            f"{_kind(obj)} is not a machine: give a Machine, a mapping, or an object with a to_dict() method"
        )
    try:
        return to_dict()  # type: ignore[no-any-return]  # from_dict checks it
    except Exception as error:
        raise MachineError(f"{_kind(obj)} is not a machine: its to_dict() failed: {error}") from error


def _check_extra(extra: Any) -> None:
    if not isinstance(extra, Mapping):
        raise MachineError(f"extra must be a mapping, but is {_kind(extra)}")
    if parts := [key for key in _KEYS if key in extra]:
        raise MachineError(f"extra holds {', '.join(parts)}; give them as arguments")


def _shape_faults(record: Mapping[str, Any], blamed: set[str]) -> list[Fault]:
    """Check the parts; those in `blamed` are known to be wrong already."""
    faults: list[Fault] = []
    if "name" not in blamed and not (isinstance(record["name"], str) and record["name"]):
        special = {None: "missing", "": "empty"}
        found = special.get(record["name"]) if record["name"] in (None, "") else _kind(record["name"])
        faults.append(Fault("name", f"must be a non-empty string, but is {found}"))
    if "project_name" not in blamed and not isinstance(record["project_name"], str):
        faults.append(Fault("project_name", f"must be a string, but is {_kind(record['project_name'])}"))
    faults += [
        Fault(key, f"must be a mapping, but is {_kind(record[key])}")
        for key in _MAPPINGS
        if key not in blamed and not isinstance(record[key], dict)
    ]
    return faults


def _kind(value: object) -> str:
    return "null" if value is None else f"of type {type(value).__name__}"


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
