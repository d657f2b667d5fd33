"""The bucket; the only module that uses boto3."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError, IncompleteReadError
from botocore.exceptions import ConnectionError as BotoConnectionError
from newsdesk import PermanentReporterError, TransientReporterError, error_for_status, remaining_seconds

TIMEOUT = 30.0
"""Seconds that the store may take to answer, if the first deadline leaves as many."""

PAGE = 1_000
"""Objects of one answer to a listing; the store gives no more."""

_REVISION = "newsdesk-revision"
_NOT_FOUND = 404


class Client:
    """A bucket."""

    def __init__(
        self,
        bucket: str,
        endpoint_url: str | None,
        region: str | None,
        access_key_id: str | None,
        secret_access_key: str | None,
    ) -> None:
        self.bucket = bucket
        timeout = remaining_seconds(at_most=TIMEOUT)
        config = Config(
            connect_timeout=timeout,
            read_timeout=timeout,
            retries={"total_max_attempts": 1},  # more are newsdesk's
            # Compatible stores do not know the newer checksums, and have no domain for each bucket.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            s3={"addressing_style": "path" if endpoint_url else "auto"},
        )
        with _errors("logging in"):
            self._s3: Any = boto3.session.Session().client(
                "s3",
                endpoint_url=endpoint_url,
                region_name=region,
                aws_access_key_id=access_key_id,
                aws_secret_access_key=secret_access_key,
                config=config,
            )

    def close(self) -> None:
        """Close the connections."""
        self._s3.close()

    def put(self, key: str, record: bytes, revision: str) -> bool:
        """Write an object; return whether it changed."""
        if self._revision(key) == revision:
            return False
        with _errors(f"writing {key}"):
            # One request, so that a killed delivery writes all or nothing.
            answer = self._s3.put_object(
                Bucket=self.bucket,
                Key=key,
                Body=record,
                ContentType="application/json",
                Metadata={_REVISION: revision},
            )
        _expect_s3(answer, "ETag", f"writing {key}")
        return True

    def get(self, key: str) -> bytes | None:
        """Read an object that `put` has written; return None if there is none."""
        doing = f"reading {key}"
        try:
            with _errors(doing):
                answer = self._s3.get_object(Bucket=self.bucket, Key=key)
                record: bytes = answer["Body"].read()
        except PermanentReporterError as error:
            if _code(error.__cause__) == "NoSuchKey":
                return None
            raise
        _expect_s3(answer, "ETag", doing)
        return record if _REVISION in answer.get("Metadata", {}) else None

    def objects(self, prefix: str) -> Iterator[tuple[str, datetime]]:
        """Yield key and time of all objects that begin so; one page is in memory at a time."""
        listing, doing = self._s3.get_paginator("list_objects_v2"), f"listing {prefix}"
        size = {"PageSize": PAGE}
        pages = iter(listing.paginate(Bucket=self.bucket, Prefix=prefix, PaginationConfig=size))
        while True:
            with _errors(doing):
                page = next(pages, None)
            if page is None:
                return
            _expect_s3(page, "IsTruncated", doing)
            yield from ((found["Key"], found["LastModified"]) for found in page.get("Contents", []))

    def check(self) -> None:
        """Ask for the bucket.

        Raises:
            DeliveryError: It does not exist, or cannot be used.
        """
        with _errors(f"looking for the bucket {self.bucket}"):
            self._s3.head_bucket(Bucket=self.bucket)

    def _revision(self, key: str) -> str | None:
        """Return the revision of an object; None if there is none."""
        try:
            with _errors(f"looking for {key}"):
                found = self._s3.head_object(Bucket=self.bucket, Key=key)
        except PermanentReporterError as error:
            if _status(error.__cause__) == _NOT_FOUND:  # of the object; of the bucket, writing says that
                return None
            raise
        revision: str | None = found.get("Metadata", {}).get(_REVISION)
        return revision


def _expect_s3(answer: Mapping[str, Any], field: str, doing: str) -> None:
    """Refuse the answer of a portal, for example, in which boto3 finds no field."""
    if field not in answer:
        raise PermanentReporterError(f"{doing}: what answers is not S3; check 'endpoint_url'")


@contextmanager
def _errors(doing: str) -> Iterator[None]:
    """Translate boto3's errors to newsdesk's."""
    try:
        yield
    except ClientError as error:
        answer = error.response.get("ResponseMetadata", {})
        status, headers = _status(error) or 0, answer.get("HTTPHeaders", {})
        raise error_for_status(status, headers, doing=doing) or _unusable(doing, error) from error
    except (BotoConnectionError, HTTPClientError, IncompleteReadError) as error:
        raise TransientReporterError(f"{doing}: the store cannot be reached: {error}") from error
    except (BotoCoreError, ValueError) as error:  # ValueError: an address that is not one
        raise _unusable(doing, error) from error


def _status(error: BaseException | None) -> int | None:
    response: Any = getattr(error, "response", {})
    status: int | None = response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    return status


def _code(error: BaseException | None) -> str | None:
    response: Any = getattr(error, "response", {})
    code: str | None = response.get("Error", {}).get("Code")
    return code


def _unusable(doing: str, error: Exception) -> PermanentReporterError:
    return PermanentReporterError(f"{doing}: {error}; check 'endpoint_url' and the credentials")
