"""Is all well with this installation, and if not, what is to do?"""

from newsdesk.doctor.checkup import Checkup

__all__ = ["Checkup"]
