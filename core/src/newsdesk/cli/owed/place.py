"""Which outbox a command is about."""

from collections.abc import Mapping

from newsdesk.cli.desks import Desks
from newsdesk.config.choice import ConfigChoice
from newsdesk.config.file import Config
from newsdesk.exceptions import DefinitionError
from newsdesk.outbox import BaseOutbox, Outbox
from newsdesk.outbox.places import outbox_at


def found(choice: ConfigChoice, path: str | None) -> tuple[Config, BaseOutbox]:
    """Return the config and its outbox, or another one at a path.

    Raises:
        DefinitionError: There is none, or the config cannot be used.
    """
    config = Desks(choice, ()).config
    if path is not None:
        own = config.outbox
        return config, outbox_at(path, _options(own, path), None if own is None else own.bounds)
    if config.outbox is None:
        raise DefinitionError("no outbox; give one with --outbox, or in the config with 'outbox: PATH'")
    return config, config.outbox


def is_new(outbox: BaseOutbox) -> bool:
    """Whether an outbox is a file that nobody has made yet; who only looks should not make it.

    It is for its owner alone, so that who would report could not use it.
    """
    if isinstance(outbox, Outbox):
        try:
            outbox.path.stat()
        except FileNotFoundError:
            return True
        except OSError:  # it cannot even be looked at, as the outbox will say
            return False
    return False


def _options(own: BaseOutbox | None, path: str) -> Mapping[str, str] | None:
    """Return the options of the config's outbox, which hold for another prefix of the same store."""
    if "://" not in path:
        return None
    from newsdesk.outbox.objects.outbox import ObjectOutbox  # noqa: PLC0415  (only for those who have one)

    return own.options if isinstance(own, ObjectOutbox) else None
