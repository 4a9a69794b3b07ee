"""Who did what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from frontdesk.workspaces import queries
from frontdesk.workspaces.models import AuditEntry

from ..page import studio_page
from ..paging import page_of
from ..request import StudioRequest
from .frame import show

PER_PAGE = 50
VERBS = {
    "agent.archived": gettext_lazy("put an agent away"),
    "agent.brought_back": gettext_lazy("brought back an earlier version of an agent"),
    "agent.created": gettext_lazy("made an agent"),
    "agent.deleted": gettext_lazy("deleted an agent"),
    "agent.put_live": gettext_lazy("put an agent live"),
    "agent.restored": gettext_lazy("brought back a deleted agent"),
    "agent.saved": gettext_lazy("saved an agent for later"),
    "agent.taken_offline": gettext_lazy("took an agent offline"),
    "api_key.changed": gettext_lazy("changed an API key"),
    "api_key.created": gettext_lazy("made an API key"),
    "api_key.revoked": gettext_lazy("revoked an API key"),
    "card.added": gettext_lazy("put a card on Home"),
    "card.moved": gettext_lazy("moved a card on Home"),
    "arrival.discarded": gettext_lazy("threw away what a channel could not read"),
    "arrival.read_again": gettext_lazy("had a channel's request read once more"),
    "card.removed": gettext_lazy("took a card off Home"),
    "card.restored": gettext_lazy("put a card back on Home"),
    "card.set_up": gettext_lazy("set up a card on Home"),
    "channel.changed": gettext_lazy("changed a channel"),
    "channel.created": gettext_lazy("set up a channel"),
    "channel.deleted": gettext_lazy("deleted a channel"),
    "channel.key_renewed": gettext_lazy("made a new key for a channel"),
    "connection.added": gettext_lazy("connected a place to the knowledge"),
    "connection.changed": gettext_lazy("changed a connected place"),
    "connection.looked": gettext_lazy("had a connected place looked at"),
    "connection.refreshed": gettext_lazy("learned from a connected place"),
    "connection.removed": gettext_lazy("disconnected a place"),
    "connection.stopped": gettext_lazy("stopped looking at a connected place"),
    "canned_reply.changed": gettext_lazy("changed a canned reply"),
    "canned_reply.created": gettext_lazy("made a canned reply"),
    "canned_reply.deleted": gettext_lazy("deleted a canned reply"),
    "canned_reply.restored": gettext_lazy("brought back a canned reply"),
    "contact.blocked": gettext_lazy("blocked a customer"),
    "contact.changed": gettext_lazy("changed what is known of a customer"),
    "contact.created": gettext_lazy("added a customer"),
    "contact.deleted": gettext_lazy("deleted a customer"),
    "contact.exported": gettext_lazy("downloaded a customer's data"),
    "contact.merged": gettext_lazy("merged two customers"),
    "contact.not_same": gettext_lazy("said that two customers are not the same"),
    "contact.removed": gettext_lazy("deleted a customer for good"),
    "contact.restored": gettext_lazy("brought back a customer"),
    "contact.split": gettext_lazy("made two customers of one again"),
    "contact.unblocked": gettext_lazy("unblocked a customer"),
    "conversation.assigned": gettext_lazy("changed whose a conversation is"),
    "conversation.noted": gettext_lazy("wrote a note in a conversation"),
    "conversation.priority": gettext_lazy("changed the priority of a conversation"),
    "conversation.snoozed": gettext_lazy("put a conversation off"),
    "conversation.tagged": gettext_lazy("changed the tags of a conversation"),
    "conversation.woken": gettext_lazy("brought a conversation back"),
    "tag.changed": gettext_lazy("changed a tag"),
    "tag.created": gettext_lazy("made a tag"),
    "tag.deleted": gettext_lazy("deleted a tag"),
    "tag.restored": gettext_lazy("brought back a tag"),
    "view.changed": gettext_lazy("changed a view of the inbox"),
    "view.created": gettext_lazy("saved a view of the inbox"),
    "view.deleted": gettext_lazy("deleted a view of the inbox"),
    "conversation.replied": gettext_lazy("answered a customer"),
    "conversation.status": gettext_lazy("changed who answers a conversation"),
    "credits.granted": gettext_lazy("added credits"),
    "invitation.accepted": gettext_lazy("joined the team"),
    "invitation.revoked": gettext_lazy("took an invitation back"),
    "invitation.sent": gettext_lazy("invited somebody"),
    "findings.dismissed": gettext_lazy("called findings in the knowledge fine"),
    "findings.reopened": gettext_lazy("took up findings in the knowledge again"),
    "findings.threshold_changed": gettext_lazy("changed when a file is called old"),
    "knowledge_base.changed": gettext_lazy("changed a knowledge base"),
    "knowledge_base.created": gettext_lazy("made a knowledge base"),
    "knowledge_base.deleted": gettext_lazy("deleted a knowledge base"),
    "knowledge_base.indexed": gettext_lazy("had a whole knowledge base read again"),
    "knowledge_base.paused": gettext_lazy("paused learning"),
    "knowledge_base.resumed": gettext_lazy("went on learning"),
    "knowledge_base.removed": gettext_lazy("deleted a knowledge base for good"),
    "knowledge_base.restored": gettext_lazy("brought back a knowledge base"),
    "member.removed": gettext_lazy("took somebody out of the team"),
    "member.role": gettext_lazy("changed somebody's role"),
    "message.sent_again": gettext_lazy("sent a message again"),
    "page.chat_changed": gettext_lazy("changed the chat on the public page"),
    "page.opened": gettext_lazy("opened the public page"),
    "passage.changed": gettext_lazy("changed a passage"),
    "passage.restored": gettext_lazy("took back a changed passage"),
    "passage.excluded": gettext_lazy("left a passage out of answers"),
    "passage.included": gettext_lazy("took a passage in again"),
    "plugin.configured": gettext_lazy("set a plugin up"),
    "plugin.connected": gettext_lazy("connected an account to a plugin"),
    "plugin.disconnected": gettext_lazy("disconnected a plugin's account"),
    "plugin.tried_again": gettext_lazy("had a plugin tried again"),
    "plugin.turned_off": gettext_lazy("turned a plugin off"),
    "plugin.turned_on": gettext_lazy("turned a plugin on"),
    "provider.deleted": gettext_lazy("deleted an AI provider's account"),
    "provider.disabled": gettext_lazy("turned an AI provider off"),
    "provider.enabled": gettext_lazy("turned an AI provider on"),
    "provider.ordered": gettext_lazy("changed the order of AI providers"),
    "provider.saved": gettext_lazy("saved an AI provider's account"),
    "questions.dismissed": gettext_lazy("put customers' questions aside"),
    "questions.reopened": gettext_lazy("took up customers' questions again"),
    "source.added": gettext_lazy("added to the knowledge"),
    "source.changed": gettext_lazy("changed a source"),
    "source.deleted": gettext_lazy("deleted a source"),
    "source.removed": gettext_lazy("deleted a source for good"),
    "source.restored": gettext_lazy("brought back a source"),
    "source.refreshed": gettext_lazy("had a source read again"),
    "source.replaced": gettext_lazy("replaced a file"),
    "sources.deleted": gettext_lazy("deleted sources"),
    "sources.excluded": gettext_lazy("left sources out of answers"),
    "sources.included": gettext_lazy("took sources in again"),
    "sources.moved": gettext_lazy("moved sources to another knowledge base"),
    "sources.refreshed": gettext_lazy("had sources read again"),
    "sources.restored": gettext_lazy("brought back sources"),
    "sources.stopped": gettext_lazy("stopped learning sources"),
    "source.stopped": gettext_lazy("stopped learning a source"),
    "tool.changed": gettext_lazy("changed a tool"),
    "tool.created": gettext_lazy("made a tool"),
    "tool.deleted": gettext_lazy("deleted a tool"),
    "tool.restored": gettext_lazy("brought back a tool"),
    "tool_call.approved": gettext_lazy("let an agent use a tool"),
    "tool_call.refused": gettext_lazy("did not let an agent use a tool"),
    "tool_connection.agreed": gettext_lazy("agreed to changed tools"),
    "tool_connection.deleted": gettext_lazy("deleted a connection to tools"),
    "tool_connection.disabled": gettext_lazy("turned a connection to tools off"),
    "tool_connection.enabled": gettext_lazy("turned a connection to tools on"),
    "tool_connection.saved": gettext_lazy("set up a connection to tools"),
    "webhook.changed": gettext_lazy("changed a webhook"),
    "webhook.created": gettext_lazy("made a webhook"),
    "webhook.deleted": gettext_lazy("deleted a webhook"),
    "webhook.gave_up": gettext_lazy("turned off a webhook that takes nothing"),
    "webhook.replayed": gettext_lazy("had a webhook told again what it missed"),
    "webhook.secret_renewed": gettext_lazy("made a new secret for a webhook"),
    "webhook.sent_again": gettext_lazy("had a webhook told something again"),
    "webhook.tested": gettext_lazy("tested a webhook"),
    "workspace.changed": gettext_lazy("changed the settings"),
    "workspace.created": gettext_lazy("created the workspace"),
}


@dataclass(frozen=True, slots=True)
class Deed:
    who: str
    what: Any
    about: str
    entry: AuditEntry


@require_GET
@studio_page("manage_workspace")
def activity(request: StudioRequest) -> HttpResponse:
    page = page_of(request, queries.audit_entries(), size=PER_PAGE)
    return show(request, "activity", page=page, deeds=[_deed(entry) for entry in page.rows])


def who(actor: str) -> str:
    """Somebody as the audit stores them ("key: Website"), for people."""
    kind, _colon, name = actor.partition(": ")
    return (_("%(name)s (API key)") % {"name": name} if kind == "key" else name) or actor


def _deed(entry: AuditEntry) -> Deed:
    """Targets are stored as "source 7: Menu.pdf"; people want the name. A passage has none."""
    about = "" if entry.target.startswith("chunk ") else entry.target.partition(": ")[2] or entry.target
    return Deed(who(entry.actor), VERBS.get(entry.verb, entry.verb.replace(".", ": ").replace("_", " ")), about, entry)
