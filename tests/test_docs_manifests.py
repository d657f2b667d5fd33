"""The manifests in the docs: of Kubernetes' own schema, with commands that exist and a config that can be used."""

import json
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import click
import kubernetes_validate
import pytest
import yaml
from jsonschema import Draft202012Validator
from newsdesk.cli import main
from newsdesk.config import Config

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/kubernetes.md").read_text("utf-8")
MANIFESTS = [
    yaml.safe_load(text) for text in re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
]
CONFIGS = {item["metadata"]["name"]: item["data"] for item in MANIFESTS if item["kind"] == "ConfigMap"}
SECRETS = {item["metadata"]["name"]: item["stringData"] for item in MANIFESTS if item["kind"] == "Secret"}
CLAIMS = {item["metadata"]["name"] for item in MANIFESTS if item["kind"] == "PersistentVolumeClaim"}


def ident(manifest: dict[str, Any]) -> str:
    return f"{manifest['kind']}-{manifest['metadata'].get('name') or manifest['metadata']['generateName']}"


def pods(manifest: dict[str, Any]) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """Give each thing that has volumes, with the containers that mount them."""
    spec = manifest.get("spec", {})
    if manifest["kind"] == "Workflow":
        yield spec, [item["container"] for item in spec["templates"] if "container" in item]
    elif manifest["kind"] in ("Job", "CronJob"):
        pod = spec.get("jobTemplate", manifest)["spec"]["template"]["spec"]
        yield pod, [*pod.get("initContainers", []), *pod["containers"]]


PODS = [(pod, containers) for manifest in MANIFESTS for pod, containers in pods(manifest)]
OURS = [
    (pod, container)
    for pod, containers in PODS
    for container in containers
    if container.get("command", [""])[0] == "newsdesk"
]


def config_of(pod: dict[str, Any]) -> str:
    """Give the config that a pod mounts."""
    [name] = [volume["configMap"]["name"] for volume in pod["volumes"] if "configMap" in volume]
    return CONFIGS[name]["newsdesk.yaml"]


@pytest.mark.parametrize("manifest", MANIFESTS, ids=ident)
def test_a_manifest_is_what_kubernetes_takes(manifest):
    if manifest["apiVersion"].startswith("argoproj.io/"):
        pytest.skip("Argo's own kind: Kubernetes has no schema of it")
    latest = kubernetes_validate.latest_version()
    kubernetes_validate.validate(manifest, latest, strict=True)


@pytest.mark.parametrize("name", CONFIGS)
def test_the_config_in_a_manifest_can_be_used(name):
    text = CONFIGS[name]["newsdesk.yaml"]
    assert Config.from_yaml(text).routes
    schema = Draft202012Validator(json.loads((ROOT / "docs/newsdesk.schema.json").read_text("utf-8")))
    assert [fault.message for fault in schema.iter_errors(yaml.safe_load(text))] == []


def test_the_page_runs_newsdesk_in_a_job_a_cron_job_and_a_workflow():
    assert {manifest["kind"] for manifest in MANIFESTS} >= {"Job", "CronJob", "Workflow"}
    assert len(OURS) == 3


@pytest.mark.parametrize(
    "container", [container for _, container in OURS], ids=lambda item: item["command"][1]
)
def test_a_command_in_a_manifest_exists_with_its_options(container):
    words = container["command"][1:]
    command: click.Command = main
    context = click.Context(main)
    while isinstance(command, click.Group):
        found = command.get_command(context, words.pop(0))
        assert found is not None
        command = found
    known = {option for parameter in command.params for option in parameter.opts}
    options = [word for word in words if word.startswith("-")]
    assert options
    assert set(options) - known == set()


@pytest.mark.parametrize(("pod", "container"), OURS, ids=lambda item: str(item.get("name", "pod")))
def test_what_a_config_refers_to_is_there_in_the_pod(pod, container):
    text = config_of(pod)
    given = {item["name"] for item in container["env"]}
    mounts = [PurePosixPath(mount["mountPath"]) for mount in container["volumeMounts"]]
    assert set(re.findall(r"\$\{env:(\w+)\}", text)) <= given
    config = container["command"][container["command"].index("--config") + 1]
    outbox = (yaml.safe_load(text).get("outbox") or {}).get("path")
    for path in filter(None, [config, outbox]):
        assert any(PurePosixPath(path).is_relative_to(mount) for mount in mounts), path


@pytest.mark.parametrize(
    ("pod", "containers"), PODS, ids=lambda item: "" if isinstance(item, dict) else "pod"
)
def test_what_a_pod_mounts_is_declared_on_the_page(pod, containers):
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    for container in containers:
        assert {mount["name"] for mount in container.get("volumeMounts", [])} <= volumes.keys()
        for variable in container.get("env", []):
            if reference := variable.get("valueFrom", {}).get("secretKeyRef"):
                assert reference["key"] in SECRETS[reference["name"]]
    claims = {
        item["persistentVolumeClaim"]["claimName"]
        for item in volumes.values()
        if "persistentVolumeClaim" in item
    }
    assert claims <= CLAIMS | {"models"}, "the models' claim is the reader's own"


def test_the_exit_codes_that_fail_a_job_are_those_of_a_report():
    [job] = [manifest for manifest in MANIFESTS if manifest["kind"] == "Job"]
    [rule] = job["spec"]["podFailurePolicy"]["rules"]
    told = {int(code) for code in re.findall(r"^\| (\d+) \|", PAGE, re.MULTILINE)}
    assert set(rule["onExitCodes"]["values"]) <= told
