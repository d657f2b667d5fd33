"""The checks of this plugin for `newsdesk doctor`: flavour and limits, versions, where artifacts go."""

import re
from collections.abc import Iterator, Mapping
from importlib import metadata

from newsdesk import BaseReporter, Finding, ReporterException

from newsdesk_mlflow.auth import NO_WORKSPACE
from newsdesk_mlflow.limits import FLAVOURS, ServerLimits, flavour_of, limits_for
from newsdesk_mlflow.reporter import MlFlowReporter
from newsdesk_mlflow.transport.artifacts import SERVE_ARTIFACTS, missing_library, stays_here
from newsdesk_mlflow.transport.uri import check_installed, without_credentials

OLDEST = (2, 14)
"""The oldest server that the limits were held against."""
_NEWER = "mlflow-2.22"
_NEWER_FROM = (2, 22)


def findings(reporters: Mapping[str, BaseReporter], *, ping: bool) -> Iterator[Finding]:
    """Look at each reporter of this plugin; its server is asked only with `ping`."""
    for label, reporter in reporters.items():
        if isinstance(reporter, MlFlowReporter):
            yield from _of_reporter(label, reporter)
            if ping:
                yield from _of_server(label, reporter)


def _of_reporter(label: str, reporter: MlFlowReporter) -> Iterator[Finding]:
    try:
        uri = reporter.expected_uri()
        if uri is not None and "${" in uri:
            yield Finding(label, "its tracking URI is a reference, which --ping resolves and checks")
            return
        if reporter.lacks_workspace:
            yield Finding.of_message(label, NO_WORKSPACE, "")
            return
        yield of_limits(label, limits_for(reporter.limits, uri), uri)
        check_installed(uri or "")
    except ReporterException as error:
        text, _, command = str(error).rpartition(": pip install ")
        yield (
            Finding(label, text, f"pip install {command}")
            if text
            else Finding.of_message(
                label, str(error), "fix its parameters, or the environment variables that replace them"
            )
        )


def _of_server(label: str, reporter: MlFlowReporter) -> Iterator[Finding]:
    try:
        reporter.open()
        tracking = reporter.tracking
        root = None if tracking is None else tracking.artifact_root()
    except ReporterException:  # its ping reports that
        return
    if tracking is None:  # never, once it is open
        return
    if "${" in str(reporter.get_params()["tracking_uri"]):
        yield of_limits(label, limits_for(reporter.limits, tracking.uri), tracking.shown)
    yield of_version(label, tracking.server_version(), limits_for(reporter.limits, tracking.uri))
    if root is not None:
        yield of_artifacts(label, tracking.uri, root)


def of_limits(label: str, limits: ServerLimits, uri: str | None) -> Finding:
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
        label,
        text,
        f"the URI is of the flavour {flavour!r}: remove 'limits', or name that flavour" if is_other else "",
    )


def of_version(label: str, server: str | None, limits: ServerLimits) -> Finding:
    """Report the versions of client and server, and which limits could be raised."""
    text = f"MLflow's client is {metadata.version('mlflow-skinny')}, its server {server or 'unknown'}"
    number = re.match(r"(\d+)\.(\d+)", server or "")
    if number is None:
        return Finding(label, text)
    version = (int(number[1]), int(number[2]))
    if version < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        return Finding(label, text, f"upgrade the server to {oldest} or later")
    if version >= _NEWER_FROM and limits == FLAVOURS["mlflow"]:
        text += f"; with 'limits: {_NEWER}' it gets longer tags, and colons in keys"
    return Finding(label, text)


def of_artifacts(label: str, uri: str, root: str) -> Finding:
    """Report where artifacts go, and whether they get there from here."""
    text = f"artifacts go to {without_credentials(root)}"
    if stays_here(uri, root):
        return Finding(
            label, f"{text}, a folder on this machine, not the server's: left out", SERVE_ARTIFACTS
        )
    if needed := missing_library(root):
        return Finding(label, f"{text}, which needs {needed} here", f"pip install {needed}")
    return Finding(label, text)
