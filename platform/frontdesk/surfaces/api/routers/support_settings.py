"""The support document's configuration, analytics and usage."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from ninja import Field, Router, Schema
from pydantic import StringConstraints

from frontdesk.agents import actions as agents
from frontdesk.agents.models import Agent
from frontdesk.agents.queries import first_live
from frontdesk.billing import queries as billing
from frontdesk.conversations import who_answers
from frontdesk.conversations.queries import count_by_status
from frontdesk.core.errors import Invalid, NotAllowed
from frontdesk.core.scoping import unscoped
from frontdesk.insights import days as figures
from frontdesk.providers import catalogue
from frontdesk.workspaces import hours
from frontdesk.workspaces.actions import change_workspace
from frontdesk.workspaces.permissions import require

from ..auth import ApiRequest
from ..forms import json_or_form, read

router = Router(tags=["Support"])
Days = Annotated[int, Field(ge=1, le=366, description="How far back, in days.")]
Name = Annotated[str, StringConstraints(strip_whitespace=True, max_length=120)]


class ConfigIn(Schema):
    """What is left out stays as it is."""

    agent_id: UUID | None = Field(None, description="Without it: the agent that went live first.")
    provider: Annotated[str, StringConstraints(strip_whitespace=True, max_length=40)] | None = None
    model_name: Name | None = Field(None, description="Empty: the provider's first model.")
    temperature: float | None = Field(None, ge=0, le=2, allow_inf_nan=False)
    max_tokens: int | None = Field(None, ge=1, le=100_000)
    auto_response_enabled: bool | None = None
    business_hours_only: bool | None = Field(None, description="Whether the AI is silent outside the opening hours.")


class ConfigOut(Schema):
    agent_id: UUID
    agent_name: str
    provider: str
    model_name: str
    temperature: float | None
    max_tokens: int | None
    auto_response_enabled: bool
    business_hours_only: bool
    default_reply_handler: str
    is_ready: bool = Field(description="Whether the AI answers.")
    reason: str = Field(description="Why it does not.")


class ByStatusOut(Schema):
    active: int
    support_active: int
    closed: int


class DayFiguresOut(Schema):
    date: date
    conversations: int
    customer_messages: int
    ai_responses: int
    failed_responses: int
    handed_over: int
    average_response_time_ms: int


class AnalyticsOut(Schema):
    period_days: int
    total_conversations: int
    customer_messages: int
    ai_responses: int
    failed_responses: int
    handed_over: int
    without_source: int
    helpful: int
    not_helpful: int
    credits_used: int
    average_response_time_ms: int
    success_rate: float = Field(description="Of all answers that the AI began, in per cent.")
    conversations: ByStatusOut = Field(description="All there are now.")
    daily: list[DayFiguresOut]


class DayUsageFiguresOut(Schema):
    date: date
    requests: int
    tokens: int
    cost_usd: float


class ModelFiguresOut(Schema):
    provider: str
    model: str
    requests: int
    tokens: int
    cost_usd: float


class UsageStatsOut(Schema):
    period_days: int
    start: datetime
    end: datetime
    total_requests: int
    successful_requests: int
    failed_requests: int
    success_rate: float
    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    total_cost_usd: float
    daily: list[DayUsageFiguresOut]
    by_model: list[ModelFiguresOut]


class WorkspaceFiguresOut(Schema):
    workspace_id: UUID
    name: str
    requests: int
    failed: int
    tokens: int
    cost_usd: float


class GlobalUsageOut(UsageStatsOut):
    active_workspaces: int
    workspaces: list[WorkspaceFiguresOut] = Field(description="Those that used most first, up to 100.")


@router.get("/api/v1/ai/config", response=ConfigOut)
def read_config(request: ApiRequest, agent_id: UUID | None = None) -> dict[str, Any]:
    """How the AI answers: of an agent, and of the whole workspace."""
    require(request.actor, "view")
    return _config(request, first_live(agent_id))


@router.put("/api/v1/ai/config", response=ConfigOut, openapi_extra=json_or_form(ConfigIn))
def change_config(request: ApiRequest) -> dict[str, Any]:
    """Change what is named. The agent's new version is live at once; the two switches are of the whole workspace, for owners."""
    body = read(request, ConfigIn)
    agent = first_live(body.agent_id)
    with transaction.atomic():
        _change_agent(request, agent, body)
        _change_workspace(request, body)
    request.actor.workspace.refresh_from_db()
    return _config(request, first_live(agent.uuid))


def _change_agent(request: ApiRequest, agent: Agent, body: ConfigIn) -> None:
    named = body.model_dump(include={"temperature", "max_tokens"}, exclude_unset=True)
    if body.provider is not None:
        named["provider"] = body.provider
    if body.model_name is not None:
        named["model"] = body.model_name
        if body.provider is None:
            named["provider"] = _provider_of(request, agent, body.model_name)
    if named:
        content = agent.read_content()
        choice = content.choice.model_copy(update=named)
        agents.put_live(request.actor, agent, content.model_copy(update={"choice": choice}))


def _provider_of(request: ApiRequest, agent: Agent, model: str) -> str:
    """Who offers a model: as its list says, or as its name begins. Raises Invalid."""
    offers = catalogue.offered(request.actor.workspace)
    chosen = agent.read_content().choice.provider
    if not model or any(offer.provider == chosen and model in {each.id for each in offer.models} for offer in offers):
        return chosen
    by_list = [offer.provider for offer in offers if model in {each.id for each in offer.models}]
    by_name = [offer.provider for offer in offers if model.startswith(f"{offer.provider}-")]
    if not (by_list or by_name):
        raise Invalid.field("model_name", _("None of your AI providers is known to offer this model. Name the provider too."))
    return (by_list or by_name)[0]


