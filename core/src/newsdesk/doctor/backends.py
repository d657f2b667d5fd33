"""The backends: do they answer?"""

from collections.abc import Iterator

from newsdesk.config.file import Config
from newsdesk.contract.finding import Finding
from newsdesk.plugins.registry import Registry


def findings(config: Config, registry: Registry) -> Iterator[Finding]:
    """Ask the backend of each reporter of the config, within its deadline."""
    with config.desk(registry=registry) as desk:
        for route, error in desk.ping():
            if error is None:
                yield Finding(route.label, "its backend answers")
            else:
                text = f"its backend does not answer, or refuses: {type(error).__name__}: {error}"
                yield Finding(
                    route.label,
                    text,
                    "see that it runs, and that the parameters are right",
                )
