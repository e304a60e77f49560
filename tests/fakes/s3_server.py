"""A real S3 server on loopback: versitygw over a folder, built by `make test-services`."""

from __future__ import annotations

import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PROGRAM = Path(__file__).resolve().parents[2] / ".tools" / "versitygw"


@dataclass(slots=True)
class S3Server:
    """A server that checks signatures, with one account and the buckets that are folders of `root`."""

    root: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def environ(self) -> dict[str, str]:
        """What every AWS tool reads to talk to it."""
        return {
            "AWS_ENDPOINT_URL_S3": f"http://127.0.0.1:{self.port}",
            "AWS_ACCESS_KEY_ID": "AKIDTEST",
            "AWS_SECRET_ACCESS_KEY": "not-a-secret",
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def new_bucket(self, name: str) -> str:
        """The `s3://` URL of an empty bucket."""
        (self.root / name).mkdir()
        return f"s3://{name}"

    def start(self) -> None:
        """Start it, or start it again on the same port."""
        words = [str(PROGRAM), "--port", f"127.0.0.1:{self.port}", "--access", "AKIDTEST", "--secret"]
        # Metadata beside the files: a container's folder often has no extended attributes.
        metadata = self.root.with_name("metadata")
        metadata.mkdir(exist_ok=True)
        words += ["not-a-secret", "posix", "--sidecar", str(metadata), str(self.root)]
        self.process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _wait_for(self.port, self.process)

    def stop(self) -> None:
        """Be gone, as a store is in an outage."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(timeout=30)


@contextmanager
def s3_server() -> Iterator[S3Server]:
    """A server without buckets.

    Raises:
        RuntimeError: it was not built; a test that needs it never skips.
    """
    if not PROGRAM.exists():
        raise RuntimeError("the S3 server is missing: run  make test-services")
    with tempfile.TemporaryDirectory(prefix="s3-") as folder:
        root = Path(folder) / "buckets"
        root.mkdir()
        server = S3Server(root, _free_port())
        server.start()
        try:
            yield server
        finally:
            server.stop()


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError("the S3 server did not start")


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port
