"""What a plugin says about itself, and what it asks for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version
from pydantic import BaseModel

from .oauth import OAuthApp

SLUG = re.compile(r"^[a-z][a-z0-9_]{1,39}$")
HOST = re.compile(r"^(\*\.)?[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+(:\d{1,5})?$")
ANY_HOST = "*"
"""Asked for as a host: every public web address, for plugins whose addresses the owner or a customer names."""

DataKind = Literal["conversations", "knowledge", "contacts", "figures"]
"""What of the business a plugin is handed: what customers and agents write; passages; who customers are; counts over time."""

Uninstall = Literal["keep", "forget"]
"""What happens to settings, secrets and storage when an owner turns a plugin off for good."""


class NoConfig(BaseModel):
    """For what needs nothing to be set up."""


@dataclass(frozen=True, slots=True)
class Permissions:
    """What a plugin asks an owner to agree to.

    `hosts` are the only ones that its HTTP client reaches: "api.example.com", one leading wildcard ("*.example.com"), or ANY_HOST
    alone. `secrets` names the settings that are secret. `storage` is in MiB; `processes` asks to start programs on the server,
    which only the operator can allow; `servers` to connect to those that an owner names in settings (`ServerAddress`).
    """

    hosts: tuple[str, ...] = ()
    data: tuple[DataKind, ...] = ()
    secrets: tuple[str, ...] = ()
    storage: int = 0
    processes: bool = False
    servers: bool = False

    def beyond(self, agreed: Permissions) -> Permissions:
        """The part of this that was not agreed to. Falsy when there is none."""
        return Permissions(
            hosts=tuple(host for host in self.hosts if not allows(agreed.hosts, host)),
            data=tuple(kind for kind in self.data if kind not in agreed.data),
            secrets=tuple(name for name in self.secrets if name not in agreed.secrets),
            storage=self.storage if self.storage > agreed.storage else 0,
            processes=self.processes and not agreed.processes,
            servers=self.servers and not agreed.servers,
        )

    def __bool__(self) -> bool:
        return any(getattr(self, entry.name) for entry in fields(self))

    def as_json(self) -> dict[str, Any]:
        """A value that JSON can hold; `of` reads it."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}

    @classmethod
    def of(cls, value: Mapping[str, Any]) -> Permissions:
        """What `as_json` gave. Names that this version does not know are left out."""
        known = {entry.name for entry in fields(cls)}
        return cls(**{name: tuple(item) if isinstance(item, list) else item for name, item in value.items() if name in known})


def allows(hosts: tuple[str, ...], host: str) -> bool:
    """Whether a host ("api.example.com", or with a port) is among those. A wildcard covers names below it, not itself."""
    for entry in hosts:
        if entry in (ANY_HOST, host) or (":" not in entry and entry == host.partition(":")[0]):
            return True
        if entry.startswith("*.") and host.partition(":")[0].endswith(entry[1:]):
            return True
    return False


@dataclass(frozen=True, slots=True)
class Manifest:
    """Checked when it is made, so that a plugin with a wrong manifest fails with a sentence and not later.

    `config` is drawn as a form in the Studio, once a workspace. `icon` is the name of a Material symbol. `oauth` is an account
    that an owner connects; the addresses that give its tokens must be among the hosts.
    """

    slug: str
    name: str
    version: str
    requires_frontdesk: str
    description: str = ""
    permissions: Permissions = field(default_factory=Permissions)
    config: type[BaseModel] = NoConfig
    uninstall: Uninstall = "keep"
    author: str = ""
    homepage: str = ""
    icon: str = "extension"
    oauth: OAuthApp | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.slug, str) or not SLUG.match(self.slug):
            raise ValueError(
                f"The slug {self.slug!r} must be 2–40 lower-case letters, digits or underscores, starting with a letter."
            )
        try:
            Version(self.version)
        except InvalidVersion as error:
            raise ValueError(f"The version {self.version!r} of {self.slug} is not a version (PEP 440).") from error
        try:
            SpecifierSet(self.requires_frontdesk)
        except InvalidSpecifier as error:
            raise ValueError(
                f"{self.slug} asks for Frontdesk {self.requires_frontdesk!r}, which is not a range such as '>=0.1,<1'."
            ) from error
        self._check_permissions()
        if not (isinstance(self.config, type) and issubclass(self.config, BaseModel)):
            raise ValueError(f"The config of {self.slug} must be a pydantic model.")
        self._check_oauth()
        if self.uninstall not in get_args(Uninstall):
            raise ValueError(f"{self.slug}: uninstall must be one of {', '.join(get_args(Uninstall))}, not {self.uninstall!r}.")
        if self.homepage and not self.homepage.startswith("https://"):
            raise ValueError(f"The homepage of {self.slug} must begin with https://.")

    def _check_oauth(self) -> None:
        if self.oauth is None:
            return
        if not isinstance(self.oauth, OAuthApp):
            raise ValueError(f"The oauth of {self.slug} must be a frontdesk.sdk.oauth.OAuthApp.")
        try:
            self.oauth.check(self.config)
        except ValueError as error:
            raise ValueError(f"{self.slug}: {error}") from error
        for url in self.oauth.asked(self.config):
            if not allows(self.permissions.hosts, urlsplit(url).netloc):
                raise ValueError(f"{self.slug} connects an account at {urlsplit(url).netloc}, which is not among its hosts.")

    def _check_permissions(self) -> None:
        if not isinstance(self.permissions, Permissions):
            raise ValueError(f"The permissions of {self.slug} must be frontdesk.sdk.Permissions.")
        for host in self.permissions.hosts:
            if host != ANY_HOST and not HOST.match(host):
                raise ValueError(f"{self.slug} asks for the host {host!r}, which is not one such as 'api.example.com'.")
        for kind in self.permissions.data:
            if kind not in get_args(DataKind):
                raise ValueError(f"{self.slug} asks for {kind!r}; the kinds of data are {', '.join(get_args(DataKind))}.")
        if not 0 <= self.permissions.storage <= 1024:
            raise ValueError(f"{self.slug} asks for {self.permissions.storage} MiB of storage; the most is 1024.")

    def accepts(self, host_version: str) -> bool:
        """Whether this plugin supports that version of Frontdesk."""
        return SpecifierSet(self.requires_frontdesk).contains(host_version, prereleases=True)
