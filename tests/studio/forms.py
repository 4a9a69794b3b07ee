"""Filling in a page's form as a browser does: its values as they stand, then one's own."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

from django.http import HttpResponse


class _Fields(HTMLParser):
    """The successful controls (HTML standard, section 4.10.21.4) of the form with that id."""

    def __init__(self, form: str) -> None:
        super().__init__()
        self.form = form
        self.inside = False
        self.values: dict[str, list[str]] = {}
        self.open: tuple[str, list[str]] | None = None
        self.select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        at = dict(attrs)
        if tag == "form":
            self.inside = at.get("id") == self.form
        if not self.inside:
            return
        name = at.get("name") or ""
        if tag == "input" and name:
            if at.get("type") not in {"checkbox", "radio"} or "checked" in at:
                self.values.setdefault(name, []).append(at.get("value") or ("on" if at.get("type") == "checkbox" else ""))
        elif tag == "textarea":
            self.open = (name, [])
        elif tag == "select":
            self.select = name
        elif tag == "option" and "selected" in at:
            self.values[self.select] = [at.get("value") or ""]

    def handle_data(self, data: str) -> None:
        if self.open:
            self.open[1].append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self.open:
            name, pieces = self.open
            self.values.setdefault(name, []).append("".join(pieces).removeprefix("\n"))
            self.open = None
        elif tag == "form":
            self.inside = False


def filled(response: HttpResponse, form: str, **own: Any) -> dict[str, Any]:
    """What the form on this page sends, with one's own values in it; None leaves a field out."""
    fields = _Fields(form)
    fields.feed(response.content.decode())
    assert fields.values, f"there is no form #{form} on this page"
    return {name: value for name, value in {**fields.values, **own}.items() if value is not None}
