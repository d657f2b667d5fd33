"""Manifests and commands that the docs show without running them: checked against schemas and options."""

import json
import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

import click
import pytest
import yaml
from jsonschema import Draft202012Validator
from newsdesk.cli import main
from newsdesk.config.file import Config

kubernetes_validate = pytest.importorskip("kubernetes_validate", reason="the dependency group 'docs'")

ROOT = Path(__file__).parents[1]


@dataclass
class Page:
    """A page with manifests."""

    name: str

    @property
    def text(self) -> str:
        return (ROOT / "docs" / f"{self.name}.md").read_text("utf-8")

    @cached_property
    def manifests(self) -> list[dict[str, Any]]:
        texts = re.findall(r"^```yaml\n(.*?)^```$", self.text, re.MULTILINE | re.DOTALL)
        return [document for document in map(yaml.safe_load, texts) if "apiVersion" in document]

    def of_kind(self, kind: str) -> dict[str, dict[str, Any]]:
        """Return the manifests of a kind by name."""
        return {item["metadata"]["name"]: item for item in self.manifests if item["kind"] == kind}


class Pod(NamedTuple):
    """A pod's spec and its containers."""

    page: Page
    spec: dict[str, Any]
    containers: list[dict[str, Any]]

    @property
    def config(self) -> str:
        """The config that it mounts."""
        [name] = [volume["configMap"]["name"] for volume in self.spec["volumes"] if "configMap" in volume]
        return self.page.of_kind("ConfigMap")[name]["data"]["newsdesk.yaml"]


KUBERNETES, AZUREML, GORDO = Page("kubernetes"), Page("azureml"), Page("move-from-gordo")
PAGES = [KUBERNETES, AZUREML, GORDO]

# Also indented blocks in lists.
SHOWN = [
    block
    for path in sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
    for block in re.findall(r"^ *```text\n(.*?)^ *```$", path.read_text("utf-8"), re.MULTILINE | re.DOTALL)
]
COMMANDS = [line.strip() for block in SHOWN for line in block.splitlines() if line.startswith("newsdesk ")]


def ident(value: object) -> str | None:
    if isinstance(value, Page):
        return value.name
    if isinstance(value, Pod):
        return f"{value.page.name}-pod"
    if not isinstance(value, dict):
        return None
    if "command" in value:
        return "-".join(value["command"][1:3]).replace("/", "")
    return f"{value['kind']}-{value['metadata'].get('name') or value['metadata']['generateName']}"


def pods(page: Page) -> Iterator[Pod]:
    for manifest in page.manifests:
        spec = manifest.get("spec", {})
        if manifest["kind"] == "Workflow":
            containers = [item["container"] for item in spec["templates"] if "container" in item]
            yield Pod(page, spec, containers)
        elif manifest["kind"] in ("Job", "CronJob"):
            pod = spec.get("jobTemplate", manifest)["spec"]["template"]["spec"]
            yield Pod(page, pod, [*pod.get("initContainers", []), *pod["containers"]])


PODS = [pod for page in PAGES for pod in pods(page)]
OURS = [
    (pod, container)
    for pod in PODS
    for container in pod.containers
    if container.get("command", [""])[0] == "newsdesk"
]


def unknown_in(words: Sequence[str]) -> list[str]:
    """Return the parts of a command line that newsdesk does not have: the command, or options."""
    command: click.Command = main
    rest = list(words[1:])
    while isinstance(command, click.Group):
        if not rest:
            return [" ".join(words)]
        found = command.get_command(click.Context(command), rest[0])
        if found is None:
            return [rest[0]]
        command = found
        del rest[0]
    known = {option for parameter in command.params for option in parameter.opts + parameter.secondary_opts}
    return sorted(options_of(rest) - known)


def options_of(words: Sequence[str]) -> set[str]:
    return {word.partition("=")[0] for word in words if word.startswith("-")}


@pytest.mark.parametrize("manifest", [item for page in PAGES for item in page.manifests], ids=ident)
def test_a_manifest_is_what_kubernetes_takes(manifest):
    if manifest["apiVersion"].startswith("argoproj.io/"):
        pytest.skip("Argo's own kind: Kubernetes has no schema for it")
    latest = kubernetes_validate.latest_version()
    kubernetes_validate.validate(manifest, latest, strict=True)


