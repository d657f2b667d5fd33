"""The interface that a reporter implements."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import partial
from typing import Any, Self

from newsdesk import secrets
from newsdesk.contract import lifecycle, reserved
from newsdesk.contract.delivery import Delivery, Plan, ReportResult
from newsdesk.contract.finding import Finding
from newsdesk.contract.lifecycle import life_of
from newsdesk.contract.parameters import references
from newsdesk.contract.parameters.arguments import Arguments
from newsdesk.contract.parameters.check import unknown
from newsdesk.contract.parameters.secrecy import Secrecy, masked, secrecy, secret_texts
from newsdesk.contract.stored import StoredMachine
from newsdesk.exceptions import DefinitionError
from newsdesk.machine import Machine, MachineKey

API_VERSION = 1
"""The version of the contract between core and reporters; see `newsdesk.plugins.hookspecs.ReporterPlugin`."""

OLDEST_API_VERSION = 1
"""The oldest version of the contract that this core supports."""


class BaseReporter(ABC):
    """Delivers machines to one backend.

    A subclass needs an `__init__` that only stores its arguments (or is a dataclass), and a `report`. This
    class makes it a *value* of its arguments: `to_dict`, `from_dict`, `get_params`, a `repr` that masks
    secrets, equality, pickling. It also manages the lifecycle: the first delivery opens it.

    Before `open()`, `__init__` is called again with every `${env:…}` and `${file:…}` resolved: until
    `close()` the attributes hold the real values, while `to_dict()` and `repr()` still show the references.

    Retries, isolation, outboxes and receipts are the desk's job, not the reporter's.
    """

    def __new__(cls, /, *args: Any, **kwargs: Any) -> Self:
        """Store the arguments.

        Raises:
            DefinitionError: The class does not take one of them.
        """
        if faults := unknown(cls, args, kwargs):
            raise DefinitionError(f"{cls.__name__} cannot be built", faults)
        self = super().__new__(cls)
        lifecycle.begin_life(self, lifecycle.Life(Arguments(cls, args, kwargs)))
        return self

    def __init__(self) -> None:
        # So that a subclass without __init__ takes no arguments: object's takes any if __new__ is defined.
        super().__init__()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        reserved.check_class(cls, BaseReporter)
        for name in ("__repr__", "__eq__", "__hash__"):
            # Defined in the class itself, so that @dataclass, which runs later, does not generate its own:
            # that repr would show secrets.
            if name not in cls.__dict__:
                setattr(cls, name, getattr(cls, name))
        for name, wrap in lifecycle.WRAPPERS.items():
            owner = next(base for base in cls.__mro__ if name in base.__dict__)
            if owner is not cls and issubclass(owner, BaseReporter):
                continue  # already wrapped; methods of a mixin that is not a reporter are not
            method = owner.__dict__[name]
            if callable(method) and not getattr(method, "__isabstractmethod__", False):
                setattr(cls, name, wrap(method))

    def __setattr__(self, name: str, value: Any) -> None:
        reserved.check_attribute(type(self), name, BaseReporter)
        super().__setattr__(name, value)

    # Methods to implement or override

    @abstractmethod
    def report(self, machine: Machine) -> Delivery | None:
        """Deliver one machine; if it is the same one again, leave the backend unchanged.

        Callers may pass a mapping or any object with a `to_dict()`; the method itself always gets a `Machine`
        with the secrets of its own reporters masked.

        Raises:
            TransientReporterError: A retry may succeed.
            PermanentReporterError: A retry cannot succeed.
        """

    @lifecycle.reports_many
    def report_many(self, machines: Iterable[Machine]) -> Iterator[ReportResult]:
        """Deliver many machines; for each, in order, yield what `report` would return or raise.

        A loop by default; override it if the backend has a bulk operation.

        How many come at a time: a desk gives at most 50, or its `chunk_size`; a single one goes to `report`.
        None comes twice in one call. They are read as you iterate, so hold only what one request takes.

        When half was written: a failed machine does not stop the others, so yield its error and go on. An
        exception that is raised instead of yielded is about all machines that have no result yet: the desk
        delivers those one by one with `report`, which finds what was written already. A result says that the
        backend holds the record, so yield none before the request that wrote it was answered.

        Which deadline holds: that of the first machine without a result; each has the whole deadline from the
        result before it on, see `newsdesk.remaining_seconds`. So yield after each request, not at the end. A
        machine with a transient error is tried again with `report`.

        Example:
            >>> from newsdesk import BaseReporter, Delivery, TransientReporterError
            >>> class WikiReporter(BaseReporter):
            ...     def report(self, machine):
            ...         [result] = self.report_many([machine])
            ...         if isinstance(result, Exception):
            ...             raise result
            ...         return result
            ...     def report_many(self, machines):
            ...         for machine, status in self.put([*machines]):
            ...             if status == 429:
            ...                 yield TransientReporterError("too many requests")
            ...             else:
            ...                 yield Delivery(unchanged=status == 304)
            ...     def put(self, machines):  # one request
            ...         return [(machine, 200) for machine in machines]
            >>> [*WikiReporter().report_many([{"name": "pump-7"}])]
            [Delivery(reference=None, alterations=(), unchanged=False)]
        """
        # Errors keep a reference to the generator's frame, so it must not hold a machine.
        yield from map(partial(_answer, self), machines)

    def validate(self) -> None:  # noqa: B027  (optional)
        """Check the parameters, beyond their types; the attributes hold what references point to.

        Called before each `open()`, and by `newsdesk check` and `newsdesk doctor`. Without references in the
        parameters, it is also called when the reporter is built from a config or given to a desk, so that a
        mistake is reported before anything is sent. `__init__` is also called with unresolved references, so
        it should only store its arguments.

        Raises:
            DefinitionError: Parameters are not valid; its `faults` name each of them, and what to do. Without
                the values of secrets.

        Example:
            >>> from newsdesk import BaseReporter, DefinitionError, Fault
            >>> class WikiReporter(BaseReporter):
            ...     def __init__(self, url: str) -> None:
            ...         self.url = url
            ...     def validate(self) -> None:
            ...         if not self.url.startswith("https://"):
            ...             fault = Fault("url", f"must begin with https://, but is {self.url!r}")
            ...             raise DefinitionError("WikiReporter cannot be used", [fault])
            ...     def report(self, machine): ...
        """

    def prepare(self) -> None:  # noqa: B027  (optional)
        """Prepare the first use without the network: import a large library, create a local file.

        Called once before `open()`, in the thread that delivers. Its time does not count towards the deadline
        of the first delivery. Exceptions are only logged: `open()` or `report()` must raise them again.
        References in parameters are not resolved yet.
        """

    @lifecycle.opens  # noqa: B027  (optional)
    def open(self) -> None:
        """Connect. Called once before the first delivery, never by `__init__`."""

    @lifecycle.closes  # noqa: B027  (optional)
    def close(self) -> None:
        """Release what `open()` acquired. May be called twice; a later delivery opens it again."""

    def abandon(self) -> None:  # noqa: B027  (optional)
        """Drop what `open()` acquired without closing it: it belongs to the parent process."""

    @lifecycle.uses  # noqa: B027  (optional)
    def ping(self) -> None:
        """Check that the backend responds, with a cheap request.

        Raises:
            ReporterException: The backend cannot be reached, or rejects the request.
        """

    def holds(self, keys: Sequence[MachineKey]) -> AbstractSet[MachineKey]:
        """Return those of the machines that the backend has, in any revision."""
        raise NotImplementedError(f"{type(self).__name__} cannot list what its backend holds")

    def machines(self, *, all_revisions: bool = False) -> Iterator[StoredMachine]:
        """Yield what the backend holds, in any order.

        Read it page by page: there may be many thousands. What is only half written is not listed, nor what
        newsdesk did not write, unless `fetch` can read it.

        Args:
            all_revisions: Yield every revision that the backend keeps, the newest of each machine first;
                otherwise only the newest of each.

        Raises:
            TransientReporterError: The backend does not answer; perhaps after some were yielded.
            PermanentReporterError: It rejects the request.
        """
        raise NotImplementedError(f"{type(self).__name__} cannot list what its backend holds")

    def fetch(self, name: str, project_name: str | None = None, revision: str | None = None) -> Machine:
        """Return a machine as it was reported: equal to it, with the same revision.

        Args:
            name: The machine's name.
            project_name: Its project; optional if only one project has a machine of that name, see
                `newsdesk.sole_project`.
            revision: One of its revisions, whole; the newest by default. A backend that keeps only one may
                ignore it: one that was not asked for counts as `MachineDoesNotExist`.

        Raises:
            MachineDoesNotExist: The backend answers, and does not hold it.
            AmbiguousMachine: Several projects have one, and `project_name` is missing.
            TransientReporterError: The backend does not answer.
            PermanentReporterError: It rejects the request, or what it holds is damaged.
        """
        raise NotImplementedError(f"{type(self).__name__} cannot read machines back")

    @lifecycle.plans
    def plan(self, machine: Machine) -> Plan:  # noqa: ARG002  (used by overrides)
        """Preview what `report` would send, without using the network."""
        return Plan(requests=1)

    @lifecycle.finds
    def findings(self, *, ping: bool) -> Iterable[Finding]:  # noqa: ARG002  (used by overrides)
        """Return what `newsdesk doctor` should say of this reporter: its state, and what to do about it.

        Called by that command, and without `ping` by `newsdesk check`, which shows what there is to do. A
        `ReporterException` means that the backend does not answer; other exceptions are bugs.

        Args:
            ping: Whether the backend may be asked; the reporter is open then.

        Example:
            >>> from newsdesk import BaseReporter, Finding
            >>> class WikiReporter(BaseReporter):
            ...     def __init__(self, url: str) -> None:
            ...         self.url = url
            ...     def findings(self, *, ping):
            ...         if not self.url.startswith("https:"):
            ...             yield Finding("its pages are not encrypted", "use an https URL")
            ...     def report(self, machine): ...
            >>> [finding.remedy for finding in WikiReporter("http://wiki").findings(ping=False)]
            ['use an https URL']
        """
        return ()

    # A reporter as a value

    @classmethod
    def from_dict(
        cls, config: str | Mapping[str, Any], *, allow_import_paths: Sequence[str] | None = None
    ) -> "BaseReporter":
        """Build a reporter from its definition: a name or an import path, alone or with parameters.

        Args:
            config: `"mlflow"`, `{"postgres": {"host": "db"}}`, `"my_pkg.SlackReporter"`, … Not modified.
            allow_import_paths: Allowed prefixes of import paths; None allows all.

        Raises:
            UnknownReporterError: The name, the module, or the class in it does not exist.
            DefinitionError: Parameters are unknown, missing or invalid; lists all of them.
        """
        # Upward imports, for a constructor that belongs here.
        from newsdesk.builtin.registry import default_registry  # noqa: PLC0415
        from newsdesk.plugins.building import build  # noqa: PLC0415

        reporter = build(config, registry=default_registry(), allow_import_paths=allow_import_paths)
        if not isinstance(reporter, cls):
            raise DefinitionError(
                f"{reporter.defined_as!r} is a {type(reporter).__name__}, not a {cls.__name__}"
            )
        return reporter

    @property
    def defined_as(self) -> str | None:
        """The name or import path in its definition; None if it was not built from one."""
        return life_of(self).defined_as

    def to_dict(self) -> str | dict[str, Any]:
        """Return the definition: `from_dict` builds an equal reporter from it."""
        separator = ":" if "." in type(self).__qualname__ else "."  # a nested class needs the colon
        target = self.defined_as or f"{type(self).__module__}{separator}{type(self).__qualname__}"
        given = self.given_params()
        return {target: given} if given else target

    def given_params(self) -> dict[str, Any]:
        """Return the parameters that were given, without defaults; references are unresolved."""
        return life_of(self).arguments.given

    def get_params(self, deep: bool = False) -> dict[str, Any]:  # noqa: FBT001, FBT002, ARG002  (scikit-learn's)
        """Return all parameters, including defaults; references are unresolved."""
        return life_of(self).arguments.all(self)

    def resolved(self) -> Self:
        """Give a reporter like this one, with references replaced by what they point to now.

        For a backend that refuses a login: the secret may have been rotated since this reporter was opened.

        Raises:
            UnresolvedReferenceError: a reference points to nothing, or to what the parameter does not take.
        """
        args, kwargs = lifecycle.resolved_arguments(self)
        return type(self)(*args, **kwargs)

    def masked_params(self) -> dict[str, Any]:
        """Return all parameters with secrets masked."""
        return {name: masked(type(self), name, value) for name, value in self.get_params().items()}

    def secret_values(self) -> frozenset[str]:
        """Give every text not to be shown: secrets by declaration or name, and what references point to.

        No file is read for it: what a `${file:…}` points to is known from the first `open()` on.
        """
        found = secrets.of_environment() | life_of(self).secrets
        for name, value in self.given_params().items():
            known = secrecy(type(self), name)
            if known is Secrecy.SECRET or not (known is Secrecy.PUBLIC or secrets.tells_place(name)):
                found |= secret_texts(type(self), name, value) | references.variables(value)
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
        # Only the arguments are pickled: no connection, no resolved secret.
        life = life_of(self)
        return rebuilt, (type(self), life.defined_as, life.arguments.args, life.arguments.kwargs)


def _answer(reporter: BaseReporter, machine: Machine) -> ReportResult:
    try:
        return reporter.report(machine)
    except Exception as error:  # noqa: BLE001  (returned, not swallowed)
        return error


def rebuilt(
    cls: type[BaseReporter], defined_as: str | None, args: Sequence[Any], kwargs: Mapping[str, Any]
) -> BaseReporter:
    """Rebuild a pickled reporter, with the name of its definition."""
    reporter = cls(*args, **kwargs)
    life_of(reporter).defined_as = defined_as
    return reporter
