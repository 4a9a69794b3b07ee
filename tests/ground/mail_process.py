"""What runs in the process of `mail_server`: one mailbox, and an SMTP server that keeps what it is handed."""

from __future__ import annotations

import base64
import json
import sys
import threading
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

from twisted.cred import credentials, portal
from twisted.cred.error import UnauthorizedLogin
from twisted.internet import defer, protocol, reactor, ssl, threads
from twisted.mail import imap4, smtp
from zope.interface import implementer

from .mail_server import HOST, PASSWORD, USER


@dataclass
class Kept:
    uid: int
    raw: bytes
    at: datetime
    flags: list[str] = field(default_factory=list)


@dataclass
class Post:
    """All that the server knows."""

    mails: list[Kept] = field(default_factory=list)
    validity: int = 1000
    next_uid: int = 1
    sent: list[dict[str, str]] = field(default_factory=list)
    answers: dict[str, deque[Any]] = field(default_factory=lambda: defaultdict(deque))
    logins: int = 0

    def next_answer(self, command: str) -> Any:
        waiting = self.answers[command]
        return waiting.popleft() if waiting else None

    def do(self, order: dict[str, Any]) -> Any:
        match order["do"]:
            case "reset":
                self.__init__()  # type: ignore[misc]
            case "deliver":
                at = datetime.now(UTC) - timedelta(minutes=order["minutes_ago"])
                self.mails.append(Kept(self.next_uid, base64.b64decode(order["raw"]), at))
                self.next_uid += 1
                return self.mails[-1].uid
            case "renumber":
                self.validity += 1
                for number, mail in enumerate(self.mails, start=1):
                    mail.uid = number
                self.next_uid = len(self.mails) + 1
            case "sent":
                return self.sent
            case "say":
                self.answers[order["at"]].extend(order["answers"])
            case "logins":
                return self.logins
            case "flags":
                return [mail.flags for mail in self.mails]
        return None


POST = Post()


@implementer(imap4.IMessage, imap4.IMessageFile)
class Mail:
    def __init__(self, kept: Kept) -> None:
        self.kept = kept
        head, _, self.body = kept.raw.partition(b"\r\n\r\n")
        unfolded = head.replace(b"\r\n ", b" ").replace(b"\r\n\t", b" ")
        pairs = (line.partition(b":") for line in unfolded.split(b"\r\n"))
        self.head = {name.decode("latin-1").lower(): value.strip().decode("latin-1") for name, _colon, value in pairs if name}

    def getUID(self) -> int:  # noqa: N802  (the interface's name, here and below)
        return self.kept.uid

    def getFlags(self) -> list[str]:  # noqa: N802
        return self.kept.flags

    def getInternalDate(self) -> str:  # noqa: N802
        return self.kept.at.strftime("%d-%b-%Y %H:%M:%S +0000")

    def getHeaders(self, negate: bool, *names: Any) -> dict[str, str]:  # noqa: N802
        wanted = {name.decode().lower() if isinstance(name, bytes) else name.lower() for name in names}
        return {name: value for name, value in self.head.items() if (name in wanted) != negate or not names}

    def getBodyFile(self) -> BytesIO:  # noqa: N802
        return BytesIO(self.body)

    def getSize(self) -> int:  # noqa: N802
        return len(self.kept.raw)

    def isMultipart(self) -> bool:  # noqa: N802
        return False

    def open(self) -> BytesIO:
        """The mail as it came."""
        return BytesIO(self.kept.raw)


