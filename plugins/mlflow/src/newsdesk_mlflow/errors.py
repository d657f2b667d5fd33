"""The errors of this plugin.

TransientReporterError      worth another try
└ GoneError                the run or experiment was deleted meanwhile
└ KeptError             the run keeps an artifact that cannot be replaced
PermanentReporterError      another try will not help
└ MlflowLoggingError
"""

from newsdesk import PermanentReporterError, TransientReporterError


class MlflowLoggingError(PermanentReporterError):
    """MLflow refused, or something needed to reach it is wrong or missing: another try will not help."""


class GoneError(TransientReporterError):
    """The run or the experiment was deleted meanwhile: look again, and make a new one."""


class KeptError(GoneError):
    """The run keeps an artifact of an interrupted delivery: give the run up, and make a new one."""
