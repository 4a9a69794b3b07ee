"""A server that speaks S3, with a bucket; on and off at will."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import boto3
from moto.server import ThreadedMotoServer

BUCKET = "frontdesk-files"
KEYS = {"access_key": "test-key", "secret_key": "test-secret"}


@dataclass
class Bucket:
    """What is in the bucket, seen by a client of our own."""

    server: ThreadedMotoServer = field(default_factory=lambda: ThreadedMotoServer("127.0.0.1", 0, verbose=False))
    url: str = ""

    def start(self) -> None:
        self.server.start()
        host, port = self.server.get_host_and_port()
        self.url = f"http://{host}:{port}"
        self.client.create_bucket(Bucket=BUCKET)

    @property
    def client(self) -> Any:
        credentials = {"aws_access_key_id": KEYS["access_key"], "aws_secret_access_key": KEYS["secret_key"]}
        return boto3.client("s3", endpoint_url=self.url, region_name="us-east-1", **credentials)

    def files(self) -> dict[str, bytes]:
        """By key."""
        keys = [each["Key"] for each in self.client.list_objects_v2(Bucket=BUCKET).get("Contents", [])]
        return {key: self.client.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in keys}


def serve() -> Iterator[Bucket]:
    made = Bucket()
    made.start()
    yield made
    made.server.stop()