@implementer(imap4.IMailbox, imap4.IMailboxInfo, imap4.ISearchableMailbox)
class Inbox:
    def getFlags(self) -> list[str]:  # noqa: N802
        return ["\\Seen"]

    def getHierarchicalDelimiter(self) -> str:  # noqa: N802
        return "/"

    def getUIDValidity(self) -> int:  # noqa: N802
        return POST.validity

    def getUIDNext(self) -> int:  # noqa: N802
        return POST.next_uid

    def getMessageCount(self) -> int:  # noqa: N802
        return len(POST.mails)

    def getRecentCount(self) -> int:  # noqa: N802
        return 0

    def getUnseenCount(self) -> int:  # noqa: N802
        return 0

    def isWriteable(self) -> bool:  # noqa: N802
        return True

    def destroy(self) -> None: ...

    def addListener(self, listener: Any) -> None: ...  # noqa: N802

    def removeListener(self, listener: Any) -> None: ...  # noqa: N802

    def expunge(self) -> list[int]:
        return []

    def requestStatus(self, names: Any) -> Any:  # noqa: N802
        return imap4.statusRequestHelper(self, names)

    def search(self, query: list[Any], uid: bool) -> Any:
        """UID n:* and SINCE, which is all that is asked here."""
        return defer.succeed([number for number, mail in enumerate(POST.mails, start=1) if self._fits(mail, list(query))])

    def getUID(self, number: int) -> int:  # noqa: N802
        return POST.mails[number - 1].uid

    def _fits(self, mail: Kept, query: list[Any]) -> bool:
        while query:
            word = query.pop(0)
            word = word.decode() if isinstance(word, bytes) else word
            if word == "UID":
                low = int(str(query.pop(0).decode()).partition(":")[0])
                last = max(each.uid for each in POST.mails)
                if mail.uid < low and mail.uid != last:  # "9:*" holds the last one in any case
                    return False
            elif word == "SINCE":
                if mail.at.date() < datetime.strptime(query.pop(0).decode(), "%d-%b-%Y").date():  # noqa: DTZ007
                    return False
            elif word != "ALL":
                raise ValueError(word)
        return True

    def fetch(self, messages: Any, uid: bool) -> Iterator[tuple[int, Mail]]:
        messages.last = max((mail.uid for mail in POST.mails), default=0) if uid else len(POST.mails)
        for number, mail in enumerate(list(POST.mails), start=1):
            if (mail.uid if uid else number) in messages:
                yield number, Mail(mail)

    def store(self, messages: Any, flags: Any, mode: int, uid: bool) -> dict[int, list[str]]:
        raise imap4.ReadOnlyMailbox


class Account(imap4.MemoryAccount):
    def __init__(self) -> None:
        super().__init__(USER)
        self.mailboxes = {"INBOX": Inbox(), "SUPPORT & MORE/ÜBER": Inbox()}


@implementer(smtp.IMessageDelivery)
class Delivery:
    def __init__(self) -> None:
        self.sender = ""

    def receivedHeader(self, helo: Any, origin: Any, recipients: Any) -> bytes:  # noqa: N802
        return b""

    def validateFrom(self, helo: Any, origin: Any) -> Any:  # noqa: N802
        self.sender = _plain(origin)
        if self.sender != USER:
            raise smtp.SMTPBadSender(origin, 553, "5.7.1 not owned by you")
        return origin

    def validateTo(self, user: Any) -> Callable[[], Incoming]:  # noqa: N802
        answer = POST.next_answer("RCPT")
        if answer:
            raise smtp.SMTPBadRcpt(user, answer[0], answer[1])
        return lambda: Incoming(self.sender, _plain(user.dest))


def _plain(address: Any) -> str:
    return f"{address.local.decode()}@{address.domain.decode()}"


@implementer(smtp.IMessage)
class Incoming:
    def __init__(self, sender: str, recipient: str) -> None:
        self.sender, self.recipient = sender, recipient
        self.lines: list[bytes] = []

    def lineReceived(self, line: bytes) -> None:  # noqa: N802
        self.lines.append(line)

    def eomReceived(self) -> Any:  # noqa: N802
        answer = POST.next_answer("DOT")
        if answer in (None, "take"):
            raw = base64.b64encode(b"\r\n".join(self.lines)).decode()
            POST.sent.append({"from": self.sender, "to": self.recipient, "raw": raw})
        if answer in ("take", "cut"):
            Smtp.last.transport.abortConnection()
            return defer.Deferred()
        Smtp.last.verdict = answer
        return defer.succeed(None)

    def connectionLost(self) -> None: ...  # noqa: N802


