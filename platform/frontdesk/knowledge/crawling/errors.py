"""What keeps a web page from being learned, told to an owner together with what to do."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from frontdesk.core.errors import FrontdeskError
from frontdesk.core.http import FetchRefused

SENTENCES = {
    "login": _(
        "%(host)s shows this page only to people who sign in. Open it yourself, save it as a PDF or copy its text, and add that."
    ),
    "wall": _(
        "%(host)s wants proof that a person is reading, which a program must not give. If the site is yours, let Frontdesk in "
        "there; otherwise copy the text and add that."
    ),
    "script": _(
        "This page is empty until a browser puts it together, and Frontdesk reads pages as they are sent. Give the address of a "
        "version for printing, or save the page as a PDF and add that."
    ),
    "media": _("This address leads to a file of the kind %(type)s, not to a page with text. Give the address of a page."),
    "busy": _("%(host)s asks programs to come more slowly. It is tried again by itself; nothing that was learned is lost."),
    # The same reasons as in `core.http`, with what to do about a page.
    "slow": _("%(host)s did not answer in time. It is tried again by itself; if it stays so, check that the page opens."),
    "unreachable": _("%(host)s could not be reached. It is tried again by itself; if it stays so, check that the page opens."),
    "redirects": _("This address redirects too many times. Open it in your browser and give the address where it ends."),
    "too_large": _("This page is larger than %(limit)s MiB. Give the address of a smaller page, or add its text as a file."),
    "locked": _(
        "%(host)s asks for a password or does not let programs read this page. Save it as a PDF or copy its text, and add that."
    ),
    "gone": _("This page does not exist any more. Check the address, or delete it here."),
    "status": _("%(host)s answered with an error (%(status)s). It is tried again by itself; nothing that was learned is lost."),
    # Of a whole site.
    "site_pages": _("This site has more pages than can be learned from one link. %(limit)s of them were looked at."),
    "site_bytes": _("This site is larger than can be learned from one link. What came first was learned."),
    "site_time": _("Reading this site took too long. What came first was learned; the rest follows next time."),
    "site_silent": _("%(host)s stopped answering, so the rest of its pages is read next time. What was learned stays."),
    "site_robots": _(
        "%(host)s asks programs not to follow its links (robots.txt), so only this page was learned. If the site is yours, "
        "allow Frontdesk there."
    ),
}
# These pass by themselves, so it is tried again, and nothing that was learned is taken away.
PASSING = frozenset({"busy", "slow", "unreachable", "status", "unknown_host"})


class PageRefused(FrontdeskError):
    """What an address answered is no page that can be learned. `reason` is a key of SENTENCES, as in FetchRefused."""

    status = 422
    code = "PAGE_REFUSED"

    def __init__(self, reason: str, **parameters: Any) -> None:
        self.reason, self.parameters = reason, parameters
        super().__init__(SENTENCES[reason] % parameters)


class TooBusy(PageRefused):
    """The server asked to come later: `wait` is in seconds."""

    def __init__(self, wait: float, **parameters: Any) -> None:
        super().__init__("busy", **parameters)
        self.wait = wait


def passes(error: FetchRefused | PageRefused) -> bool:
    """Whether it may be otherwise the next time, without anybody doing something."""
    status = error.parameters.get("status", 500)
    return error.reason in PASSING and status >= 500
