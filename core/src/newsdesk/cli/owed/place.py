"""Which outbox a command is about."""

import stat
from collections.abc import Mapping
from pathlib import Path

from newsdesk.cli.desks import Desks
from newsdesk.config.choice import ConfigChoice
from newsdesk.config.file import Config
from newsdesk.exceptions import DefinitionError
from newsdesk.objectstore.opening import folder_of
from newsdesk.outbox import BaseOutbox, Outbox
from newsdesk.outbox.objects.names import ALL, CHECKED, STATES
from newsdesk.outbox.places import outbox_at


def found(choice: ConfigChoice, path: str | None) -> tuple[Config, BaseOutbox]:
    """Return the config and its outbox, or another one at a path.

    Raises:
        DefinitionError: There is none, or the config cannot be used.
    """
    config = Desks(choice, ()).config
    if path is not None:
        own = config.outbox
        outbox = outbox_at(path, _options(own, path), None if own is None else own.bounds)
        if is_new(outbox):
            raise DefinitionError(f"there is no outbox at {path}; check --outbox")
        return config, outbox
    if config.outbox is None:
        raise DefinitionError("no outbox; give one with --outbox, or in the config with 'outbox: PATH'")
    return config, config.outbox


def is_new(outbox: BaseOutbox) -> bool:
    """Whether an outbox is a file or a folder in which nothing is yet; who only looks should not fill it.

    It would be for its owner alone, so that who would report could not use it. Of a bucket it is not known.
    """
    try:
        if isinstance(outbox, Outbox):
            status = outbox.path.stat()
            return stat.S_ISREG(status.st_mode) and not status.st_size
        folder = folder_of(outbox.place)
        if folder is None:
            return False
        return not any(path.name in {CHECKED, STATES, *ALL} for path in Path(folder).iterdir())
    except FileNotFoundError:
        return True
    except OSError:  # it cannot even be looked at, as the outbox will say
        return False


def _options(own: BaseOutbox | None, path: str) -> Mapping[str, str] | None:
    """Return the options of the config's outbox, which hold for another prefix of the same store."""
    if "://" not in path:
        return None
    from newsdesk.outbox.objects.outbox import ObjectOutbox  # noqa: PLC0415  (only for those who have one)

    return own.options if isinstance(own, ObjectOutbox) else None
