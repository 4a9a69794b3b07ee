"""What can be wrong with a provider account, told to an owner."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from frontdesk.core.errors import Invalid, NotFound, VendorFailed


class UnknownProvider(Invalid):
    code = "UNKNOWN_PROVIDER"

    def __init__(self, slug: str) -> None:
        super().__init__(_("No provider called “%(slug)s” is installed.") % {"slug": slug})


class ProviderMisconfigured(Invalid):
    code = "PROVIDER_MISCONFIGURED"

    def __init__(self, label: str) -> None:
        super().__init__(
            _("%(label)s is not set up completely. Open Settings → AI providers and fill in what is missing.") % {"label": label}
        )


class NoProvider(VendorFailed):
    code = "NO_PROVIDER"
    default_message = _("No AI provider can do this. Add one under Settings → AI providers.")


class AccountNotFound(NotFound):
    code = "PROVIDER_ACCOUNT_NOT_FOUND"
    default_message = _("There is no such provider account.")
