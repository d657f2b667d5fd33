"""Object stores over a network; the only module that imports obstore."""

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, NoReturn

from newsdesk.contract.http_status import error_for_status
from newsdesk.exceptions import DeliveryError, PermanentReporterError, TransientReporterError
from newsdesk.objectstore.store import ConflictError, Found, Listed, Version, unconditional

PAGE = 1_000
"""Objects of one answer to a listing; S3 gives no more."""

_QUERY = re.compile(r"[?][^ ]*")
_STATUS = re.compile(r"status code: (\d{3})")
_NOT_FOUND, _NOT_IMPLEMENTED = 404, 501
_CONNECT = 5.0
"""Seconds to connect, at most."""
_NO_BUCKET = ("NoSuchBucket", "ContainerNotFound")
_ABSENT = "newsdesk-does-not-exist"

_CLIENT = re.compile(
    r"(?i)(?:aws_|azure_|google_)?("
    r"allow_http|allow_invalid_certificates|connect_timeout|default_content_type|http1_only|"
    r"http2_keep_alive_interval|http2_keep_alive_timeout|http2_keep_alive_while_idle|http2_only|"
    r"pool_idle_timeout|pool_max_idle_per_host|proxy_ca_certificate|proxy_excludes|proxy_url|"
    r"randomize_addresses|read_timeout|root_certificate|timeout|user_agent)"
)
"""Options of obstore's `ClientConfig`, of those that a text can give; as the store's, they make it panic."""

_used_by: list[int] = []
"""The process that made the first request: obstore's threads, one set for all stores, end in a forked child,
where a request would wait for ever; see https://github.com/tokio-rs/tokio/issues/4301."""


