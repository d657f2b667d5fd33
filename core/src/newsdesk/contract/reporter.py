"""The contract that a backend fulfils."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, Self

from newsdesk import secrets
from newsdesk.contract import lifecycle, references
from newsdesk.contract.arguments import Arguments, secret_names
from newsdesk.contract.delivery import Delivery, Plan
from newsdesk.exceptions import DefinitionError
from newsdesk.machine import Machine, MachineKey

API_VERSION = 1
"""The version of the contract between core and reporters; see `newsdesk.plugins.hookspecs.ReporterPlugin`."""

OLDEST_API_VERSION = 1
"""The oldest version of the contract that this core still keeps."""


class BaseReporter(ABC):
    """Delivers machines to one backend.

    A subclass has an `__init__` that keeps its arguments and does nothing else (or is a dataclass), and a
    `report`. All that makes a reporter a *value* is here, built on the arguments that it was made with:
    `to_dict`, `from_dict`, `get_params`, a `repr` that masks secrets, equality, pickling. So is its life: the
    first delivery opens it.

    Just before `open()` runs, `__init__` is run once more with every `${env:…}` and `${file:…}` resolved:
    from then until `close()` the attributes hold the real values, while `to_dict()` and `repr()` go on
    showing the references.

    An author writes nothing about retries, isolation, outboxes or receipts: the desk does that.
    """

    arguments: Arguments
    """What the reporter was built with; references unresolved."""
    life: lifecycle.Life
    """Whether it is open, and in which process."""
    target: str | None
    """The name or import path that it was asked for by, when it came from a definition."""

    def __new__(cls, /, *args: Any, **kwargs: Any) -> Self:
        """Remember the arguments."""
        self = super().__new__(cls)
        # Past __setattr__, which a frozen dataclass forbids.
        self.__dict__.update(arguments=Arguments(cls, args, kwargs), life=lifecycle.Life(), target=None)
        return self

    def __init__(self) -> None:
        # There, so that a class without an own one takes no arguments: object's takes any beside a __new__.
        super().__init__()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for name in ("__repr__", "__eq__", "__hash__"):
            # Put into the class itself, so that @dataclass, which runs later, finds them and does not write
            # its own: its repr would show secrets.
            if name not in cls.__dict__:
                setattr(cls, name, getattr(cls, name))
        for name, wrap in lifecycle.WRAPPERS.items():
            owner = next(base for base in cls.__mro__ if name in base.__dict__)
            if owner is not cls and issubclass(owner, BaseReporter):
                continue  # wrapped already; what a class that is no reporter mixes in is not
            method = owner.__dict__[name]
            if callable(method) and not getattr(method, "__isabstractmethod__", False):
                setattr(cls, name, wrap(method))

    # What a reporter does.

    @abstractmethod
    def report(self, machine: Machine) -> Delivery | None:
        """Deliver one machine; when it is the same one again, leave the backend as it is.

        A caller may give a mapping or any object with a `to_dict()`; the method itself always gets a
        `Machine` whose own reporters' secrets are masked.

        Raises:
            TransientReporterError: it may work later.
            PermanentReporterError: it never will work.
        """

    @lifecycle.reports_many
    def report_many(self, machines: Iterable[Machine]) -> Iterator[Delivery | Exception | None]:
        """Deliver many, and yield what became of each, in their order: what `report` would return or raise.

        A loop, unless the backend knows better. One that fails does not stop the others; what is raised
        instead of yielded is about all that have no answer yet, and the desk then tries those one by one.
        """
        # A generator's frame stays with the errors that came through it, so it must hold no machine.
        yield from map(self._answer, machines)

    def prepare(self) -> None:  # noqa: B027  (optional)
        """Do what the first use needs and no network: import a large library, create a local file.

        Called once, in the thread that later delivers and before `open()`. What it takes is not counted
        against the deadline of the first delivery. What is raised here is logged: `open()` or `report()`
        must meet it again and raise it themselves. Parameters that are references are not resolved yet.
        """

    @lifecycle.opens  # noqa: B027  (optional)
    def open(self) -> None:
        """Connect. Called once before the first delivery, never in `__init__`."""

    @lifecycle.closes  # noqa: B027  (optional)
    def close(self) -> None:
        """Let go of what `open()` took. May be called twice; a later delivery opens again."""

    def abandon(self) -> None:  # noqa: B027  (optional)
        """Forget what `open()` took without closing it: it belongs to the parent process."""

    @lifecycle.uses  # noqa: B027  (optional)
    def ping(self) -> None:
        """Ask the backend something cheap.

        Raises:
            ReporterException: it cannot be reached, or refuses.
        """

    def holds(self, keys: Sequence[MachineKey]) -> AbstractSet[MachineKey]:
        """Tell which of these machines the backend holds already, in whatever revision."""
        raise NotImplementedError(f"{type(self).__name__} cannot tell what its backend holds")

    @lifecycle.plans
    def plan(self, machine: Machine) -> Plan:  # noqa: ARG002  (for those who override it)
        """Tell what `report` would send, without a network."""
        return Plan(requests=1)

    # What a reporter is.

    def _answer(self, machine: Machine) -> Delivery | Exception | None:
        try:
            return self.report(machine)
        except Exception as error:  # noqa: BLE001  (it is handed on, not swallowed)
            return error

    @classmethod
    def from_dict(
        cls, config: str | Mapping[str, Any], *, allow_import_paths: Sequence[str] | None = None
    ) -> "BaseReporter":
        """Build a reporter of its definition: a name or an import path, alone or with parameters.

        Args:
            config: `"mlflow"`, `{"postgres": {"host": "db"}}`, `"my_pkg.SlackReporter"`, … It is not changed.
            allow_import_paths: Prefixes of the import paths that may be used; all, when None.

        Raises:
            UnknownReporterError: no such name, no such module, or no reporter there.
            DefinitionError: a parameter that is unknown, missing or wrong; all of them at once.
        """
        # Upwards, for a constructor that belongs here.
        from newsdesk.builtin.registry import default_registry  # noqa: PLC0415
        from newsdesk.plugins.building import build  # noqa: PLC0415

        reporter = build(config, registry=default_registry(), allow_import_paths=allow_import_paths)
        if not isinstance(reporter, cls):
            raise DefinitionError(f"{reporter.target!r} is a {type(reporter).__name__}, not a {cls.__name__}")
        return reporter

    def to_dict(self) -> str | dict[str, Any]:
        """Give the definition that `from_dict` builds an equal reporter of: the target and what was given."""
        separator = ":" if "." in type(self).__qualname__ else "."  # a nested class needs the colon
        target = self.target or f"{type(self).__module__}{separator}{type(self).__qualname__}"
        given = self.arguments.given
        return {target: given} if given else target

    def get_params(self, deep: bool = False) -> dict[str, Any]:  # noqa: FBT001, FBT002, ARG002  (scikit-learn's)
        """Give every parameter with its value, defaults filled in; references stay references."""
        return self.arguments.all(self)

    def masked_params(self) -> dict[str, Any]:
        """Give every parameter as it may be shown."""
        declared = secret_names(type(self))
        return {
            name: secrets.mask(value) if name in declared else secrets.mask_by_name(name, value)
            for name, value in self.get_params().items()
        }

    def secret_values(self) -> frozenset[str]:
        """Give every text not to be shown: secrets by declaration or name, and what references point to.

        No file is read for it: what a `${file:…}` points to is known from the first `open()` on.
        """
        declared = secret_names(type(self))
        found = set(self.life.secrets)
        for name, value in self.arguments.given.items():
            if name in declared:
                found |= secrets.leaves(value) | references.variables(value)
            elif not secrets.tells_place(name):
                found |= secrets.leaves_by_name(name, value) | references.variables(value)
        return frozenset(found)

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in self.masked_params().items())
        return f"{type(self).__name__}({shown})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, BaseReporter):
            return NotImplemented
        return type(self) is type(other) and self.get_params() == other.get_params()

    def __hash__(self) -> int:
        return hash((type(self), *sorted(self.get_params())))

    def __reduce__(self) -> tuple[Any, ...]:
        # From its arguments: neither a connection nor a resolved secret goes along.
        return rebuilt, (type(self), self.target, self.arguments.args, self.arguments.kwargs)


def rebuilt(
    cls: type[BaseReporter], target: str | None, args: Sequence[Any], kwargs: Mapping[str, Any]
) -> BaseReporter:
    """Build a reporter that remembers by which name it was asked for."""
    reporter = cls(*args, **kwargs)
    reporter.__dict__["target"] = target
    return reporter
