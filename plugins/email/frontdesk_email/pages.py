"""The HTML of a mail as text: what it says, without what is quoted, hidden or made to be loaded from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from frontdesk.sdk.web import read_page

LONGEST = 2 * 2**20
# How mail programs mark what they quote.
QUOTE_CLASSES = ("gmail_quote", "gmail_quote_container", "yahoo_quoted", "moz-cite-prefix", "protonmail_quote", "tutanota_quote")
QUOTE_IDS = ("divRplyFwdMsg", "appendonsend", "mail-editor-reference-message-container", "reply-intro", "isForwardContent")
SIGNATURE_CLASSES = ("gmail_signature", "moz-signature", "gmail_signature_prefix", "protonmail_signature_block-user")
MARKS = frozenset(QUOTE_CLASSES + SIGNATURE_CLASSES)
HIDDEN = ("display:none", "font-size:0;", "font-size:0px", "mso-hide:all")
CUT_AFTER = ("divRplyFwdMsg", "appendonsend")


def said(html: str, *, forwarded: bool) -> str:
    """The text of a page; without its quotes unless it was forwarded or is nothing else."""
    whole = read_page(html[:LONGEST]).text
    if forwarded:
        return whole
    return read_page(_without_quotes(html[:LONGEST])).text or whole


def shown_inside(html: str) -> set[str]:
    """The Content-IDs of pictures that stand in what the sender wrote themselves."""
    root = _tree(_without_quotes(html[:LONGEST]))
    if root is None:
        return set()
    found = (image.get("src", "") for image in root.iter("img"))
    return {source[4:].strip().lower() for source in found if source.lower().startswith("cid:")}


def _tree(html: str) -> Any:
    from lxml import etree
    from lxml import html as parser

    settings = parser.HTMLParser(encoding="utf-8", no_network=True, huge_tree=False, remove_comments=True, remove_pis=True)
    try:
        return parser.document_fromstring(html.replace("\x00", "").encode("utf-8", "replace"), parser=settings)
    except (etree.ParserError, etree.XMLSyntaxError):
        return None


def _without_quotes(html: str) -> str:
    from lxml import html as parser

    root = _tree(html)
    if root is None:
        return ""
    for element in list(_to_cut(root)):
        if element.get("id") in CUT_AFTER:
            for later in list(element.itersiblings()):
                later.drop_tree()
        if element.getparent() is not None:
            element.drop_tree()
    return str(parser.tostring(root, encoding="unicode"))


def _to_cut(root: Any) -> Iterator[Any]:
    for element in root.iter():
        if not isinstance(element.tag, str):
            continue
        names = (element.get("class") or "").split()
        style = (element.get("style") or "").replace(" ", "").lower()
        quoted = element.tag == "blockquote" and (element.get("type") == "cite" or element.get("cite"))
        marked = element.get("id") in QUOTE_IDS or any(name in MARKS for name in names)
        if quoted or marked or any(hiding in f"{style};" for hiding in HIDDEN):
            yield element