@pytest.mark.parametrize("page", PAGES, ids=ident)
def test_the_configs_in_manifests_can_be_used(page):
    schema = Draft202012Validator(json.loads((ROOT / "docs/newsdesk.schema.json").read_text("utf-8")))
    texts = [item["data"]["newsdesk.yaml"] for item in page.of_kind("ConfigMap").values()]
    assert texts
    for text in texts:
        assert Config.from_yaml(text).routes
        assert [fault.message for fault in schema.iter_errors(yaml.safe_load(text))] == []


def test_the_pages_run_newsdesk_in_jobs_a_cron_job_and_a_workflow():
    assert {manifest["kind"] for manifest in KUBERNETES.manifests} >= {"Job", "CronJob", "Workflow"}
    assert {manifest["kind"] for manifest in AZUREML.manifests} == {"ServiceAccount", "ConfigMap", "Job"}
    assert {manifest["kind"] for manifest in GORDO.manifests} == {"Job", "ConfigMap", "Secret"}
    assert len(OURS) == 6


@pytest.mark.parametrize("container", [container for _, container in OURS], ids=ident)
def test_a_command_in_a_manifest_exists_with_its_options(container):
    assert options_of(container["command"]) >= {"--config"}
    assert unknown_in(container["command"]) == []


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_that_a_page_only_shows_exists_with_its_options(command):
    assert unknown_in(shlex.split(command, comments=True)) == []


def test_commands_that_pages_only_show_are_found():
    assert len(COMMANDS) >= 6
    assert "newsdesk check --config /etc/newsdesk/newsdesk.yaml --ping" in COMMANDS


@pytest.mark.parametrize(
    ("command", "unknown"),
    [
        ("newsdesk report x.json --config c.yaml --workers=8", []),
        ("newsdesk outbox send --deadline 540 --dedline 3 -x", ["--dedline", "-x"]),
        ("newsdesk reprot x.json", ["reprot"]),
        ("newsdesk outbox", ["newsdesk outbox"]),
    ],
)
def test_what_a_command_does_not_have_is_found(command, unknown):
    assert unknown_in(command.split()) == unknown


@pytest.mark.parametrize(("pod", "container"), OURS, ids=ident)
def test_what_a_config_refers_to_is_there_in_the_pod(pod, container):
    text = pod.config
    given = {item["name"] for item in container.get("env", [])}
    mounts = [PurePosixPath(mount["mountPath"]) for mount in container["volumeMounts"]]
    assert set(re.findall(r"\$\{env:(\w+)\}", text)) <= given
    config = container["command"][container["command"].index("--config") + 1]
    outbox = yaml.safe_load(text).get("outbox")
    place = outbox["path"] if isinstance(outbox, dict) else outbox
    for path in [config, *([place] if place and "://" not in place else [])]:
        assert any(PurePosixPath(path).is_relative_to(mount) for mount in mounts), path


@pytest.mark.parametrize("pod", PODS, ids=ident)
def test_what_a_pod_mounts_is_declared_on_the_page(pod):
    volumes = {volume["name"]: volume for volume in pod.spec["volumes"]}
    for container in pod.containers:
        assert {mount["name"] for mount in container.get("volumeMounts", [])} <= volumes.keys()
        for variable in container.get("env", []):
            if reference := variable.get("valueFrom", {}).get("secretKeyRef"):
                assert reference["key"] in pod.page.of_kind("Secret")[reference["name"]]["stringData"]
    claims = {
        item["persistentVolumeClaim"]["claimName"]
        for item in volumes.values()
        if "persistentVolumeClaim" in item
    }
    declared = pod.page.of_kind("PersistentVolumeClaim").keys()
    assert claims <= declared | {"models"}, "the models' claim is the reader's own"
    if account := pod.spec.get("serviceAccountName"):
        assert account in pod.page.of_kind("ServiceAccount")


def test_a_job_reports_from_a_volume_that_its_builder_writes_to():
    for page in (KUBERNETES, AZUREML):
        [job] = page.of_kind("Job").values()
        pod = job["spec"]["template"]["spec"]
        [build], [report] = pod["initContainers"], pod["containers"]
        shared = {mount["mountPath"] for mount in build["volumeMounts"] if mount in report["volumeMounts"]}
        record = PurePosixPath(report["command"][2])
        assert any(record.is_relative_to(folder) for folder in shared)


def test_the_exit_codes_that_fail_a_job_are_those_of_a_report():
    told = {int(code) for code in re.findall(r"^\| (\d+) \|", KUBERNETES.text, re.MULTILINE)}
    for page in PAGES:
        [job] = page.of_kind("Job").values()
        [rule] = job["spec"]["podFailurePolicy"]["rules"]
        assert set(rule["onExitCodes"]["values"]) <= told
