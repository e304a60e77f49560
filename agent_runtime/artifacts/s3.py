"""Artifacts in a bucket of any store that speaks S3."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from agent_runtime.artifacts.interface import CannotKeep, as_bytes, checked_name
from agent_runtime.errors import InvalidInput

_FORM = "write  s3://bucket  or  s3://bucket/folder"
_ENCRYPTIONS = frozenset({"AES256", "aws:kms", "aws:kms:dsse"})
_CONNECT_SECONDS, _READ_SECONDS, _ATTEMPTS = 5, 20, 3


@dataclass(frozen=True, slots=True)
class Bucket:
    """Where artifacts go, and how.

    Attributes:
        prefix: in front of every name; "" or it ends with a slash.
        endpoint: of a store that is not Amazon's; None is Amazon's.
        encryption: what the store is asked to encrypt with; None leaves it to the bucket.
        kms_key: of `aws:kms`; None is the account's own.
    """

    name: str
    prefix: str = ""
    endpoint: str | None = None
    encryption: str | None = None
    kms_key: str | None = None

    @classmethod
    def of(cls, url: str, environ: Mapping[str, str]) -> Bucket:
        """The bucket of an `s3://…` URL. Keys and region are found the way every AWS tool finds them.

        Reads AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, AGENTCREWOPS_S3_ENCRYPTION and AGENTCREWOPS_S3_KMS_KEY.

        Raises:
            InvalidInput
        """
        parts = urlsplit(url)
        if parts.scheme != "s3" or not parts.netloc or parts.query or parts.fragment or "@" in parts.netloc:
            raise InvalidInput.one("the artifacts", "their URL names no bucket", _FORM)
        encryption = environ.get("AGENTCREWOPS_S3_ENCRYPTION") or None
        if encryption is not None and encryption not in _ENCRYPTIONS:
            known = ", ".join(sorted(_ENCRYPTIONS))
            raise InvalidInput.one(
                "AGENTCREWOPS_S3_ENCRYPTION", "names no encryption of S3", f"write {known}"
            )
        folder = parts.path.strip("/")
        return cls(
            name=parts.netloc,
            prefix=f"{folder}/" if folder else "",
            endpoint=environ.get("AWS_ENDPOINT_URL_S3") or environ.get("AWS_ENDPOINT_URL") or None,
            encryption=encryption,
            kms_key=environ.get("AGENTCREWOPS_S3_KMS_KEY") or None,
        )

    def uri(self, name: str) -> str:
        """Where the artifact of this name stands, or will stand."""
        return f"s3://{self.name}/{self.prefix}{name}"


class S3:
    """Files in a bucket.

    Raises:
        InvalidInput: boto3 is not installed, or the bucket cannot be used, with the store's own word for why.
    """

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket
        self._client = _client(bucket)

    def uri(self, name: str) -> str:
        """Where the artifact of this name stands, or will stand."""
        return self._bucket.uri(checked_name(name))

    def put(self, name: str, data: bytes | str, content_type: str) -> str:
        """Keep `data` under `name`, whole or not at all; return its `s3://` URI.

        Raises:
            ValueError: the name is not `file` or `run_id/file`.
            CannotKeep: the store refused, or did not answer.
        """
        key = self._bucket.prefix + checked_name(name)
        try:
            self._client.put_object(
                Bucket=self._bucket.name,
                Key=key,
                Body=as_bytes(data),
                ContentType=content_type,
                **self._encryption,
            )
        except _failures() as error:
            raise CannotKeep(f"{self._bucket.uri(name)}: {_reason(error)}") from None
        return self._bucket.uri(name)

    def get(self, name: str) -> bytes | None:
        """What is kept under `name`; None if nothing is.

        Raises:
            CannotKeep: the store refused, or did not answer.
        """
        try:
            answer = self._client.get_object(
                Bucket=self._bucket.name, Key=self._bucket.prefix + checked_name(name)
            )
            return bytes(answer["Body"].read())
        except self._client.exceptions.NoSuchKey:
            return None
        except _failures() as error:
            raise CannotKeep(f"{self._bucket.uri(name)}: {_reason(error)}") from None

    def link(self, name: str, seconds: int) -> str:
        """An address at which a browser gets the artifact for so many seconds, with no key of ours in it."""
        target = {"Bucket": self._bucket.name, "Key": self._bucket.prefix + checked_name(name)}
        return str(self._client.generate_presigned_url("get_object", Params=target, ExpiresIn=seconds))

    @property
    def _encryption(self) -> dict[str, str]:
        asked = {"ServerSideEncryption": self._bucket.encryption, "SSEKMSKeyId": self._bucket.kms_key}
        return {key: value for key, value in asked.items() if value is not None}


def _client(bucket: Bucket) -> Any:
    try:
        import boto3  # takes half a second
        from botocore.config import Config
    except ImportError:
        fix = "install it with it:  agentcrewops[s3]"
        raise InvalidInput.one("the artifacts", "need boto3, which is not installed", fix) from None
    # Checksums that only Amazon's own store takes: others answer 400 to a header they do not know
    # (https://docs.aws.amazon.com/sdkref/latest/guide/feature-dataintegrity.html).
    checksums = "when_supported" if bucket.endpoint is None else "when_required"
    config = Config(
        connect_timeout=_CONNECT_SECONDS,
        read_timeout=_READ_SECONDS,
        retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
        request_checksum_calculation=checksums,
        response_checksum_validation=checksums,
        # Links are otherwise signed the old way, which only Amazon's oldest regions take.
        signature_version="s3v4",
        # A bucket is part of the path off Amazon: few stores have a host name for each.
        s3={"addressing_style": "auto" if bucket.endpoint is None else "path"},
    )
    try:
        client = boto3.session.Session().client("s3", endpoint_url=bucket.endpoint, config=config)
        client.head_bucket(Bucket=bucket.name)
    except _failures() as error:
        fix = "make the bucket, and let the key of this service read and write it"
        raise InvalidInput.one(f"s3://{bucket.name}", f"cannot be used: {_reason(error)}", fix) from None
    return client


def _failures() -> tuple[type[Exception], ...]:
    from botocore.exceptions import BotoCoreError, ClientError

    # ValueError: an endpoint that is no URL.
    return BotoCoreError, ClientError, ValueError


def _reason(error: Exception) -> str:
    """The store's word, without the request that it may quote."""
    answer = getattr(error, "response", None)
    if isinstance(answer, dict):
        status = answer.get("ResponseMetadata", {}).get("HTTPStatusCode", "")
        return f"{answer.get('Error', {}).get('Code', 'refused')} (HTTP {status})"
    return f"{type(error).__name__}: {error}"[:300]
