"""What a plugin says about itself."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

SLUG = re.compile(r"^[a-z][a-z0-9_]{1,39}$")


@dataclass(frozen=True, slots=True)
class Permissions:
    """What a plugin asks an owner to agree to. `hosts` may hold one leading wildcard: "*.example.com"."""

    hosts: tuple[str, ...] = ()
    data: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Manifest:
    """Checked when it is made, so that a plugin with a wrong manifest fails with a sentence and not later."""

    slug: str
    name: str
    version: str
    requires_frontdesk: str
    description: str = ""
    permissions: Permissions = field(default_factory=Permissions)

    def __post_init__(self) -> None:
        if not SLUG.match(self.slug):
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

    def accepts(self, host_version: str) -> bool:
        """Whether this plugin supports that version of Frontdesk."""
        return SpecifierSet(self.requires_frontdesk).contains(host_version, prereleases=True)
