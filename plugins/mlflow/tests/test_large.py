"""A record that is far larger than any real one, on a real server."""

import uuid

import pytest
from newsdesk import Machine
from newsdesk_mlflow import MlFlowReporter

pytestmark = pytest.mark.usefixtures("road")


def test_thousands_of_params_and_metrics_arrive_in_as_many_requests_as_were_planned(proxy, server):
    splits = {f"fold-{number}": str(number) for number in range(1_500)}
    history = {"loss": [number / 7 for number in range(3_000)], "params": {"epochs": 3_000}}
    model = {"cross_validation": {"splits": splits}, "model_meta": {"history": history}}
    name = uuid.uuid4().hex
    machine = Machine(name=name, metadata={"build_metadata": {"model": model}})
    reporter = MlFlowReporter(tracking_uri=proxy.url)
    delivery = reporter.report(machine)
    assert not delivery.unchanged
    assert delivery.alterations == []
    sent = sum(request.endswith("log-batch") for request in proxy.requests)
    assert sent == 16  # the server takes a hundred params in a request
    assert reporter.plan(machine).requests == sent + 6
    run = server.run(name)
    points, _ = run.metrics()
    assert len(points) == 3_000
    assert len(run.params) == 1_503
    assert run.artifact("metadata.json") == machine.to_json()
    assert reporter.report(machine).unchanged
