"""Masks secrets within errors."""

import contextlib
from collections.abc import Iterable, MutableMapping
from typing import Any

from newsdesk.secrets.masking import MASK, mask_text

_BUILTIN_TEXTS = (
    "strerror",
    "filename",
    "filename2",
    "reason",
    "object",
    "msg",
    "text",
    "name",
    "path",
    "code",
)
"""Where Python's own errors (OSError, UnicodeError, ImportError, …) keep text beside `args`."""

_CREDENTIALS = frozenset(
    {"authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key", "api-key"}
)
"""Headers of HTTP that are masked whatever they hold."""

_MESSAGES = frozenset({"request", "_request", "response", "_response", "history"})
"""Attributes of errors of HTTP libraries, and of each other, that hold requests and responses."""


def mask_error(error: BaseException, secrets: Iterable[str]) -> None:
    """Mask secrets in an error, in place: in its text, attributes, notes, causes and members.

    A cause that still shows one, by its own `__str__` say, is replaced by a plain error with its masked text.
    """
    _Masker(frozenset(secrets)).error(error)


class _Masker:
    """Masks what hangs together, each thing once."""

    def __init__(self, secrets: frozenset[str]) -> None:
        self._secrets = secrets
        self._seen: set[int] = set()

    def error(self, error: BaseException) -> None:
        todo = [error]
        while todo:
            current = todo.pop()
            if id(current) not in self._seen:
                self._seen.add(id(current))
                self._own(current)
                todo += _related(current)
        self._replace_causes(error)

    def _own(self, error: BaseException) -> None:
        error.args = tuple(self.value(argument) for argument in error.args)
        for name, value in list(vars(error).items()):
            error.__dict__[name] = self.value(value)
        self._messages(error)
        for name in _BUILTIN_TEXTS:
            if isinstance(value := getattr(error, name, None), str | bytes):
                with contextlib.suppress(AttributeError, TypeError):  # some may only be read
                    setattr(error, name, self.value(value))

    def value(self, value: Any) -> Any:
        """Give a value with its texts masked."""
        if isinstance(value, str):
            masked = mask_text(value, self._secrets)
            return value if masked == value else masked
        if isinstance(value, bytes | bytearray):
            text = value.decode("utf-8", "surrogateescape")
            masked = mask_text(text, self._secrets)
            return value if masked == text else type(value)(masked.encode("utf-8", "surrogateescape"))
        if type(value) is dict:
            return {self.value(key): self.value(item) for key, item in value.items()}
        if type(value) in (list, tuple, set, frozenset):
            return type(value)(self.value(item) for item in value)
        if isinstance(value, tuple) and hasattr(value, "_fields"):
            return type(value)(*(self.value(item) for item in value))
        return value

    def _message(self, message: Any) -> None:
        """Mask a request or a response of HTTP, and those that belong to it, in place."""
        if id(message) in self._seen or not isinstance(getattr(message, "headers", None), MutableMapping):
            return
        self._seen.add(id(message))
        for name in list(message.headers):
            shown = MASK if name.lower() in _CREDENTIALS else self.value(message.headers[name])
            with contextlib.suppress(Exception):  # a library's own mapping
                message.headers[name] = shown
        for name, value in list(getattr(message, "__dict__", {}).items()):
            if isinstance(value, str | bytes):
                with contextlib.suppress(Exception):  # the same
                    setattr(message, name, self.value(value))
        self._messages(message)

    def _messages(self, holder: Any) -> None:
        # These alone: whatever else an error holds, a pool of connections say, may still be in use.
        held = [value for name, value in getattr(holder, "__dict__", {}).items() if name in _MESSAGES]
        for value in held:
            for message in value if isinstance(value, list) else [value]:
                self._message(message)

    def _replace_causes(self, error: BaseException) -> None:
        seen: set[int] = set()
        todo = [error]
        while todo:
            current = todo.pop()
            seen.add(id(current))
            suppressed = current.__suppress_context__
            for name in ("__cause__", "__context__"):
                cause = getattr(current, name)
                if cause is not None and (shown := self._shown(cause)) is not None:
                    setattr(current, name, Exception(shown).with_traceback(cause.__traceback__))
            current.__suppress_context__ = suppressed
            todo += [other for other in _related(current) if id(other) not in seen]

    def _shown(self, error: BaseException) -> str | None:
        """Give the masked text of an error that goes on showing a secret; else None."""
        try:
            text, whole = str(error), f"{error!r}"
        except Exception as fault:  # noqa: BLE001  (a plugin's own method)
            return f"a {type(error).__name__} that cannot be shown: {type(fault).__name__}"
        own = text == mask_text(text, self._secrets) and whole == mask_text(whole, self._secrets)
        if own and all(self._shown(member) is None for member in getattr(error, "exceptions", ())):
            return None
        return mask_text(f"{type(error).__name__}: {text}", self._secrets)


def _related(error: BaseException) -> list[BaseException]:
    """Give the errors that an error leads to."""
    held = [*error.args, *vars(error).values(), *getattr(error, "exceptions", ())]
    return [
        other for other in (error.__cause__, error.__context__, *held) if isinstance(other, BaseException)
    ]
