"""Views of the inbox: a filter with a name, one's own or everybody's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import IntegerField, Q, QuerySet, Subquery
from django.utils.translation import gettext as _
from pydantic import ValidationError

from frontdesk.core.errors import Invalid, NotAllowed
from frontdesk.core.events import emit
from frontdesk.workspaces import audit
from frontdesk.workspaces.models import Workspace
from frontdesk.workspaces.permissions import Actor, require

from .errors import ViewNotFound
from .filtering import Filters, filtered
from .models import Conversation, View

LIMIT = 50
# Counting stops here; "999+" is as much as anybody reads.
COUNTED = 1000
NAME_LENGTH = 60


class CountOf(Subquery):
    """How many rows a query gives."""

    template = "(SELECT count(*) FROM (%(subquery)s) counted)"
    output_field = IntegerField()


def views(actor: Actor) -> QuerySet[View]:
    """Those that are the actor's own or everybody's, the oldest first."""
    require(actor, "view")
    mine = Q(user=actor.user) if actor.user else Q(pk__in=[])
    return View.objects.filter(mine | Q(shared=True)).select_related("user")


def view_by_uuid(actor: Actor, uuid: UUID) -> View:
    """Raises ViewNotFound, also for another's own."""
    found = views(actor).filter(uuid=uuid).first()
    if found is None:
        raise ViewNotFound()
    return found


def filters_of(view: View) -> Filters:
    """What it filters; what an older version of Frontdesk kept and this one does not know is left out."""
    try:
        return Filters.model_validate(view.filters)
    except ValidationError as error:
        wrong = {problem["loc"][0] for problem in error.errors()}
        return Filters.model_validate({name: value for name, value in view.filters.items() if name not in wrong})


def create_view(actor: Actor, name: str, filters: Filters, *, shared: bool = False) -> View:
    """A program has no views of its own: what it makes is shared."""
    require(actor, "answer")
    if views(actor).count() >= LIMIT:
        raise Invalid.field("name", _("There are %(limit)s views already. Delete one that nobody needs.") % {"limit": LIMIT})
    view = View.objects.create(
        workspace=actor.workspace,
        name=_name(name),
        user=actor.user,
        shared=shared or actor.user is None,
        filters=filters.as_json(),
    )
    audit.record(actor, "view.created", view)
    _tell(actor)
    return view


@transaction.atomic
def update_view(
    actor: Actor, view: View, *, name: str | None = None, filters: Filters | None = None, shared: bool | None = None
) -> View:
    """Raises NotAllowed for a view that somebody else shared, unless an editor changes it."""
    _may_change(actor, view)
    view.name = view.name if name is None else _name(name)
    view.filters = view.filters if filters is None else filters.as_json()
    view.shared = view.shared if shared is None or view.user_id is None else shared
    view.save(update_fields=["name", "filters", "shared", "updated_at"])
    audit.record(actor, "view.changed", view)
    _tell(actor)
    return view


@transaction.atomic
def delete_view(actor: Actor, view: View) -> None:
    """Conversations are not touched."""
    _may_change(actor, view)
    audit.record(actor, "view.deleted", view)
    view.delete()
    _tell(actor)


def counts(actor: Actor, shown: Sequence[View]) -> dict[int, int]:
    """View id → how many conversations it shows, counted up to `COUNTED`. One query."""
    found = count_all(actor, [filters_of(view) for view in shown])
    return {view.pk: count for view, count in zip(shown, found, strict=True)}


def count_all(actor: Actor, wanted: Sequence[Filters]) -> list[int]:
    """How many conversations each filter shows, words apart, counted up to `COUNTED`. One query."""
    if not wanted:
        return []
    columns = {f"view_{number}": CountOf(_first(filters, actor)) for number, filters in enumerate(wanted)}
    one_row = Workspace.objects.filter(pk=actor.workspace.pk)
    return list(one_row.annotate(**columns).values_list(*columns)[0])


def _first(filters: Filters, actor: Actor) -> QuerySet[Conversation, Any]:
    return filtered(filters, actor).filter(last_message_at__isnull=False).values("pk")[:COUNTED]


def _may_change(actor: Actor, view: View) -> None:
    require(actor, "answer")
    own = view.user_id is not None and actor.user is not None and view.user_id == actor.user.pk
    if not own and not actor.may("edit_agents"):
        raise NotAllowed(_("This view is somebody else's. Make one of your own."))


def _name(text: str) -> str:
    name = " ".join(text.replace("\x00", "").split())
    if not name or len(name) > NAME_LENGTH:
        raise Invalid.field("name", _("Give the view a name of at most %(limit)s characters.") % {"limit": NAME_LENGTH})
    return name


def _tell(actor: Actor) -> None:
    emit(actor.workspace.uuid, "views.changed")
