"""A mail server on loopback: Twisted's IMAP4 and SMTP, in a process of its own. What a test tells it comes as lines of JSON.

with MailServer(folder) as server:
    server.deliver(raw)            a mail arrives in the mailbox
    server.sent()                  what was handed to it: [{"from", "to", "raw"}]
    server.say(at="RCPT", answers=[[450, "greylisted"]])
"""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from .certificates import authority

USER, PASSWORD = "desk@qamar.example", "correct horse"
HOST = "127.0.0.1"


class MailServer:
    """`imap` and `smtp` are "host:port" with TLS from the first byte, `imap_starttls` and `smtp_starttls` those that begin plain.

    `authority` is the file that vouches for its certificate.
    """

    def __init__(self, folder: Path) -> None:
        self.made = authority(folder)
        self.made.server(HOST)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.ground.mail_server", str(folder / f"{HOST}.pem")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        )
        ports = self._hear()
        self.imap, self.imap_starttls, self.smtp, self.smtp_starttls = (f"{HOST}:{port}" for port in ports)

    @property
    def authority(self) -> Path:
        return self.made.certificate

    @property
    def hosts(self) -> list[str]:
        return [self.imap, self.imap_starttls, self.smtp, self.smtp_starttls]

    def reset(self) -> None:
        """As it was at the start."""
        self._ask("reset")

    def deliver(self, raw: bytes, *, minutes_ago: int = 0) -> int:
        """Gives the mail's number."""
        return int(self._ask("deliver", raw=base64.b64encode(raw).decode(), minutes_ago=minutes_ago))

    def renumber(self) -> None:
        """All mails get new numbers, as after a restored backup."""
        self._ask("renumber")

    def sent(self) -> list[dict[str, Any]]:
        return [{**each, "raw": base64.b64decode(each["raw"])} for each in self._ask("sent")]

    def say(self, *, at: str, answers: list[Any]) -> None:
        """What to answer to the next commands of that name. [code, text]; "cut" drops the connection; "take" takes it first."""
        self._ask("say", at=at, answers=answers)

    def logins(self) -> int:
        return int(self._ask("logins"))

    def flags(self) -> list[list[str]]:
        return list(self._ask("flags"))

    def _ask(self, do: str, **more: Any) -> Any:
        assert self.process.stdin
        self.process.stdin.write(json.dumps({"do": do, **more}) + "\n")
        self.process.stdin.flush()
        return self._hear()

    def _hear(self) -> Any:
        assert self.process.stdout
        return json.loads(self.process.stdout.readline())

    def close(self) -> None:
        self.process.kill()
        self.process.wait()

    def __enter__(self) -> MailServer:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def main(certificate: str) -> None:
    """The server's own process; ends with its standard input."""
    from .mail_process import serve

    serve(certificate)


if __name__ == "__main__":
    main(sys.argv[1])