def _change_workspace(request: ApiRequest, body: ConfigIn) -> None:
    changes: dict[str, Any] = {}
    if body.auto_response_enabled is not None:
        changes["auto_response"] = body.auto_response_enabled
    opening = hours.read(request.actor.workspace)
    if body.business_hours_only is not None and body.business_hours_only != _only_in_hours(opening):
        outside = {"enabled": True, "outside": "person"} if body.business_hours_only else {"outside": "as_always"}
        changes["opening_hours"] = opening.model_copy(update=outside).model_dump(mode="json")
    if changes:
        change_workspace(request.actor, **changes)


def _only_in_hours(opening: hours.OpeningHours) -> bool:
    return opening.enabled and opening.outside == "person"


def _config(request: ApiRequest, agent: Agent) -> dict[str, Any]:
    workspace, choice = request.actor.workspace, agent.read_content().choice
    reason = who_answers.why_not_ai(workspace)
    return {
        "agent_id": agent.uuid,
        "agent_name": agent.name,
        **choice.model_dump(include={"provider", "temperature", "max_tokens"}),
        "model_name": choice.model or _first_model(request, choice.provider),
        "auto_response_enabled": workspace.auto_response,
        "business_hours_only": _only_in_hours(hours.read(workspace)),
        "default_reply_handler": workspace.default_reply_handler,
        "is_ready": not reason,
        "reason": reason,
    }


def _first_model(request: ApiRequest, provider: str) -> str:
    """What is asked where nobody chose, as far as that is known without asking a vendor."""
    offers = [offer for offer in catalogue.offered(request.actor.workspace) if provider in {"", offer.provider}]
    return next((offer.models[0].id for offer in offers if offer.models), "")


@router.get("/api/v1/ai/analytics", response=AnalyticsOut)
def analytics(request: ApiRequest, days: Days = 30) -> dict[str, Any]:
    """Figures of the last days: those that are over as they were counted at night, today's as they are now."""
    require(request.actor, "view")
    rows = figures.last(request.actor.workspace, days)
    total = {name: sum(row[name] for row in rows) for name in rows[0] if name != "day"}
    seconds = sum(row["answer_seconds"] * row["answers"] for row in rows)
    tried = total["answers"] + total["failed"]
    return {
        "period_days": days,
        "total_conversations": total["conversations"],
        "customer_messages": total["questions"],
        "ai_responses": total["answers"],
        "failed_responses": total["failed"],
        "handed_over": total["handed_over"],
        "without_source": total["not_found"],
        "helpful": total["helpful"],
        "not_helpful": total["not_helpful"],
        "credits_used": max(0, total["credits"]),
        "average_response_time_ms": round(1000 * seconds / total["answers"]) if total["answers"] else 0,
        "success_rate": _percent(total["answers"], tried),
        "conversations": count_by_status(),
        "daily": [_day(row) for row in rows],
    }


def _day(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "date": row["day"],
        "conversations": row["conversations"],
        "customer_messages": row["questions"],
        "ai_responses": row["answers"],
        "failed_responses": row["failed"],
        "handed_over": row["handed_over"],
        "average_response_time_ms": round(1000 * row["answer_seconds"]),
    }


@router.get("/api/v1/ai/usage/stats", response=UsageStatsOut)
def usage_stats(request: ApiRequest, days: Days = 30) -> dict[str, Any]:
    """What the AI providers were used for in this workspace."""
    require(request.actor, "view")
    return _usage(billing.usage(days=days), days)


@router.get("/api/v1/ai/usage/global", response=GlobalUsageOut)
def usage_global(request: ApiRequest, days: Days = 30) -> dict[str, Any]:
    """The same of all workspaces, for operators."""
    if request.actor.user is None or not request.actor.user.is_superuser:
        raise NotAllowed(_("Only operators of this server may see the usage of all workspaces."))
    with unscoped():
        report, tenants = billing.usage(days=days), billing.usage_by_workspace(days=days)
    shown = [{**row, "tokens": row["input_tokens"] + row["output_tokens"]} for row in tenants[:100]]
    return {**_usage(report, days), "active_workspaces": len(tenants), "workspaces": shown}


def _usage(report: billing.UsageReport, days: int) -> dict[str, Any]:
    totals = report.totals
    return {
        "period_days": days,
        "start": report.since,
        "end": report.until,
        "total_requests": totals.requests,
        "successful_requests": totals.requests - totals.failed,
        "failed_requests": totals.failed,
        "success_rate": _percent(totals.requests - totals.failed, totals.requests),
        "prompt_tokens": totals.input_tokens,
        "completion_tokens": totals.output_tokens,
        "total_tokens": totals.input_tokens + totals.output_tokens,
        "total_cost_usd": totals.cost_usd,
        "daily": [{**row, "date": row["day"], "tokens": row["input_tokens"] + row["output_tokens"]} for row in report.by_day],
        "by_model": [{**row, "tokens": row["input_tokens"] + row["output_tokens"]} for row in report.by_model],
    }


def _percent(part: float, whole: float) -> float:
    return round(100 * part / whole, 1) if whole else 100.0
