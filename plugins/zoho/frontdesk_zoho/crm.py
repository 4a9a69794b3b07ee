"""Zoho CRM's REST API, version 8 (www.zoho.com/crm/developer/docs/api/v8/): searching records, making one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from frontdesk.sdk import context as sdk
from frontdesk.sdk.errors import NotConnected, ToolError

SECONDS = 12.0
MOST_FOUND = 5
FIELDS = "Full_Name,Email,Phone,Mobile,Company,Account_Name,Lead_Status,Description"
UNREADABLE = "Zoho CRM did not answer properly. Try again later."


@dataclass(frozen=True, slots=True)
class Crm:
    """One connected account. All methods raise ToolError with a sentence for the model."""

    host: str
    context: sdk.Context

    async def find(self, module: str, **by: str) -> Sequence[Mapping[str, Any]]:
        """Records with this e-mail or phone, at most a few."""
        answer = await self._ask("GET", f"{module}/search", params={**by, "fields": FIELDS, "per_page": str(MOST_FOUND)})
        return [row for row in _rows(answer) if isinstance(row, dict)][:MOST_FOUND]

    async def create(self, module: str, record: Mapping[str, Any]) -> str:
        """Make a record; gives its id."""
        rows = _rows(await self._ask("POST", module, json={"data": [record], "trigger": ["workflow"]}))
        row = rows[0] if rows and isinstance(rows[0], dict) else {}
        details = row.get("details") if isinstance(row.get("details"), dict) else {}
        if row.get("code") != "SUCCESS" or not details.get("id"):
            raise ToolError(_refusal(row, details))
        return str(details["id"])

    async def _ask(self, method: str, path: str, **request: Any) -> Any:
        try:
            token = await self.context.access_token()
            headers = {"authorization": f"Zoho-oauthtoken {token}"}
            async with self.context.http(timeout=SECONDS) as client:
                response = await client.request(method, f"https://{self.host}/crm/v8/{path}", headers=headers, **request)
        except NotConnected as error:
            raise ToolError(str(error)) from error
        except httpx.HTTPError as error:
            raise ToolError("Zoho CRM cannot be reached. Try again later.") from error
        return _read(response)


def _read(response: httpx.Response) -> Any:
    if response.status_code == httpx.codes.NO_CONTENT:
        return {}
    try:
        body = response.json()
    except ValueError as error:
        raise ToolError(UNREADABLE) from error
    if response.status_code == httpx.codes.TOO_MANY_REQUESTS:
        raise ToolError("Zoho CRM takes no more requests for now. Try again later.")
    if response.status_code in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
        raise ToolError("Zoho CRM refused access. An owner must connect it again, under Plugins.")
    if response.status_code >= 500:
        raise ToolError(UNREADABLE)
    return body


def _rows(answer: Any) -> list[Any]:
    """The "data" of an answer. What Zoho refused as a whole has a "code" in its place."""
    if not isinstance(answer, dict):
        raise ToolError(UNREADABLE)
    if "code" in answer:
        raise ToolError(_refusal(answer, answer.get("details") or {}))
    rows = answer.get("data", [])
    return rows if isinstance(rows, list) else []


def _refusal(row: Mapping[str, Any], details: Any) -> str:
    if row.get("code") == "DUPLICATE_DATA":
        return "Zoho CRM has this person already. Nothing new was written down."
    field = details.get("api_name", "") if isinstance(details, dict) else ""
    said = str(row.get("message") or row.get("code") or "no reason given")[:200]
    return f"Zoho CRM refused this{f' ({field})' if field else ''}: {said}."
