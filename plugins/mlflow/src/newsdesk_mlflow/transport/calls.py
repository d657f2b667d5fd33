"""A call to MLflow, whose errors are translated."""

import contextlib
from collections.abc import Callable, Iterator

from newsdesk import ReporterException

from newsdesk_mlflow.transport.failures import translated
from newsdesk_mlflow.transport.logins import redact


def _unchanged(told: ReporterException, _error: Exception) -> ReporterException:
    return told


@contextlib.contextmanager
def calls(
    doing: str,
    where: str,
    *,
    unknown_is_transient: bool = False,
    refine: Callable[[ReporterException, Exception], ReporterException] = _unchanged,
) -> Iterator[None]:
    """Call MLflow in the body.

    Args:
        doing: What is tried, for the message: "cannot …".
        where: The server, without credentials.
        unknown_is_transient: Whether an unknown error is worth another try.
        refine: Returns the error to raise, given ours and the original.

    Raises:
        TransientReporterError: it may work later.
        MlflowLoggingError: it will not.
    """
    try:
        yield
    except ReporterException:  # of our login, which MLflow calls
        raise
    except Exception as error:  # the boundary: MLflow's plugins and stores raise what they like
        told = translated(error, doing, where, unknown_is_transient=unknown_is_transient)
        told = refine(told, error)
        redact(told)
        redact(error)
        raise told from error
