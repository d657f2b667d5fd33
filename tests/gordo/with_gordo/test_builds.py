"""`gordo build` of two machines, reported in each way that the page documents, to real servers.

Commands, the Dockerfile and the configs are those of the page; only addresses and passwords are replaced.
"""

import json
import re
import shlex
import sysconfig
from functools import partial, reduce
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml

from tests.gordo.with_gordo.conftest import PAGE, listing

pytestmark = pytest.mark.timeout(1800)

HOST = "gordo-postgres-north-plant"
DOWN = "http://127.0.0.1:9"
NAMES = ["ct-23-0001", "ct-23-0002"]
PEEWEE = """
import sys
from gordo.reporters.postgres import Machine, db
host, port, password = sys.argv[1:4]
db.init("postgres", host=host, port=int(port), user="postgres", password=password)
for row in Machine.select().order_by(Machine.name):
    print("row", row.name, row.dataset["resolution"], sorted(row.metadata))
print("got", Machine.get(Machine.name == "ct-23-0001").name)
"""
IN_A_BUILDER = """
import json, os, sys, yaml
import newsdesk
from gordo.builder import ModelBuilder
from gordo.machine import Machine, load_model_config
config = yaml.safe_load(os.environ["MACHINE"])
machine = Machine.from_config(load_model_config(config), project_name=config["project_name"])
_, machine_out = ModelBuilder(machine).build(sys.argv[1], os.environ["MODEL_REGISTER_DIR"])
for receipt in newsdesk.report(machine_out):
    print("receipt", receipt.reporter, receipt.status)
"""


