"""Which mails belong together: by References and In-Reply-To (RFC 5322 §3.6.4), and by the ids that we give our own.

Our Message-ID is "<fd.KEY.THREAD@domain>". The key is the idempotency key, so a mail that is sent twice is one mail to whoever
gets it; the thread finds its conversation though a mail program forgot all references but the last.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

MESSAGE_ID = re.compile(r"<[^<>\s]{1,400}>")
MOST_REFERENCES = 12


def ids(header: str) -> list[str]:
    """The message ids in a header, each once, in order."""
    return list(dict.fromkeys(MESSAGE_ID.findall(header)))


def thread_of(root: str) -> str:
    return sha256(root.encode("utf-8", "replace")).hexdigest()[:24]


def own_id(key: str, thread: str, domain: str) -> str:
    """The Message-ID of a mail of ours. A key with other characters than ids may have goes by its hash."""
    plain = key if re.fullmatch(r"[A-Za-z0-9-]{1,64}", key) else sha256(key.encode()).hexdigest()[:32]
    return f"<fd.{plain}.{thread}@{domain}>"


def own_thread(message_id: str, domain: str) -> str:
    """The thread in a Message-ID of ours; "" of any other."""
    found = re.fullmatch(r"<fd\.[A-Za-z0-9-]{1,64}\.([0-9a-f]{24})@(.+)>", message_id)
    return found[1] if found and found[2].lower() == domain else ""


def find(own: str, references: Sequence[str], answers: Sequence[str], domain: str) -> str:
    """The thread of a mail with this id, by what it refers to (oldest first) and answers."""
    for earlier in (*answers, *reversed(references)):
        if thread := own_thread(earlier, domain):
            return thread
    return thread_of(next(iter((*references, *answers, own))))


@dataclass(frozen=True, slots=True)
class Remembered:
    """What an answer needs to know of the mail it answers."""

    subject: str = ""
    references: tuple[str, ...] = ()

    @property
    def chain(self) -> tuple[str, ...]:
        """The first mail, which names the thread, and the last ones."""
        kept = self.references
        return kept if len(kept) <= MOST_REFERENCES else (kept[0], *kept[1 - MOST_REFERENCES :])


def storage_key(thread: str, sender: str) -> str:
    return f"thread:{thread}:{thread_of(sender.lower())[:12]}"
