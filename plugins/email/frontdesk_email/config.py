"""What an owner fills in for a mailbox, and the servers of providers that we know."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated, Literal

from pydantic import BaseModel, Field, SecretStr, ValidationInfo, field_validator

from frontdesk.sdk.forms import Email, Labels, ServerAddress, shown_when

from .words import phrase

Encryption = Literal["tls", "starttls"]
ENCRYPTIONS = Labels({"tls": phrase("from the first byte (TLS)"), "starttls": phrase("after a greeting (STARTTLS)")})
# Google shows an app password in four groups of four letters.
SPACED_PASSWORD = re.compile(r"[a-z]{4}( [a-z]{4}){3}")


@dataclass(frozen=True, slots=True)
class Server:
    host: str
    port: int
    encryption: Encryption

    @property
    def where(self) -> str:
        return f"{self.host}:{self.port}"

    @classmethod
    def at(cls, where: str, encryption: Encryption) -> Server:
        host, _, port = where.rpartition(":")
        return cls(host, int(port), encryption)


# Incoming, outgoing: as each provider's own help pages say.
KNOWN: Mapping[str, tuple[Server, Server]] = {
    "gmail": (Server("imap.gmail.com", 993, "tls"), Server("smtp.gmail.com", 465, "tls")),
    "icloud": (Server("imap.mail.me.com", 993, "tls"), Server("smtp.mail.me.com", 587, "starttls")),
    "yahoo": (Server("imap.mail.yahoo.com", 993, "tls"), Server("smtp.mail.yahoo.com", 465, "tls")),
    "fastmail": (Server("imap.fastmail.com", 993, "tls"), Server("smtp.fastmail.com", 465, "tls")),
}
PROVIDERS = Labels(
    {
        "gmail": "Gmail, Google Workspace",
        "icloud": "iCloud",
        "yahoo": "Yahoo",
        "fastmail": "Fastmail",
        "other": phrase("Another one"),
    }
)


class EmailConfig(BaseModel):
    """One mailbox."""

    address: Email = Field(
        title=phrase("E-mail address"), description=phrase("Customers write to it, and answers come from it."), min_length=3
    )
    name: str = Field(
        "",
        title=phrase("Your name in answers"),
        description=phrase("What customers see as the sender, such as the name of your business."),
        max_length=100,
    )
    provider: Annotated[Literal["gmail", "icloud", "yahoo", "fastmail", "other"], PROVIDERS] = Field(
        "gmail", title=phrase("Where is the mailbox?")
    )
    incoming: Annotated[ServerAddress, shown_when("provider", "other")] = Field(
        "",
        title=phrase("Incoming server (IMAP)"),
        description=phrase("With its port, such as imap.example.com:993."),
        validate_default=True,
    )
    incoming_encryption: Annotated[Encryption, ENCRYPTIONS, shown_when("provider", "other")] = Field(
        "tls", title=phrase("Encryption of the incoming server")
    )
    outgoing: Annotated[ServerAddress, shown_when("provider", "other")] = Field(
        "",
        title=phrase("Outgoing server (SMTP)"),
        description=phrase("With its port, such as smtp.example.com:587."),
        validate_default=True,
    )
    outgoing_encryption: Annotated[Encryption, ENCRYPTIONS, shown_when("provider", "other")] = Field(
        "starttls", title=phrase("Encryption of the outgoing server")
    )
    user: str = Field(
        "",
        title=phrase("User name"),
        description=phrase("Only if you sign in with something other than the address."),
        max_length=200,
    )
    password: SecretStr = Field(
        title=phrase("Password"),
        description=phrase("Gmail, iCloud, Yahoo and Fastmail want an app password; the steps below say where it is made."),
        min_length=1,
        max_length=500,
    )
    folder: str = Field(
        "INBOX",
        title=phrase("Folder"),
        description=phrase("Only mails in this folder are answered."),
        min_length=1,
        max_length=200,
    )

    @field_validator("incoming", "outgoing")
    @classmethod
    def is_known(cls, value: str, info: ValidationInfo) -> str:
        if not value and info.data.get("provider") == "other":
            raise ValueError("Write the server's name and its port, like mail.example.com:993.")
        return value

    @field_validator("user", "folder", "name")
    @classmethod
    def is_one_line(cls, value: str) -> str:
        return " ".join(value.split())

    @field_validator("password")
    @classmethod
    def as_it_is_shown(cls, password: SecretStr) -> SecretStr:
        found = password.get_secret_value()
        return SecretStr(found.replace(" ", "")) if SPACED_PASSWORD.fullmatch(found) else password

    @property
    def servers(self) -> tuple[Server, Server]:
        """Incoming and outgoing."""
        if self.provider in KNOWN:
            return KNOWN[self.provider]
        return Server.at(self.incoming, self.incoming_encryption), Server.at(self.outgoing, self.outgoing_encryption)

    @property
    def login(self) -> tuple[str, str]:
        return self.user or self.address, self.password.get_secret_value()

    @property
    def domain(self) -> str:
        """Of the address, in ASCII."""
        name = self.address.rpartition("@")[2].lower()
        try:
            return name.encode("idna").decode()
        except UnicodeError:
            return "localhost"

    @property
    def mailbox(self) -> str:
        """Tells this mailbox from others that these settings may have led to before."""
        parts = (self.servers[0].where, self.login[0].lower(), self.folder)
        return sha256("\n".join(parts).encode()).hexdigest()[:16]