def shown(start):
    """Return the one command in a `text` block of the page that begins so."""
    texts = re.findall(r"^```text\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    [line] = [line for text in texts for line in text.splitlines() if line.startswith(start)]
    return shlex.split(line)


def image_variables():
    """Return what the page's Dockerfile and its second block set."""
    blocks = re.findall(r"^```dockerfile\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    return dict(re.findall(r"^ENV (\w+)=(\S+)$", "\n".join(blocks), re.MULTILINE))


@pytest.fixture(scope="module")
def pods(beside, tmp_path_factory):
    """The environment of each builder pod, as gordo's workflow gives it, and a shared register of models."""
    folder = tmp_path_factory.mktemp("workflow")
    folder.joinpath("project.yaml").write_text(listing("yaml", "# project.yaml"))
    programs = tmp_path_factory.mktemp("programs")
    programs.joinpath("argo").write_text("#!/bin/sh\necho 'argo: v3.6.2'\n")  # it is asked for its version
    programs.joinpath("argo").chmod(0o755)
    path = f"{beside.original.python.parent}:{programs}:/usr/bin:/bin"
    beside.run(*shown("gordo workflow generate"), cwd=folder, PATH=path, **image_variables())
    workflow = yaml.safe_load((folder / "workflow.yaml").read_text())
    templates = {template["name"]: template for template in workflow["spec"]["templates"]}
    assert templates["model-builder"]["container"]["command"] == [
        "build"
    ]  # a script that calls `gordo build`
    assert "gordo build" in (beside.original.source / "build.sh").read_text()
    machines = sorted(set(_machines(workflow)))
    assert [json.loads(machine)["name"] for machine in machines] == NAMES
    register = str(tmp_path_factory.mktemp("register"))
    return [{"MACHINE": machine, "MODEL_REGISTER_DIR": register} for machine in machines]


def _machines(value):
    """Return the parameters `machine` of a workflow."""
    if isinstance(value, dict):
        if value.get("name") == "machine" and "value" in value:
            yield value["value"]
        value = list(value.values())
    for item in value if isinstance(value, list) else ():
        yield from _machines(item)


@pytest.fixture(scope="module")
def place(postgres_server):
    at = urlsplit(postgres_server.url)
    return {"host": at.hostname, "port": at.port, "password": at.password}


class Cluster:
    """The builder pods of a workflow, the servers that they report to, and a folder."""

    def __init__(self, gordo, pods, servers, folder):
        self.gordo, self.pods, self.folder = gordo, pods, folder
        self.mlflow, self.postgres = servers
        self.to_mlflow = {"MLFLOW_TRACKING_URI": self.mlflow.url}
        self._runs = {name: self.mlflow.runs(name) for name in NAMES}

    def build(self, pod, *, status=0, gordo=None, **variables):
        """Run the page's `gordo build`."""
        name = json.loads(pod["MACHINE"])["name"]
        places = {
            "OUTPUT_DIR": self.folder / "models" / name,
            "EXCEPTIONS_REPORTER_FILE": self.folder / "exc.json",
        }
        variables = {name: str(path) for name, path in places.items()} | pod | variables
        return (gordo or self.gordo).run(
            *shown("gordo build"), cwd=self.folder, status=(status,), **variables
        )

    def rows(self):
        return [name for (name,) in self.postgres.query("SELECT name FROM machine ORDER BY name")]

    def new_runs(self, name):
        """Return the runs of a machine that this test has made; all of them must have finished."""
        new = [run for run in self.mlflow.runs(name) if run not in self._runs[name]]
        assert {status for _, _, status in new} <= {"FINISHED"}
        return [run_id for run_id, _, _ in new]


@pytest.fixture
def cluster(beside, pods, mlflow_server, postgres_server, tmp_path):
    postgres_server.query("DROP TABLE IF EXISTS machine")
    return Cluster(beside, pods, (mlflow_server, postgres_server), tmp_path)


@pytest.fixture
def newsdesk(run, tmp_path):
    """Return a function that runs the command of this environment, which has no gordo."""
    return partial(run, Path(sysconfig.get_path("scripts"), "newsdesk"), cwd=tmp_path)


@pytest.fixture
def config(tmp_path, place):
    """The page's config, with this PostgreSQL and an outbox here; returns a function that writes it."""

    def write(*, deadline=60, required="true"):
        document = yaml.safe_load(listing("yaml", "# reporting.yaml"))
        postgres = document["reporters"][1]["postgres"]
        assert postgres == {"host": HOST, "password": "${env:POSTGRES_PASSWORD}"}
        postgres |= {"host": place["host"], "port": place["port"]}
        document["reporters"][0] = {"mlflow": {}, "required": yaml.safe_load(required)}
        document["outbox"]["path"] = str(tmp_path / "owed.db")
        document["deadline"] = deadline
        path = tmp_path / "reporting.yaml"
        path.write_text(yaml.safe_dump(document))
        return {"NEWSDESK_CONFIG": str(path), "POSTGRES_PASSWORD": place["password"]}

    return write


def with_reporters(pod, *reporters):
    """Return a pod whose machine has these reporters, as JSON in JSON, which is what gordo's workflow has."""
    machine = json.loads(pod["MACHINE"])
    runtime = json.loads(machine["runtime"])
    runtime["reporters"] = list(reporters)
    return pod | {"MACHINE": json.dumps(machine | {"runtime": json.dumps(runtime)})}


def test_the_image_builds_and_reports_two_machines_by_a_config(cluster, config):
    for pod in cluster.pods:
        text = cluster.build(pod, **image_variables() | config() | cluster.to_mlflow)
        name = json.loads(pod["MACHINE"])["name"]
        assert f"north-plant/{name} at mlflow: {cluster.mlflow.url}" in text
        assert f"north-plant/{name} at postgres: postgresql://" in text
    assert cluster.rows() == NAMES
    assert [len(cluster.new_runs(name)) for name in NAMES] == [1, 1]


def test_without_a_config_a_machine_goes_to_its_own_reporters_with_masked_passwords(cluster, place):
    own = {"gordo.reporters.postgres.PostgresReporter": place}
    pod = with_reporters(cluster.pods[0], "gordo.reporters.mlflow.MlFlowReporter", own)
    variables = {"MODEL_BUILDER_CLASS": image_variables()["MODEL_BUILDER_CLASS"]}
    cluster.build(pod, **variables, **cluster.to_mlflow)
    assert cluster.rows() == NAMES[:1]
    assert (
        place["password"] in (cluster.folder / "models" / NAMES[0] / "metadata.json").read_text()
    )  # gordo's own file
    [run_id] = cluster.new_runs(NAMES[0])
    assert place["password"].encode() not in cluster.mlflow.content(run_id)["artifacts"]["metadata.json"]
    [(text,)] = cluster.postgres.query("SELECT m::text FROM machine AS m")
    assert place["password"] not in text


def test_with_mlflow_down_and_first_the_row_is_there_the_record_is_kept_and_gordo_exits_with_90(
    cluster, config, newsdesk
):
    reporting = config(deadline=15)
    text = cluster.build(
        cluster.pods[0], status=90, **image_variables() | reporting, MLFLOW_TRACKING_URI=DOWN
    )
    assert "gordo.reporters.exceptions.ReporterException: 1 of 2 deliveries failed" in text
    said = json.loads((cluster.folder / "exc.json").read_text())
    assert said["type"] == "ReporterException"
    assert "mlflow (spooled): cannot connect to http://127.0.0.1:9" in said["message"]
    assert cluster.rows() == NAMES[:1]
    options = ("--config", reporting["NEWSDESK_CONFIG"])
    variables = {"POSTGRES_PASSWORD": reporting["POSTGRES_PASSWORD"], **cluster.to_mlflow}
    assert "mlflow: 1 owed" in newsdesk("outbox", "status", *options, **variables).stdout
    assert "mlflow: 1 delivered" in newsdesk("outbox", "send", *options, **variables).stdout
    assert len(cluster.new_runs(NAMES[0])) == 1


def test_with_required_spooled_an_outage_of_mlflow_does_not_fail_the_build(cluster, config):
    reporting = image_variables() | config(deadline=15, required="spooled")
    cluster.build(cluster.pods[0], **reporting, MLFLOW_TRACKING_URI=DOWN)
    assert cluster.rows() == NAMES[:1]


def test_a_wrong_reporter_is_refused_before_the_build_and_gordo_exits_with_100(cluster):
    pod = with_reporters(cluster.pods[0], {"gordo.reporters.postgres.PostgresReporter": {"hots": "db"}})
    variables = {"MODEL_BUILDER_CLASS": image_variables()["MODEL_BUILDER_CLASS"]}
    assert "did you mean 'host'?" in cluster.build(pod, status=100, **variables)
    assert not (cluster.folder / "models").exists()


def test_a_second_container_reports_what_gordo_alone_has_built(cluster, alone, place, newsdesk):
    """gordo's environment has no newsdesk here; this environment, which reports, has no gordo."""
    volume = cluster.folder / "gordo/models/north-plant/models/1"
    for pod in cluster.pods:
        name = json.loads(pod["MACHINE"])["name"]
        cluster.build(with_reporters(pod), gordo=alone, OUTPUT_DIR=str(volume / name))
    texts = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    manifests = {item.get("kind"): item for item in map(yaml.safe_load, texts)}
    document = yaml.safe_load(manifests["ConfigMap"]["data"]["newsdesk.yaml"])
    document["reporters"][1]["postgres"] |= {"host": place["host"], "port": place["port"]}
    (cluster.folder / "newsdesk.yaml").write_text(yaml.safe_dump(document))
    here = {"/gordo/": f"{cluster.folder}/gordo/", "/etc/newsdesk/": f"{cluster.folder}/"}
    job = manifests["Job"]["spec"]["template"]["spec"]["containers"][0]["command"]
    for command, reported in ((shown("newsdesk report /gordo"), NAMES[:1]), (job, NAMES)):
        words = [reduce(lambda text, old: text.replace(old, here[old], 1), here, word) for word in command]
        newsdesk(*words[1:], POSTGRES_PASSWORD=place["password"], **cluster.to_mlflow)
        assert cluster.rows() == reported
    assert [len(cluster.new_runs(name)) for name in NAMES] == [1, 1]


def test_one_line_in_a_builder_reports_to_the_machines_own_reporters(cluster, place):
    assert "newsdesk.report(machine_out)" in PAGE
    own = {"gordo.reporters.postgres.PostgresReporter": place}
    pod = with_reporters(cluster.pods[1], "gordo.reporters.mlflow.MlFlowReporter", own)
    arguments = ("-c", IN_A_BUILDER, cluster.folder / "models")
    text = cluster.gordo.run("python", *arguments, cwd=cluster.folder, **pod, **cluster.to_mlflow)
    assert re.findall(r"^receipt (\S+) (\w+)", text, re.MULTILINE) == [
        ("gordo.reporters.mlflow.MlFlowReporter", "delivered"),
        ("gordo.reporters.postgres.PostgresReporter", "delivered"),
    ]
    assert cluster.rows() == NAMES[1:]


def _ours(place):
    """Return the reporters of the page that name our classes, for this PostgreSQL."""
    shown_reporters = yaml.safe_load(listing("yaml", "# our-classes.yaml"))["globals"]["runtime"]["reporters"]
    assert shown_reporters[1] == {"newsdesk_postgres.PostgresReporter": {"host": HOST}}
    return [shown_reporters[0], {"newsdesk_postgres.PostgresReporter": place}]


def test_our_classes_in_gordos_config_report_by_its_own_loop(cluster, place):
    for pod in cluster.pods:
        cluster.build(with_reporters(pod, *_ours(place)), **cluster.to_mlflow)
    assert cluster.rows() == NAMES
    assert [len(cluster.new_runs(name)) for name in NAMES] == [1, 1]


def test_by_gordos_own_loop_the_first_failure_is_the_end_and_nothing_is_kept(cluster, place):
    pod = with_reporters(cluster.pods[0], *_ours(place))
    text = cluster.build(pod, status=1, MLFLOW_TRACKING_URI=DOWN)
    assert "TransientReporterError: cannot connect to http://127.0.0.1:9" in text
    assert cluster.postgres.query("SELECT to_regclass('machine')::text") == [(None,)]
    assert not [path for path in cluster.folder.rglob("*") if path.suffix == ".db"]


def test_gordos_peewee_class_reads_our_rows(cluster, config, place):
    reporting = image_variables() | config(deadline=15, required="false")
    for pod in cluster.pods:
        cluster.build(pod, **reporting, MLFLOW_TRACKING_URI=DOWN)
    text = cluster.gordo.run("python", "-c", PEEWEE, *map(str, place.values()), cwd=cluster.folder)
    parts = "['build_metadata', 'user_defined']"
    assert [line for line in text.splitlines() if line.startswith(("row ", "got "))] == [
        *(f"row {name} 10T {parts}" for name in NAMES),
        "got ct-23-0001",
    ]
