"""What is secret, and how it is masked.

May import: nothing of newsdesk.
"""

from newsdesk.secrets.errors import mask_error
from newsdesk.secrets.masking import (
    MASK,
    leaves,
    leaves_by_name,
    mask,
    mask_by_name,
    mask_reporters,
    mask_text,
)
from newsdesk.secrets.names import (
    Public,
    Secret,
    is_public,
    is_secret,
    names_secret,
    of_environment,
    tells_place,
)

__all__ = [
    "MASK",
    "Public",
    "Secret",
    "is_public",
    "is_secret",
    "leaves",
    "leaves_by_name",
    "mask",
    "mask_by_name",
    "mask_error",
    "mask_reporters",
    "mask_text",
    "names_secret",
    "of_environment",
    "tells_place",
]
