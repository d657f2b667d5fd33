"""Which machines a real server holds."""

import uuid

import pytest
from newsdesk import Machine, MachineKey
from newsdesk_mlflow import MlFlowReporter

pytestmark = pytest.mark.usefixtures("road")


def machines(count):
    tag = uuid.uuid4().hex[:8]
    return [Machine(name=f'{tag} it\'s "{number}"', project_name="p") for number in range(count)]


@pytest.mark.parametrize("experiment", ["{name}", "of {project_name} in {name}", "all"])
def test_it_tells_which_machines_have_a_finished_run(server, experiment):
    made = machines(3)
    with MlFlowReporter(tracking_uri=server.url, experiment=experiment) as reporter:
        reporter.report(made[0])
        reporter.report(made[2])
        other = MachineKey("q", made[0].name)
        assert reporter.holds([*(machine.key for machine in made), other]) == {made[0].key, made[2].key}
        assert reporter.holds([]) == set()


def test_it_cannot_tell_where_the_experiment_depends_on_more_than_the_key(server):
    reporter = MlFlowReporter(tracking_uri=server.url, experiment="{name} {revision}")
    with pytest.raises(NotImplementedError, match="depends on revision, not only on project and name"):
        reporter.holds([MachineKey("p", "m")])
