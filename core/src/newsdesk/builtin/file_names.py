"""Pure: any text as a safe file name, and back."""

import hashlib
import re
from urllib.parse import unquote_to_bytes

MAX_LENGTH = 200
"""Characters of an encoded name: file systems allow 255 bytes, and a suffix needs some."""

_UNSAFE = re.compile(rb"[^A-Za-z0-9_\-. ]|^\.|^ |[. ]$|^-")
# Windows refuses these names, with any suffix and in any case.
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?")


class FileName(str):
    """An encoded name."""

    shortened: bool = False
    """Whether it was too long, so that its end is a digest and only the file's content tells the rest."""


def file_name(text: str) -> FileName:
    """Encode a text as one file name that stays in its folder on every system; different texts differ.

    Where a file system does not tell upper from lower case, texts that differ in it alone share a file.

    Unsafe bytes of its UTF-8 are percent-encoded, which `original` undoes. Beyond `MAX_LENGTH` the end is
    replaced by `~` and a digest; `~` occurs in no other encoded name.
    """
    data = text.encode("utf-8", "surrogatepass")
    encoded = _UNSAFE.sub(lambda match: f"%{match[0][0]:02X}".encode(), data).decode("ascii")
    if not encoded:
        return FileName("%")  # no text gives a bare percent sign
    if _RESERVED.fullmatch(encoded):
        encoded = f"%{ord(encoded[0]):02X}{encoded[1:]}"
    if len(encoded) <= MAX_LENGTH:
        return FileName(encoded)
    digest = hashlib.sha256(data).hexdigest()
    name = FileName(f"{encoded[: MAX_LENGTH - len(digest) - 1]}~{digest}")
    name.shortened = True
    return name


def original(name: str) -> str:
    """Give the text that `file_name` encoded.

    Raises:
        ValueError: the name was shortened; read the file instead.
    """
    if "~" in name:
        raise ValueError(f"{name!r} was shortened; the record in the file has the whole name")
    return "" if name == "%" else unquote_to_bytes(name).decode("utf-8", "surrogatepass")
