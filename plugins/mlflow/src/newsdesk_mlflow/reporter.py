"""The reporter for MLflow and AzureML."""

import contextlib
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from newsdesk import (
    BaseReporter,
    DefinitionError,
    Delivery,
    Fault,
    Finding,
    Machine,
    MachineKey,
    Plan,
    ReporterException,
    Secret,
    StoredMachine,
    is_reference,
)

from newsdesk_mlflow import auth
from newsdesk_mlflow.choice import choice_faults
from newsdesk_mlflow.errors import MlflowLoggingError
from newsdesk_mlflow.limits import limit_faults, limits_for
from newsdesk_mlflow.mapping.builders import model_key_of
from newsdesk_mlflow.mapping.items import METRICS
from newsdesk_mlflow.mapping.naming.templates import template_faults
from newsdesk_mlflow.mapping.payload import Choice, NameTemplates, Payload, build_payload
from newsdesk_mlflow.mapping.tags import NAME, RESERVED
from newsdesk_mlflow.transport.logins import environment_secrets
from newsdesk_mlflow.transport.uri import uri_problem

if TYPE_CHECKING:
    from newsdesk_mlflow.mapping.naming.places import Places
    from newsdesk_mlflow.transport.tracking import Tracking


class MlFlowReporter(BaseReporter):
    """Logs each machine as one finished run: params, metrics, tags, and the whole record as `metadata.json`.

    The same record again changes nothing; a machine that was rebuilt gets a new run. `experiment`, `run_name`
    and the values of `tags` may hold the fields {name}, {project_name}, {model_key} and {revision}.

    Args:
        model_builder_class: A class, or its import path. It is called with the original machine, and the
            `calculate_cache_key(machine)` of the result is the model key. By default the machine's own
            `model_key` is used.
        tracking_uri: The server or store; by default that of MLflow itself (MLFLOW_TRACKING_URI).
        experiment: The experiment's name.
        run_name: The run's name.
        tags: More tags of the run.
        per_tag_metrics: Log the scores of single tags as well.
        metrics: Which metrics of a score to log: its folds, its summaries (mean, max, min, std), or all.
        dataset: Log the dataset as the input of the run, which is one more request.
        figure: Store a picture of folds and training curves as well, `figure.svg`, which is one more request.
        workspace_kwargs: The AzureML workspace: subscription_id, resource_group, workspace_name. By default
            what the environment variable AZUREML_WORKSPACE_STR holds, if anything.
        service_principal_kwargs: Its service principal: tenant_id, service_principal_id,
            service_principal_password. By default what DL_SERVICE_AUTH_STR holds.
        credential: The credential without a service principal: default, which never prompts,
            workload_identity, managed_identity, cli, or interactive.
        cloud: Which of Azure's clouds: AzureCloud, AzureChinaCloud or AzureUSGovernment. By default what
            AZUREML_CURRENT_CLOUD says, and without that AzureCloud.
        limits: The limits of the server: a flavour (mlflow, mlflow-2.22, databricks, azureml), or a mapping
            of single limits, see `newsdesk_mlflow.limits.ServerLimits`. By default those of the tracking URI.

    Raises:
        DefinitionError: an unknown field or limit, or parameters that exclude each other.
    """

    def __init__(
        self,
        *,
        model_builder_class: type[Any] | str | None = None,
        tracking_uri: str | None = None,
        experiment: str = "{name}",
        run_name: str = "{name}",
        tags: Mapping[str, str] | None = None,
        per_tag_metrics: bool = False,
        metrics: Literal["all", "folds", "summaries"] = "all",
        dataset: bool = True,
        figure: bool = False,
        workspace_kwargs: Mapping[str, Secret] | None = None,
        service_principal_kwargs: Mapping[str, Secret] | None = None,
        credential: Literal["default", "workload_identity", "managed_identity", "cli", "interactive"]
        | None = None,
        cloud: Literal["AzureCloud", "AzureChinaCloud", "AzureUSGovernment"] | None = None,
        limits: str | Mapping[str, str | int | bool | None] | None = None,
    ) -> None:
        self.model_builder_class = model_builder_class
        self.tracking_uri = tracking_uri
        self.experiment = experiment
        self.run_name = run_name
        self.tags = tags
        self.per_tag_metrics = per_tag_metrics
        self.metrics = metrics
        self.dataset = dataset
        self.figure = figure
        self.workspace_kwargs = workspace_kwargs
        self.service_principal_kwargs = service_principal_kwargs
        self.credential = credential
        self.cloud = cloud
        self.limits = limits
        self.tracking: Tracking | None = None
        self.validate()

    def validate(self) -> None:
        """Check the parameters; called by `__init__` too, so those with references are left out there."""
        if faults := self._faults():
            raise DefinitionError("invalid parameters of MlFlowReporter", faults)

    def prepare(self) -> None:
        """Import what is needed, and create or migrate a local store: that does not belong to a delivery.

        No server is asked. What fails here fails again when it is opened, and is raised then.
        """
        from newsdesk_mlflow.transport import connecting  # noqa: PLC0415  (as in `open`)

        with contextlib.suppress(ReporterException):
            if connecting.prepare(self.resolved().expected_uri()):
                self.open()

    def open(self) -> None:
        """Make a client; the first request is made when the first machine comes.

        Raises:
            MlflowLoggingError: the tracking URI is wrong, a workspace or its credentials are incomplete, or
                a library is missing.
        """
        from newsdesk_mlflow.transport import connecting  # noqa: PLC0415  (kept apart, so that it may import what it likes)

        self.tracking = connecting.connect(
            self._tracking_uri(), self._log_in, needs_workspace=self._needs_workspace
        )

    def secret_values(self) -> frozenset[str]:
        """Give every text not to be shown, the login that MLflow's client takes from the environment too."""
        return super().secret_values() | environment_secrets()

    def close(self) -> None:
        """Close its connections."""
        tracking, self.tracking = self.tracking, None
        if tracking is not None:
            tracking.close()

    def abandon(self) -> None:
        """Drop the client; each process has its own connections, so none is the parent's."""
        self.tracking = None

    def report(self, machine: Machine) -> Delivery:
        """Deliver the machine as a run; `newsdesk_mlflow.transport.delivery` explains each request.

        Raises:
            TransientReporterError: the server cannot be reached, or asks to come again.
            MlflowLoggingError: it refuses.
        """
        from newsdesk_mlflow.transport.delivery import deliver  # noqa: PLC0415  (as above)

        tracking = self._open_tracking()
        return deliver(tracking, self._payload(machine, tracking.uri))

    def ping(self) -> None:
        """Ask the server for one experiment."""
        self._open_tracking().ping()

    def holds(self, keys: Sequence[MachineKey]) -> set[MachineKey]:
        """Return which machines have a finished run in their experiment.

        Raises:
            NotImplementedError: the experiment's name depends on more than project and name.
        """
        from newsdesk_mlflow.reading.holdings import held  # noqa: PLC0415  (as above)

        places = self._places()
        if others := places.other_fields:
            raise NotImplementedError(
                f"MlFlowReporter cannot look up machines: the experiment {self.experiment!r} depends on "
                f"{', '.join(sorted(others))}, not only on project and name"
            )
        return held(self._open_tracking(), keys, places)

    def machines(self, *, all_revisions: bool = False) -> Iterator[StoredMachine]:
        """Yield the machines with a finished run, newest first, in the experiments of its template.

        Raises:
            TransientReporterError: the server cannot be reached.
            MlflowLoggingError: it refuses.
        """
        from newsdesk_mlflow.reading.listing import stored_machines  # noqa: PLC0415  (as above)

        yield from stored_machines(self._open_tracking(), self._places(), all_revisions=all_revisions)

    def fetch(self, name: str, project_name: str | None = None, revision: str | None = None) -> Machine:
        """Read a machine's record, the one that was reported last by default.

        Raises:
            MachineDoesNotExist: no finished run has it.
            AmbiguousMachine: several projects have one of that name, and `project_name` is missing.
            TransientReporterError: the server cannot be reached.
            MlflowLoggingError: it refuses, or the record is missing or damaged.
        """
        from newsdesk_mlflow.reading.fetching import fetch  # noqa: PLC0415  (as above)

        is_tagged = NAME not in (self.tags or {})
        return fetch(self._open_tracking(), self._places(), name, project_name, revision, is_tagged=is_tagged)

    def plan(self, machine: Machine) -> Plan:
        """Return what would be sent for a new machine."""
        return self._payload(machine, self.expected_uri()).plan

    def findings(self, *, ping: bool) -> Iterator[Finding]:
        """Return flavour and limits; with `ping` versions, where artifacts go, and runs that never ended."""
        from newsdesk_mlflow.checks import of_leftovers, of_parameters, of_server  # noqa: PLC0415  (the doctor's)

        yield from of_parameters(
            self.expected_uri, self.limits, self.experiment, lacks_workspace=lambda: self.lacks_workspace
        )
        if ping:
            tracking = self._open_tracking()
            yield from of_server(tracking, limits_for(self.limits, tracking.uri))
            yield from of_leftovers(self._tracking_uri(), self._log_in, self.limits)

    def _payload(self, machine: Machine, tracking_uri: str | None) -> Payload:
        return build_payload(
            machine,
            model_key_of(machine, self.model_builder_class),
            NameTemplates(self.experiment, self.run_name, self.tags or {}),
            limits_for(self.limits, tracking_uri),
            Choice(self.per_tag_metrics, self.metrics, self.dataset, self.figure),
        )

    def _places(self) -> "Places":
        from newsdesk_mlflow.mapping.naming.places import Places  # noqa: PLC0415  (only to read back)

        return Places.of_template(self.experiment, limits_for(self.limits, self._open_tracking().uri))

    def _open_tracking(self) -> "Tracking":
        if self.tracking is None:
            raise MlflowLoggingError(
                "the reporter was closed while in use; keep it open until all reports are done"
            )
        return self.tracking

    def _tracking_uri(self) -> str | None:
        workspace = self._workspace()
        if not workspace:
            return self.tracking_uri
        return auth.workspace_tracking_uri(workspace, self._log_in())

    def _log_in(self) -> auth.Login:
        return auth.log_in(self._service_principal(), self.credential, self.cloud)

    def expected_uri(self) -> str | None:
        """Give the tracking URI as far as it is known without asking anybody; None is MLflow's default."""
        if self._workspace():
            return "azureml://"
        default = "azureml://" if self._needs_workspace else None
        return self.tracking_uri or os.environ.get("MLFLOW_TRACKING_URI") or default

    @property
    def lacks_workspace(self) -> bool:
        """Whether it must deliver to a workspace, and neither its parameters nor the environment name one."""
        uri = self.tracking_uri or os.environ.get("MLFLOW_TRACKING_URI") or ""
        return self._needs_workspace and not self._workspace() and not uri.startswith(("azureml:", "${"))

    @property
    def _needs_workspace(self) -> bool:
        return self.defined_as == "azureml"

    def _workspace(self) -> Mapping[str, str]:
        if self.tracking_uri is not None or self.workspace_kwargs is not None:
            return self.workspace_kwargs or {}
        return auth.get_workspace_kwargs() if os.environ.get(auth.WORKSPACE_VARIABLE) else {}

    def _service_principal(self) -> Mapping[str, str]:
        if self.service_principal_kwargs is not None or self.credential is not None:
            return self.service_principal_kwargs or {}
        return auth.get_spauth_kwargs() if os.environ.get(auth.SERVICE_PRINCIPAL_VARIABLE) else {}

    def _faults(self) -> list[Fault]:
        tags = self.tags or {}
        faults = [
            *template_faults(self.experiment, "experiment"),
            *template_faults(self.run_name, "run_name"),
        ]
        for key, value in tags.items():
            faults += template_faults(value, f"tags.{key}")
        faults += [
            Fault(f"tags.{key}", "newsdesk sets this tag; choose another name")
            for key in tags
            if key in RESERVED
        ]
        if (uri := self.tracking_uri) is not None and not is_reference(uri) and (problem := uri_problem(uri)):
            faults.append(Fault("tracking_uri", problem))
        faults += auth.workspace_faults(self.workspace_kwargs)
        faults += auth.service_principal_faults(self.service_principal_kwargs)
        if self.tracking_uri is not None and self.workspace_kwargs:
            faults.append(
                Fault("workspace_kwargs", "a workspace has its own tracking URI; give only one of the two")
            )
        if self.service_principal_kwargs and self.credential is not None:
            faults.append(
                Fault("credential", "a service principal is the credential; give only one of the two")
            )
        faults += choice_faults("metrics", "choice", self.metrics, METRICS)
        faults += [*auth.credential_faults(self.credential), *auth.cloud_faults(self.cloud)]
        return [*faults, *limit_faults(self.limits)]
