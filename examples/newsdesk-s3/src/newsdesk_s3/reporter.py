"""S3Reporter: its parameters, and the methods that newsdesk calls."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from newsdesk import (
    BaseReporter,
    DefinitionError,
    Delivery,
    Fault,
    Machine,
    MachineDoesNotExist,
    MachineKey,
    Plan,
    Secret,
    StoredMachine,
    sole_project,
)

if TYPE_CHECKING:
    from newsdesk_s3.client import Client


class S3Reporter(BaseReporter):
    """Puts the record of each machine into a bucket of S3, or of a store that is compatible with it.

    Args:
        bucket: The bucket; it must exist.
        prefix: The beginning of each object's key, such as `machines/`.
        endpoint_url: The store; without it, Amazon's of the region.
        region: The region; without it, what boto3 finds in the environment.
        access_key_id: The key to log in with; without it, what boto3 finds.
        secret_access_key: Its secret.
    """

    _client: "Client"

    def __init__(
        self,
        bucket: str,
        *,
        prefix: str = "",
        endpoint_url: str | None = None,
        region: str | None = None,
        access_key_id: str | None = None,
        secret_access_key: Secret | None = None,
    ) -> None:
        self.bucket = bucket
        self.prefix = prefix
        self.endpoint_url = endpoint_url
        self.region = region
        self.access_key_id = access_key_id
        self.secret_access_key = secret_access_key

    def validate(self) -> None:
        """Check the parameters; here, references such as ${env:S3_URL} are resolved."""
        faults = []
        if self.endpoint_url is not None and not self.endpoint_url.startswith(("http://", "https://")):
            faults.append(Fault("endpoint_url", "must begin with https:// or http://"))
        elif "@" in (self.endpoint_url or ""):  # boto3 would log it
            faults.append(Fault("endpoint_url", "must not hold a login; set access_key_id"))
        if (self.access_key_id is None) != (self.secret_access_key is None):
            faults.append(Fault("secret_access_key", "belongs to access_key_id; give both or neither"))
        if faults:
            raise DefinitionError("S3Reporter cannot be used", faults)

    def open(self) -> None:
        """Import boto3, which is slow, and connect."""
        from newsdesk_s3.client import Client

        self._client = Client(
            self.bucket, self.endpoint_url, self.region, self.access_key_id, self.secret_access_key
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def report(self, machine: Machine) -> Delivery:
        """Put the machine's object, unless it has this revision already.

        Raises:
            TransientReporterError: The store cannot be reached, or is busy.
            PermanentReporterError: It refuses the request.
        """
        key = self._key(machine.key)
        is_new = self._client.put(key, machine.to_json(), machine.revision)
        return Delivery(
            reference=f"s3://{self.bucket}/{key}",
            alterations=machine.key.slug().alterations,
            unchanged=not is_new,
        )

    def holds(self, keys: Sequence[MachineKey]) -> set[MachineKey]:
        """Return the machines that have an object."""
        found = {key for key, _ in self._client.objects(self.prefix)}
        return {key for key in keys if self._key(key) in found}

    def machines(self, *, all_revisions: bool = False) -> Iterator[StoredMachine]:
        """Yield the machines that have an object; each is read, since a listing has no names of machines."""
        for key, time in self._client.objects(self.prefix):
            if (machine := self._read(key)) is not None:
                yield StoredMachine.of(machine, time=time, reference=f"s3://{self.bucket}/{key}")

    def fetch(self, name: str, project_name: str | None = None, revision: str | None = None) -> Machine:
        """Read a machine's object; without a project, the objects that may have its name."""
        if project_name is None:
            project_name = sole_project(name, self._projects(name))
        machine = self._read(self._key(MachineKey(project_name, name)))
        if machine is None:
            raise MachineDoesNotExist(name, project_name)
        return machine

    def ping(self) -> None:
        """Check that the bucket exists and can be used."""
        self._client.check()

    def plan(self, machine: Machine) -> Plan:
        """Preview what `report` would send: a question, and the object."""
        altered, size = machine.key.slug().alterations, len(machine.to_json())
        return Plan(requests=2, items={"objects": 1}, alterations=altered, size=size)

    def _read(self, key: str) -> Machine | None:
        """Return the machine of an object; None if it is not one of ours."""
        record = self._client.get(key)
        if record is None:
            return None
        machine = Machine.from_json(record)
        return machine if self._key(machine.key) == key else None  # or it was copied here

    def _projects(self, name: str) -> Iterator[str]:
        for key, _ in self._client.objects(self.prefix):
            slug = key.removeprefix(self.prefix).removesuffix(".json")
            # `project.name` or `name`; with a digest, the record has the name.
            if "~" in slug or name in (slug, slug.partition(".")[2]):
                machine = self._read(key)
                if machine is not None and machine.name == name:
                    yield machine.project_name

    def _key(self, key: MachineKey) -> str:
        return f"{self.prefix}{key.slug()}.json"
