"""The backends: do they respond?"""

import logging
from collections.abc import Iterator

from newsdesk.config.file import Config
from newsdesk.contract.finding import Finding
from newsdesk.exceptions import DefinitionError
from newsdesk.plugins.registry import Registry

_log = logging.getLogger(__name__)


def findings(config: Config, registry: Registry) -> Iterator[Finding]:
    """Contact the backend of each reporter of the config, within its deadline."""
    with config.desk(registry=registry) as desk:
        for route, error in desk.ping():
            if error is None:
                yield Finding("its backend responds", subject=route.label)
            elif not isinstance(error, DefinitionError):  # which has been reported
                _log.debug("%s does not respond", route.label, exc_info=error)
                text = f"its backend cannot be used: {type(error).__name__}: {error}"
                yield Finding(text, "check that it runs, and the parameters", subject=route.label)
