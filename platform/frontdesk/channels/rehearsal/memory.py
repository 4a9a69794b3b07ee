"""What a vendor's double remembers, in the database: the host's `frontdesk.sdk.rehearsal.Memory`."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone

from frontdesk.core.jobs import enqueue
from frontdesk.sdk.rehearsal import Customer, Faults, Line, Posting
from frontdesk.sdk.values import Attachment, Button, WebRequest

from ..models import Channel
from .models import RehearsedCustomer, RehearsedFile, RehearsedLine, RehearsedValue

FAULTS = "faults"
# More than a phone shows without leafing back.
LAST_LINES = 200
# In bytes; a larger body is a file.
LONGEST_IN_JOB = 2**18
# Scripts that play the vendor count their messages from 1.
FIRST_NUMBER = 10**8
_NEXT = "SELECT nextval(pg_get_serial_sequence('frontdesk_channels_rehearsedline', 'id'))"


class Remembered:
    """Of one channel. Used inside a transaction, with the workspace in scope."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self._faults: Faults | None = None

    @property
    def faults(self) -> Faults:
        if self._faults is None:
            kept = self.get(FAULTS) or {}
            self._faults = Faults(**{**kept, "own": tuple(kept.get("own", ()))})
        return self._faults

    def keep_faults(self, faults: Faults) -> None:
        self._faults = faults
        self.put(FAULTS, asdict(faults))

    def now(self) -> float:
        return timezone.now().timestamp()

    def number(self) -> int:
        """From the sequence of the rows: nobody waits for anybody."""
        with connection.cursor() as cursor:
            cursor.execute(_NEXT)
            return FIRST_NUMBER + int(cursor.fetchone()[0])

    def busy(self, seconds: float) -> int:
        sent = RehearsedLine.objects.filter(channel=self.channel, author="business", written_at__gt=self.now() - seconds)
        return sent.count()

    def customers(self) -> Sequence[Customer]:
        """Who is there, the newest first."""
        rows = RehearsedCustomer.objects.filter(channel=self.channel).order_by("-id")[:50]
        return [_customer(row) for row in rows]

    def customer(self, customer_id: str) -> Customer | None:
        row = RehearsedCustomer.objects.filter(channel=self.channel, external_id=customer_id).first()
        return _customer(row) if row else None

    def keep_customer(self, customer: Customer) -> None:
        data = {"blocked": customer.blocked, "wrote_at": customer.wrote_at, "typing_until": customer.typing_until}
        self._keep(RehearsedCustomer, {"external_id": customer.id}, {"name": customer.name[:200], "data": data})

    def line(self, line_id: str) -> Line | None:
        row = RehearsedLine.objects.filter(channel=self.channel, external_id=line_id).first()
        return _line(row) if row else None

    def lines(self, customer_id: str) -> Sequence[Line]:
        """The last ones, oldest first."""
        rows = RehearsedLine.objects.filter(channel=self.channel, customer_id=customer_id).order_by("-id")[:LAST_LINES]
        return [_line(row) for row in reversed(rows)]

    def keep_line(self, line: Line) -> None:
        data = asdict(replace(line, attachments=tuple(replace(file, data=b"") for file in line.attachments)))
        for file in data["attachments"]:
            del file["data"]
        values = {"customer_id": line.customer, "author": line.author, "written_at": line.at, "data": data}
        self._keep(RehearsedLine, {"external_id": line.id}, values)

    def file(self, reference: str) -> Attachment | None:
        try:
            found = RehearsedFile.objects.filter(channel=self.channel, uuid=UUID(reference)).first()
        except ValueError:
            return None
        return found and Attachment(found.media_type, found.name, data=bytes(found.data), reference=found.uuid.hex)

    def keep_file(self, file: Attachment) -> str:
        about = {"media_type": file.media_type[:100], "name": file.name[:255], "data": file.data}
        return RehearsedFile.objects.create(workspace=self.channel.workspace, channel=self.channel, **about).uuid.hex

    def get(self, key: str) -> Any | None:
        return RehearsedValue.objects.filter(channel=self.channel, key=key).values_list("value", flat=True).first()

    def put(self, key: str, value: Any) -> None:
        self._keep(RehearsedValue, {"key": key}, {"value": value})

    def post(self, posting: Posting, after: float) -> None:
        """A worker does it, at commit: what the vendor does not get rid of, it tries again."""
        request, body = posting.request, ""
        if len(request.body) > LONGEST_IN_JOB:
            body = self.keep_file(Attachment("application/octet-stream", data=request.body))
            request = replace(request, body=b"")
        enqueue(
            "channels.rehearse",
            workspace=self.channel.workspace,
            after=after,
            channel_id=self.channel.pk,
            request=as_json(request),
            line=posting.line,
            body=body,
        )

    def _keep(self, model: Any, key: Mapping[str, Any], values: Mapping[str, Any]) -> None:
        about = {"channel": self.channel, "workspace": self.channel.workspace, **key}
        model.objects.update_or_create(**about, defaults=dict(values))


def _customer(row: RehearsedCustomer) -> Customer:
    return Customer(row.external_id, row.name, **row.data)


def _line(row: RehearsedLine) -> Line:
    data = dict(row.data)
    attachments = tuple(Attachment(**file) for file in data.pop("attachments"))
    buttons = tuple(Button(**button) for button in data.pop("buttons"))
    return Line(**data, attachments=attachments, buttons=buttons)


def as_json(request: WebRequest) -> dict[str, Any]:
    """For a job; a body need not be text."""
    return {**asdict(request), "body": base64.b64encode(request.body).decode()}


def from_json(request: Mapping[str, Any]) -> WebRequest:
    return WebRequest(**{**request, "body": base64.b64decode(request["body"])})