class RemoteStore:
    """The objects below a URL such as `s3://bucket/prefix`.

    Args:
        url: The URL, of obstore's forms.
        options: What obstore's store takes beside it, such as `region` or `endpoint`; and its client, such as
            `proxy_url`.
        timeout: Seconds for one request, unless the options have another; it is not repeated.

    Raises:
        PermanentReporterError: the URL or the options cannot be used.
    """

    def __init__(self, url: str, options: Mapping[str, str], timeout: float) -> None:
        from obstore import exceptions, store  # noqa: PLC0415  (an extra)

        self._url = url
        self._base_error: type[Exception] = exceptions.BaseError
        self._conflicts = (exceptions.AlreadyExistsError, exceptions.PreconditionError)
        client: Any = {
            "timeout": timedelta(seconds=timeout),
            "connect_timeout": timedelta(seconds=min(timeout, _CONNECT)),
        }
        config: Any = {name: value for name, value in options.items() if not _CLIENT.fullmatch(name)}
        if any("http://" in value for value in config.values()):  # a store in the same cluster
            client["allow_http"] = True
        for name, value in options.items():
            if found := _CLIENT.fullmatch(name):
                client[found[1].lower()] = value
        # Retries are newsdesk's, which knows the deadline.
        retries: Any = {"max_retries": 0, "retry_timeout": timedelta(seconds=timeout)}
        with self._errors("connecting", asks=False):
            self._store: Any = store.from_url(url, config=config, client_options=client, retry_config=retries)

    def get(self, path: str) -> Found | None:
        """Read an object."""
        with self._errors(f"reading {path}"):
            try:
                answer = self._store.get(path)
                content = bytes(answer.bytes())
            except FileNotFoundError as error:
                self._refuse_missing_bucket(error)
                return None
        meta = answer.meta
        return Found(content, Version(meta["e_tag"], meta["version"]), meta["last_modified"].timestamp())

    def put(self, path: str, content: bytes) -> None:
        """Write an object."""
        with self._errors(f"writing {path}"):
            self._store.put(path, content, use_multipart=False)

    def create(self, path: str, content: bytes) -> Version:
        """Write an object that is not there yet."""
        return self._put(path, content, "create")

    def replace(self, path: str, content: bytes, version: Version) -> Version:
        """Write an object that has this version."""
        known = {"e_tag": version.e_tag, "version": version.id}
        return self._put(path, content, {name: value for name, value in known.items() if value is not None})

    def delete(self, path: str) -> None:
        """Delete an object."""
        with self._errors(f"deleting {path}"):
            try:
                self._store.delete(path)
            except FileNotFoundError as error:
                self._refuse_missing_bucket(error)

    def list(self, folder: str) -> Iterator[Listed]:
        """Yield the objects below a folder."""
        with self._errors(f"listing {folder or 'all'}"):
            pages = iter(self._store.list(folder or None, chunk_size=PAGE))
        is_empty = True
        while True:
            with self._errors(f"listing {folder or 'all'}"):
                page = next(pages, None)
            if page is None:
                break
            is_empty = is_empty and not page
            yield from (
                Listed(found["path"], found["size"], found["last_modified"].timestamp()) for found in page
            )
        if is_empty:
            self._expect_store(folder)

    def _put(self, path: str, content: bytes, mode: Any) -> Version:
        with self._errors(f"writing {path}"):
            try:
                done = self._store.put(path, content, mode=mode)
            except self._conflicts as error:
                raise ConflictError(path) from error
            except (NotImplementedError, self._base_error) as error:
                if isinstance(error, NotImplementedError) or _status(error) == _NOT_IMPLEMENTED:
                    raise unconditional(self._url) from error
                raise
        return Version(done["e_tag"], done["version"])

    def _refuse_missing_bucket(self, error: FileNotFoundError) -> None:
        """Tell a missing object from a missing bucket; and from a server that knows neither."""
        text = _first_line(str(error))
        if any(name in str(error) for name in _NO_BUCKET):
            raise PermanentReporterError(
                f"{self._url} does not exist: {text}; create the bucket, or correct the URL"
            ) from error

    def _expect_store(self, folder: str) -> None:
        """Refuse a portal that answers everything with a page of HTML, which obstore takes for no objects."""
        if self.get(f"{folder}/{_ABSENT}".lstrip("/")) is not None:
            raise PermanentReporterError(
                f"listing {folder or 'all'} in {self._url}: what answers is not an object store; check the "
                "endpoint"
            )

    @contextmanager
    def _errors(self, doing: str, *, asks: bool = True) -> Iterator[None]:
        """Translate obstore's errors to newsdesk's; `asks` says whether a request is made."""
        _refuse_fork(asks=asks)
        try:
            yield
        except (DeliveryError, ConflictError):
            raise
        except (self._base_error, OSError, ValueError) as error:
            _raise(f"{doing} in {self._url}", error)
        except BaseException as error:
            if type(error).__name__ != "PanicException":  # of PyO3, which cannot be imported
                raise
            _raise(f"{doing} in {self._url}", error)


def _refuse_fork(*, asks: bool) -> None:
    if asks and not _used_by:
        _used_by.append(os.getpid())
    if _used_by and _used_by[0] != os.getpid():
        raise PermanentReporterError(
            "an object store cannot be used in a process that was forked from one that uses it; start the "
            "workers with 'forkserver' or 'spawn', such as ProcessPoolExecutor(mp_context=...)"
        )


def _raise(doing: str, error: BaseException) -> NoReturn:
    text = str(error)
    first = _first_line(text)
    if status := _status(error):
        known = error_for_status(status, doing=doing)
        if status == _NOT_FOUND and any(name in text for name in _NO_BUCKET):
            known = PermanentReporterError(
                f"{doing}: the bucket does not exist; create it, or correct the URL"
            )
        raise known or PermanentReporterError(f"{doing}: {first}") from error
    if "HTTP error" in text or "error sending request" in text or "kind: Timeout" in text:
        how = "no answer in time" if "kind: Timeout" in text else "connection failed"
        raise TransientReporterError(f"{doing}: {how}; check the endpoint and the network") from error
    raise PermanentReporterError(
        f"{doing}: {first}; check the URL, its options and the credentials"
    ) from error


def _status(error: BaseException) -> int | None:
    """Give the status of an answer, which obstore has in its text alone."""
    found = _STATUS.search(_first_line(str(error)))
    return int(found[1]) if found else None


def _first_line(text: str) -> str:
    return _QUERY.sub("", text.partition("\n")[0])  # that of a signed URL is a secret
