"""Telling pages from what stands in front of them: sign-in forms, proofs of being human, shells that scripts fill.

Each needs two signs, a mark and the lack of text, because a page about captchas and one with a sign-in form in its corner
are pages.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from .markup import Markup

FEW_WORDS = 120
HARDLY_ANY = 12
_SIGN_IN = re.compile(
    r"(?:^|[/_.-])(?:log-?in|sign-?in|signon|sso|oauth2?|authenticate|account/login|wp-login)(?:$|[/_.?-])", re.I
)
# Marks of the walls that are most common; each stands in a script's address or a form, never in prose.
_WALLS = (
    *("cdn-cgi/challenge-platform", "challenges.cloudflare.com", "cf-chl-", "cf_chl_opt", "captcha-delivery.com", "px-captcha"),
    *("_incapsula_resource", "perfdrive.com", "awswafcaptcha", "aws-waf-token", "g-recaptcha", "h-captcha", "hcaptcha.com"),
    *("recaptcha/api.js", "recaptcha/enterprise.js", "arkoselabs.com", "friendlycaptcha", "sgcaptcha", "turnstile"),
)
_TITLES = re.compile(
    r"just a moment|attention required|access denied|are you (?:a )?(?:human|robot)|verify (?:that )?you are human|captcha|"
    r"security check|robot check|pardon our interruption|checking your browser",
    re.IGNORECASE,
)
_SHELLS = re.compile(r"""<div[^>]+id=["']?(?:root|app|__next|__nuxt|gatsby|svelte|ember|main-app)["'\s>]""")


def is_wall(markup: Markup | None, headers: Mapping[str, str], status: int) -> bool:
    """A proof of being human, whatever status it was sent with."""
    if headers.get("cf-mitigated", "").lower() == "challenge" or ("x-datadome" in headers and status == 403):
        return True
    if markup is None or markup.words > FEW_WORDS:
        return False
    marked = any(mark in markup.source for mark in _WALLS) and not (markup.has_password or markup.has_fields)
    titled = bool(_TITLES.search(markup.title)) and (marked or status >= 400)
    return titled or (marked and markup.words <= FEW_WORDS // 2)


def is_sign_in(markup: Markup, asked: str, answered: str) -> bool:
    """A form that asks for a password, or where one was sent to instead of the page."""
    moved = urlsplit(asked).path.rstrip("/") != urlsplit(answered).path.rstrip("/") or _host(asked) != _host(answered)
    if moved and _SIGN_IN.search(urlsplit(answered).path) and not _SIGN_IN.search(urlsplit(asked).path):
        return True
    return markup.has_password and markup.words <= FEW_WORDS


def is_shell(markup: Markup) -> bool:
    """Nothing to read until a browser has run its scripts."""
    if markup.words > HARDLY_ANY or not markup.scripts:
        return False
    return bool(_SHELLS.search(markup.source)) or "enable javascript" in markup.source or not markup.links


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "").removeprefix("www.")
