"""Opens an object store by its URL."""

from collections.abc import Mapping
from urllib.parse import unquote

from newsdesk.exceptions import DefinitionError, Fault, PermanentReporterError
from newsdesk.objectstore.store import ObjectStore

SCHEMES = ("s3", "az", "gs")
"""What URLs of object stores begin with; each is followed by `://`, a bucket or container, and a prefix."""

FOLDER = "file"
"""What the URL of a folder begins with, followed by `:///` and its absolute path."""

_INSTALL = "object stores need obstore: pip install 'newsdesk[objects]'"


def is_url(place: str) -> bool:
    """Whether a place is meant as a URL, be it a wrong one, and not as a path."""
    return "://" in place or place.partition(":")[0] in (*SCHEMES, FOLDER)


def faults(url: str, at: str = "url") -> list[Fault]:
    """Return what is wrong with a URL, without opening it."""
    scheme, _, rest = url.partition("://")
    if scheme == FOLDER and rest.startswith("/"):
        rest = rest[1:]
    elif scheme not in SCHEMES or not rest.partition("/")[0]:
        forms = ", ".join(f"{scheme}://BUCKET/PREFIX" for scheme in SCHEMES)
        return [Fault(at, f"must be one of {forms}, {FOLDER}:///FOLDER")]
    if "@" in rest:
        return [Fault(at, "must not hold a login; set it in 'options', or in the environment")]
    if "?" in rest or "#" in rest:
        return [Fault(at, "must not have a query or a fragment; set options of the store in 'options'")]
    if any(part in ("", ".", "..") for part in rest.rstrip("/").split("/")):
        return [Fault(at, "must not have an empty part, '.' or '..'")]
    return []


def folder_of(url: str) -> str | None:
    """Return the path of a URL's folder; None for that of a bucket."""
    return unquote(url.partition("://")[2]) if url.startswith(f"{FOLDER}://") else None


def opened(url: str, options: Mapping[str, str] | None = None, *, timeout: float) -> ObjectStore:
    """Open the objects below a URL.

    Args:
        url: Such as `s3://bucket/prefix`, or `file:///mnt/shared/outbox`.
        options: What obstore's store takes beside it; what is not there, it finds in the environment.
        timeout: Seconds for one request.

    Raises:
        DefinitionError: the URL has no valid form.
        PermanentReporterError: obstore is not installed, or refuses the options.
    """
    if wrong := faults(url):
        raise DefinitionError("the object store cannot be used", wrong)
    if (folder := folder_of(url)) is not None:
        from newsdesk.objectstore.folder import FolderStore  # noqa: PLC0415  (only for those who have one)

        return FolderStore(folder, timeout)
    from newsdesk.objectstore.remote import RemoteStore  # noqa: PLC0415  (only for those who have a store)

    try:
        return RemoteStore(url.rstrip("/"), options or {}, timeout)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "obstore":
            raise
        raise PermanentReporterError(_INSTALL) from error
