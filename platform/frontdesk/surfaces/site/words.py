"""The widget's words, translated by the server (docs/protocols/widget.md §6)."""

from __future__ import annotations

from django.utils.translation import gettext as _

TRANSLATED = ("en", "ar")


def strings() -> dict[str, str]:
    """Every word of the script, in the active language."""
    return {
        "open": _("Open chat"),
        "close": _("Close chat"),
        "conversation": _("Conversation"),
        "assistant": _("AI assistant"),
        "person": _("A person answers"),
        "placeholder": _("Write a message…"),
        "send": _("Send"),
        "attach": _("Attach files"),
        "too_big": _("Together they are larger than {n} MiB. Please send smaller ones."),
        "not_sent": _("This could not be sent."),
        "stop": _("Stop"),
        "writing": _("{name} is writing"),
        "you": _("You said"),
        "sending": _("Sending…"),
        "stopped": _("Stopped"),
        "failed": _("This answer could not be finished."),
        "retry": _("Try again"),
        "reconnecting": _("Reconnecting…"),
        "refused": _("This chat is not available on this page."),
        "sources": _("Sources"),
        "source": _("Source {n}"),
        "open_source": _("Open"),
        "helpful": _("Helpful"),
        "not_helpful": _("Not helpful"),
        "suggestions": _("Suggested questions"),
        "left": _("{n} characters left"),
        "latest": _("Latest message"),
        "unread": _("New messages: {n}"),
    }
