"""The checks of this plugin for `newsdesk doctor`: flavour and limits, versions, where artifacts go."""

import re
from collections.abc import Callable, Iterator, Mapping
from importlib import metadata
from typing import TYPE_CHECKING, Any

from newsdesk import Finding, ReporterException, is_reference

from newsdesk_mlflow.auth import NO_WORKSPACE, Login
from newsdesk_mlflow.limits import FLAVOURS, ServerLimits, flavour_of, limits_for
from newsdesk_mlflow.mapping.naming.templates import advice_on
from newsdesk_mlflow.transport.artifacts import SERVE_ARTIFACTS, missing_library, stays_here
from newsdesk_mlflow.transport.uri import check_installed, without_credentials

if TYPE_CHECKING:
    from newsdesk_mlflow.transport.tracking import Tracking

OLDEST = (2, 14)
"""The oldest server that the limits were held against."""
_NEWER = "mlflow-2.22"
_NEWER_FROM = (2, 22)


def of_parameters(
    uri: Callable[[], str | None],
    limits: str | Mapping[str, Any] | None,
    experiment: str,
    *,
    lacks_workspace: Callable[[], bool],
) -> Iterator[Finding]:
    """Report what is known without asking the server.

    Args:
        uri: Gives the tracking URI that is expected, or raises what is wrong with it.
        limits: The parameter of that name.
        experiment: The parameter of that name.
        lacks_workspace: Tells whether there is no workspace to deliver to.
    """
    try:
        expected = uri()
        if is_reference(expected):
            yield Finding("its tracking URI is a reference, which --ping resolves and checks")
        elif lacks_workspace():
            yield Finding.of_message(NO_WORKSPACE, "")
        else:
            yield of_limits(limits_for(limits, expected), expected)
            check_installed(expected or "")
            if advice := advice_on(experiment):
                yield Finding(advice)
    except ReporterException as error:
        text, _, command = str(error).rpartition(": pip install ")
        otherwise = "fix its parameters, or the environment variables that replace them"
        yield (Finding(text, f"pip install {command}") if text else Finding.of_message(str(error), otherwise))


def of_server(tracking: "Tracking", limits: ServerLimits) -> Iterator[Finding]:
    """Report what the server says of itself.

    Raises:
        ReporterException: it does not answer.
    """
    root = tracking.artifact_root()
    yield of_version(tracking.server_version(), limits)
    if root is not None:
        yield of_artifacts(tracking.uri, root)


def of_leftovers(
    uri: str | None, log_in: Callable[[], Login], limits: str | Mapping[str, Any] | None
) -> Iterator[Finding]:
    """Report runs that never ended.

    Args:
        uri: The tracking URI; None is MLflow's own default.
        log_in: Gives the login, if it is an AzureML workspace.
        limits: The parameter of that name.

    Raises:
        ReporterException: the server does not answer.
    """
    # They import requests, which takes a tenth of a second: 'newsdesk check' contacts no server.
    from newsdesk_mlflow.reading.leftovers import Leftovers, describe  # noqa: PLC0415
    from newsdesk_mlflow.transport.connecting import connect  # noqa: PLC0415

    tracking = connect(uri, log_in)
    leftovers = Leftovers(tracking, ordered=limits_for(limits, tracking.uri).ordered_search)
    if runs := leftovers.find():
        remedy = "newsdesk doctor --ping --fix ends them as FAILED, with a tag that says why"
        yield Finding(describe(runs), remedy, fix=lambda: leftovers.end(runs))


def of_limits(limits: ServerLimits, uri: str | None) -> Finding:
    """Report the flavour that a server is treated as, and its limits."""
    shown = "MLflow's own default tracking URI" if uri is None else without_credentials(uri)
    run = ", ".join(
        f"{count} {kind}"
        for count, kind in (
            (limits.params_per_run, "params"),
            (limits.tags_per_run, "tags"),
            (limits.metric_names_per_run, "metric names"),
        )
        if count is not None
    )
    text = (
        f"{shown} is treated as the flavour {limits.flavour!r}: {limits.metrics} metrics, {limits.params} "
        f"params and {limits.tags} tags in a request, {limits.param_value_length} characters in a param and "
        f"{limits.tag_value_length} in a tag{f', {run} in a run' if run else ''}"
    )
    flavour = flavour_of(uri)
    is_other = flavour != FLAVOURS["mlflow"].flavour and limits.flavour != flavour
    return Finding(
        text,
        f"the URI is of the flavour {flavour!r}: remove 'limits', or name that flavour" if is_other else "",
    )


def of_version(server: str | None, limits: ServerLimits) -> Finding:
    """Report the versions of client and server, and which limits could be raised."""
    text = f"MLflow's client is {metadata.version('mlflow-skinny')}, its server {server or 'unknown'}"
    number = re.match(r"(\d+)\.(\d+)", server or "")
    if number is None:
        return Finding(text)
    version = (int(number[1]), int(number[2]))
    if version < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        return Finding(text, f"upgrade the server to {oldest} or later")
    if version >= _NEWER_FROM and limits == FLAVOURS["mlflow"]:
        text += f"; with 'limits: {_NEWER}' it gets longer tags, and colons in keys"
    return Finding(text)


def of_artifacts(uri: str, root: str) -> Finding:
    """Report where artifacts go, and whether they get there from here."""
    text = f"artifacts go to {without_credentials(root)}"
    if stays_here(uri, root):
        return Finding(f"{text}, a folder on this machine, not the server's: left out", SERVE_ARTIFACTS)
    if needed := missing_library(root):
        return Finding(f"{text}, which needs {needed} here", f"pip install {needed}")
    return Finding(text)
