"""Customers of the soak whom no vendor's double plays: in the widget, by the API, by e-mail.

What visitors and programs were answered is what the conversation holds; of letters counts what the mail server was handed.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections import defaultdict, deque
from collections.abc import Iterator
from email import message_from_bytes
from email.policy import default
from typing import Any
from urllib.parse import urlencode
from uuid import NAMESPACE_URL, uuid4, uuid5

import httpx
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

LABEL = re.compile(r"q-[a-z]+-\d+-\d+")
PAUSE = 0.3
A_CUSTOMER = 5
HEAD = "From: Customer {number} <c-{number}@post.example>\r\nTo: {to}\r\nMessage-ID: <{label}@post.example>\r\nDate: {date}\r\n"
LATER = "In-Reply-To: {first}\nReferences: {first}"


class Other:
    """`sent` are the labels of what the customers were answered, in order, by customer."""

    kind = ""

    def __init__(self) -> None:
        self.sent: dict[str, list[str]] = defaultdict(list)

    def customer(self, traffic: Any, number: int, messages: int) -> None:
        for label in traffic.labels(self, number, messages):
            while not traffic.over.is_set():
                try:
                    if self.say(traffic.base, number, label):
                        break
                    traffic.refused[f"{self.kind} not yet"] += 1
                except (OSError, httpx.HTTPError, WebSocketException, TimeoutError) as error:
                    traffic.refused[f"{self.kind} {type(error).__name__}"] += 1
                time.sleep(PAUSE)

    def say(self, base: str, number: int, label: str) -> bool:
        """Whether it was taken; to be said again else."""
        raise NotImplementedError

    def collect(self) -> None:
        """Fill `sent`, in the workspace's scope."""
        from frontdesk.conversations.models import Message

        rows = Message.objects.filter(author=Message.Author.AI, conversation__channel_kind=self.kind).order_by("id")
        for text in rows.values_list("text", flat=True):
            self.note(text)

    def note(self, text: str) -> None:
        for label in dict.fromkeys(LABEL.findall(text)):
            self.sent[label.rpartition("-")[0]].append(label)


class Visitors(Other):
    """A browser that comes back until the server has said that it has the message."""

    kind = "widget"
    key = ""

    def say(self, base: str, number: int, label: str) -> bool:
        visitor = uuid5(NAMESPACE_URL, f"{self.key}{number}")
        query = urlencode({"key": self.key, "visitor": visitor, "after": 0, "run": ""})
        address = f"{base.replace('http', 'ws', 1)}/ws/widget/?{query}"
        with connect(address, origin="https://shop.example", proxy=None, open_timeout=15, close_timeout=1) as socket:  # type: ignore[arg-type]
            ready = json.loads(socket.recv(15))
            if any(message["client_id"] == label for message in ready["messages"]):
                return True
            socket.send(json.dumps({"type": "say", "client_id": label, "text": label}))
            while (frame := json.loads(socket.recv(15)))["type"] not in ("accepted", "error"):
                pass
            return bool(frame["type"] == "accepted")


class Programs(Other):
    """A program that sends its request again, with the same key, until it is answered."""

    kind = "api"
    key = agent = ""

    def __init__(self) -> None:
        super().__init__()
        self.talks: dict[int, str] = {}
        self.client = httpx.Client(timeout=30, trust_env=False)

    def say(self, base: str, number: int, label: str) -> bool:
        body = {"agent_id": self.agent, "message": {"content": label}, "user_id": f"c-{number}"}
        if number in self.talks:
            body["conversation_id"] = self.talks[number]
        headers = {"Authorization": f"Api-Key {self.key}", "Idempotency-Key": label}
        answer = self.client.post(f"{base}/api/v1/ai/chat", json=body, headers=headers)
        if answer.status_code == 200:
            self.talks[number] = answer.json()["conversation_id"]
        return answer.status_code == 200


class Letters(Other):
    """A mail server with one mailbox; nothing is delivered to it twice, for mail servers keep what they take."""

    kind = "email"

    def __init__(self, server: Any) -> None:
        super().__init__()
        self.server, self.lock = server, threading.Lock()

    def say(self, base: str, number: int, label: str) -> bool:
        from tests.ground.mail_server import USER
        from tests.ground.mails import mail

        date = time.strftime("%a, %d %b %Y %H:%M:%S +0000", time.gmtime())
        head = HEAD.format(number=number, to=USER, label=label, date=date)
        later = "" if label.endswith("-0") else LATER.format(first=f"<q-{self.kind}-{number}-0@post.example>")
        with self.lock:
            self.server.deliver(mail(later, label, head=head, subject="Soak"))
        return True

    def collect(self) -> None:
        for letter in self.server.sent():
            body = message_from_bytes(letter["raw"], policy=default).get_body(("plain",))
            self.note(body.get_content() if body else "")


def connect_all(owner: Any, agent: Any, others: list[Other]) -> None:
    """Their channels, in the workspace's scope."""
    from frontdesk.channels import actions
    from frontdesk.plugins import actions as plugins
    from frontdesk.plugins.capabilities import manifest_of
    from frontdesk.workspaces.actions import create_api_key
    from tests.ground.mail_server import PASSWORD, USER

    for other in others:
        match other:
            case Visitors():
                other.key = actions.create_widget(owner, agent.pk, name="Shop", origins=["*"]).public_key or ""
            case Programs():
                _row, other.key = create_api_key(owner, f"Soak {uuid4()}", ["127.0.0.1"])
                other.agent = str(agent.uuid)
            case Letters(server=server):
                plugins.turn_on(owner, "email", agreed=manifest_of("email").permissions)
                given = {
                    "provider": "other",
                    "incoming": server.imap,
                    "incoming_encryption": "tls",
                    "outgoing": server.smtp_starttls,
                }
                given |= {"address": USER, "name": "Soak", "outgoing_encryption": "starttls", "password": PASSWORD}
                actions.connect(owner, "email", agent.pk, given, name="Mailbox")


def customers(vendors: list[Any], messages: int) -> Iterator[tuple[Any, int, int]]:
    """(vendor, number of the customer, messages), the vendors in turn."""
    turn = deque(vendors)
    for number, first in enumerate(range(0, messages, A_CUSTOMER)):
        yield turn[0], number, min(A_CUSTOMER, messages - first)
        turn.rotate(-1)
