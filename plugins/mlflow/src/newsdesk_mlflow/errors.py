"""The errors of this plugin.

TransientReporterError      worth another try
└ GoneError                 the run or experiment was deleted meanwhile
  └ KeptError               the run keeps an artifact that cannot be replaced
PermanentReporterError      another try will not help
└ MlflowLoggingError
  └ RefusedError           the server refuses the login, or what it may do
"""

from newsdesk import PermanentReporterError, TransientReporterError


class MlflowLoggingError(PermanentReporterError):
    """MLflow refused, or something needed to reach it is wrong or missing: another try will not help."""


class RefusedError(MlflowLoggingError):
    """The server refuses the login (401), or what it may do (403): nothing more is sent with it."""


class GoneError(TransientReporterError):
    """The run or the experiment was deleted meanwhile: look again, and make a new one."""


class KeptError(GoneError):
    """The run keeps an artifact of an interrupted delivery: give the run up, and make a new one."""