class Smtp(smtp.ESMTP):
    last: Smtp
    verdict: Any = None

    def connectionMade(self) -> None:  # noqa: N802
        Smtp.last = self
        super().connectionMade()

    def sendCode(self, code: int, message: bytes = b"") -> None:  # noqa: N802
        said, self.verdict = self.verdict, None
        said = said or (POST.next_answer("AUTH") if code == 535 else None)
        super().sendCode(*((said[0], said[1].encode()) if said else (code, message)))

    def do_DATA(self, rest: bytes) -> None:  # noqa: N802
        if (answer := POST.next_answer("DATA")) == "cut":
            self.transport.abortConnection()
        elif answer:
            self.sendCode(answer[0], answer[1].encode())
        else:
            super().do_DATA(rest)


class Door:
    """Who may come in: one user, with one password."""

    credentialInterfaces = (credentials.IUsernamePassword,)  # noqa: N815  (the interface's name)

    def requestAvatarId(self, shown: Any) -> Any:  # noqa: N802
        POST.logins += 1
        if (shown.username, shown.password) == (USER.encode(), PASSWORD.encode()):
            return defer.succeed(USER)
        return defer.fail(UnauthorizedLogin())


class Realm:
    def requestAvatar(self, name: Any, mind: Any, *interfaces: Any) -> Any:  # noqa: N802
        if imap4.IAccount in interfaces:
            return imap4.IAccount, Account(), lambda: None
        return smtp.IMessageDelivery, Delivery(), lambda: None


class Imap(imap4.IMAP4Server):
    def __init__(self, context: Any) -> None:
        super().__init__({b"PLAIN": imap4.PLAINCredentials}, context)
        self.portal = PORTAL

    def lineReceived(self, line: bytes) -> None:  # noqa: N802
        words = line.split()
        if len(words) > 1 and POST.next_answer(words[1].decode("latin-1").upper()) == "cut":
            self.transport.abortConnection()
        else:
            super().lineReceived(line)

    def sendNegativeResponse(self, tag: Any = b"*", message: bytes = b"") -> None:  # noqa: N802
        said = POST.next_answer("NO")
        super().sendNegativeResponse(tag, said.encode() if said else message)

    def spew_body(self, part: Any, id: Any, msg: Any, _w: Any = None, _f: Any = None) -> Any:
        """Twisted's own sends all of a mail though a piece was asked for."""
        if part.partialBegin is None:
            return super().spew_body(part, id, msg, _w, _f)
        piece = msg.kept.raw[part.partialBegin : part.partialBegin + part.partialLength]
        _w(b"BODY[]<%d> {%d}\r\n" % (part.partialBegin, len(piece)) + piece)
        return None


PORTAL = portal.Portal(Realm(), [Door()])


def serve(certificate: str) -> None:
    context = ssl.DefaultOpenSSLContextFactory(certificate, certificate)

    def imap(with_starttls: bool) -> protocol.Factory:
        return protocol.Factory.forProtocol(lambda: Imap(context if with_starttls else None))

    def esmtp(with_starttls: bool) -> protocol.Factory:
        def build() -> Smtp:
            made = Smtp({b"PLAIN": imap4.PLAINCredentials}, context if with_starttls else None)
            made.portal = PORTAL
            return made

        return protocol.Factory.forProtocol(build)

    ports = [
        reactor.listenSSL(0, imap(False), context, interface=HOST),
        reactor.listenTCP(0, imap(True), interface=HOST),
        reactor.listenSSL(0, esmtp(False), context, interface=HOST),
        reactor.listenTCP(0, esmtp(True), interface=HOST),
    ]
    threading.Thread(target=_obey, daemon=True).start()
    _answer([port.getHost().port for port in ports])
    reactor.run(installSignalHandlers=False)


def _obey() -> None:
    for line in sys.stdin:
        _answer(threads.blockingCallFromThread(reactor, POST.do, json.loads(line)))
    reactor.callFromThread(reactor.stop)


def _answer(value: Any) -> None:
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()
