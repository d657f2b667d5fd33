"""Pure: the endpoints of Azure's clouds."""

import os
from collections.abc import Mapping
from typing import NamedTuple

from newsdesk import Fault

from newsdesk_mlflow.choice import choice_faults
from newsdesk_mlflow.errors import MlflowLoggingError

CLOUD_VARIABLE = "AZUREML_CURRENT_CLOUD"
"""Names the cloud where no parameter does; azureml-mlflow reads it too."""


class Cloud(NamedTuple):
    """One of Azure's clouds."""

    name: str
    """As `az cloud list` and azureml-mlflow have it."""
    resource_manager: str
    """Tells about workspaces; tokens are for it."""
    authority: str
    """Gives tokens: the host of Microsoft Entra ID."""

    @property
    def scope(self) -> str:
        """What a token is asked for: the workspace's own services take the resource manager's."""
        return f"{self.resource_manager}/.default"


# Sources, all of learn.microsoft.com: "Compare Azure Government and global Azure" and "Azure China: check
# endpoints in Azure"; the public cloud's are in the reference of Azure's REST API.
PUBLIC = Cloud("AzureCloud", "https://management.azure.com", "login.microsoftonline.com")
CLOUDS: Mapping[str, Cloud] = {
    cloud.name: cloud
    for cloud in (
        PUBLIC,
        Cloud("AzureChinaCloud", "https://management.chinacloudapi.cn", "login.chinacloudapi.cn"),
        Cloud("AzureUSGovernment", "https://management.usgovcloudapi.net", "login.microsoftonline.us"),
    )
}


def cloud_of(name: str | None) -> Cloud:
    """Give the cloud of that name, or else the one of AZUREML_CURRENT_CLOUD, or else the public one.

    Raises:
        MlflowLoggingError: there is no such cloud.
    """
    wanted = name or os.environ.get(CLOUD_VARIABLE) or PUBLIC.name
    for fault in cloud_faults(wanted):
        raise MlflowLoggingError(f"{'cloud' if name else CLOUD_VARIABLE}: {fault.message}")
    return CLOUDS[wanted]


def cloud_faults(name: str | None) -> list[Fault]:
    """Give what is wrong with the parameter `cloud`."""
    return choice_faults("cloud", "cloud", name, CLOUDS, reference=True)
