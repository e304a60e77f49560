"""Which bucket a URL and the environment name."""

from __future__ import annotations

import pytest

from agent_runtime.artifacts.s3 import Bucket
from agent_runtime.errors import InvalidInput


@pytest.mark.parametrize(
    "url", ["s3://", "s3:bucket", "http://b/x", "s3://k:s@b", "s3://b?endpoint=x", "s3://b#x"]
)
def test_what_names_no_bucket_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput, match="s3://bucket/folder"):
        Bucket.of(url, {})


def test_a_folder_of_the_bucket_stands_in_front_of_every_name() -> None:
    assert Bucket.of("s3://b/prod//", {}).uri("r-1/run.json") == "s3://b/prod/r-1/run.json"


def test_the_endpoint_is_the_one_that_aws_tools_read() -> None:
    assert Bucket.of("s3://b", {"AWS_ENDPOINT_URL_S3": "https://minio"}).endpoint == "https://minio"


def test_an_encryption_that_s3_does_not_know_is_refused() -> None:
    with pytest.raises(InvalidInput, match="AES256, aws:kms, aws:kms:dsse"):
        Bucket.of("s3://b", {"AGENTCREWOPS_S3_ENCRYPTION": "rot13"})
