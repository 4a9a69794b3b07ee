"""The builder document's files and spreadsheets of a knowledge base (4–7, 10–12, 28–30, 44, 45)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from ninja import File, Form, Query, Router, Schema, Status
from ninja.files import UploadedFile

from frontdesk.agents.queries import agent_by_uuid
from frontdesk.core.errors import Invalid
from frontdesk.knowledge import actions, deletion, originals, queries, upload_types
from frontdesk.knowledge.models import Source
from frontdesk.knowledge.reading import Unreadable
from frontdesk.knowledge.tables.summary import summary_of_upload
from frontdesk.workspaces.permissions import require

from ..auth import ApiRequest
from ..media import absolute
from .builder_knowledge import ANALYTICS, DoneMessage, Moment, OfBase, bases_of

router = Router(tags=["Knowledge (builder)"])
BASE = ANALYTICS + "/knowledgebase"


class FileOut(Schema):
    id: int
    name: str
    s3_url: str | None

    @staticmethod
    def resolve_s3_url(source: Source, context: dict[str, Any]) -> str | None:
        return _address(context["request"], source)


class DataFileOut(Schema):
    id: int
    name: str
    s3_url: str
    summary: str


class KnowledgeFileOut(OfBase, FileOut):
    kind: str
    size: int
    created_at: Moment
    updated_at: Moment


class FileName(Schema):
    id: int
    name: str


class FilesOut(Schema):
    files: list[FileName]


class RefreshedOut(Schema):
    message: str
    filename: str


class DoneOut(Schema):
    success: bool


@router.post(BASE + "/upload", response={201: FileOut})
def upload_file(request: ApiRequest, kb_uuid: Form[UUID], file: File[UploadedFile]) -> Status:
    """`s3_url` gives the file to whoever has it, for a day. Learning goes on in the background."""
    base = queries.base(kb_uuid)
    upload_types.check_file(request.actor.workspace, file, file.name)
    return Status(201, actions.add_file(request.actor, base, file.name, file))


@router.post(BASE + "/add-excel", response={201: FileOut})
def add_excel(request: ApiRequest, kb_uuid: Form[UUID], file: File[UploadedFile]) -> Status:
    base = queries.base(kb_uuid)
    upload_types.check_spreadsheet(file, file.name)
    return Status(201, actions.add_file(request.actor, base, file.name, file, kind=Source.Kind.EXCEL))


@router.post(BASE + "/add-dataexcel", response={201: DataFileOut})
def add_data_excel(request: ApiRequest, kb_uuid: Form[UUID], file: File[UploadedFile]) -> Status:
    """A spreadsheet that is asked as a table. `summary` names its columns and shows its first rows."""
    base = queries.base(kb_uuid)
    require(request.actor, "edit_knowledge")
    upload_types.check_size(file.size)
    upload_types.check_spreadsheet(file, file.name)
    try:
        summary = summary_of_upload(file, file.name)
    except Unreadable as error:
        raise Invalid.field("file", str(error)) from error
    made = actions.add_file(request.actor, base, file.name, file, kind=Source.Kind.DATA_EXCEL)
    return Status(201, {"id": made.pk, "name": made.name, "s3_url": _address(request, made), "summary": summary})


@router.post(BASE + "/refresh/{path:filename}", response=RefreshedOut)
def refresh_file(
    request: ApiRequest, filename: str, file: File[UploadedFile], kb_uuid: Form[UUID | None] = None
) -> dict[str, str]:
    """Put a newer file in the place of the one with this name, which keeps its id. Of several in one base, the newest.

    When several bases have a file of this name, `kb_uuid` says which.
    """
    source = queries.file_named(filename, base=queries.base(kb_uuid) if kb_uuid else None)
    upload_types.check_file(request.actor.workspace, file, file.name)
    actions.replace_file(request.actor, source, file)
    return {"message": "File refreshed", "filename": source.name}


@router.get(BASE + "/list", response=FilesOut)
def list_files(request: ApiRequest, kb_uuid: Query[UUID]) -> dict[str, Any]:
    return {"files": _listed(request, kb_uuid, queries.FILES)}


@router.get(BASE + "/excels", response=FilesOut)
def list_excels(request: ApiRequest, kb_uuid: Query[UUID]) -> dict[str, Any]:
    return {"files": _listed(request, kb_uuid, [Source.Kind.EXCEL])}


@router.delete(BASE + "/delete/{int:file_id}", response=DoneMessage)
def delete_file(request: ApiRequest, file_id: int) -> dict[str, str]:
    """A file or a spreadsheet of any kind, but no link."""
    _delete(request, file_id, [*queries.FILES, *queries.EXCELS])
    return {"message": "File deleted"}


@router.delete(BASE + "/delete-excel/{int:excel_id}", response={204: None})
def delete_excel(request: ApiRequest, excel_id: int) -> Status:
    _delete(request, excel_id, [Source.Kind.EXCEL])
    return Status(204, None)


@router.delete(BASE + "/delete-dataexcel/{int:data_excel_id}", response=DoneOut)
def delete_data_excel(request: ApiRequest, data_excel_id: int) -> dict[str, bool]:
    _delete(request, data_excel_id, [Source.Kind.DATA_EXCEL])
    return {"success": True}


@router.get(ANALYTICS + "/assistant/{uuid:assistant_id}/knowledge-files", response=list[KnowledgeFileOut])
def list_knowledge_files(request: ApiRequest, assistant_id: UUID) -> list[Source]:
    """All files and spreadsheets that an assistant knows, the newest first."""
    require(request.actor, "view")
    kinds = [*queries.FILES, *queries.EXCELS]
    return list(queries.sources_of(bases_of(agent_by_uuid(assistant_id)), kinds=kinds))


@router.delete(ANALYTICS + "/knowledge-file/{int:file_id}", response={204: None})
def delete_knowledge_file(request: ApiRequest, file_id: int) -> Status:
    _delete(request, file_id, queries.FILES)
    return Status(204, None)


@router.delete(ANALYTICS + "/Knowledge-excel/{int:excel_id}", response={204: None})
def delete_knowledge_excel(request: ApiRequest, excel_id: int) -> Status:
    _delete(request, excel_id, [Source.Kind.EXCEL])
    return Status(204, None)


def _address(request: ApiRequest, source: Source) -> str | None:
    return absolute(request, originals.link(source))


def _listed(request: ApiRequest, kb_uuid: UUID, kinds: Sequence[str]) -> list[Source]:
    require(request.actor, "view")
    return list(queries.sources(queries.base(kb_uuid), kinds=kinds))


def _delete(request: ApiRequest, source_id: int, kinds: Sequence[str]) -> None:
    deletion.delete_source(request.actor, queries.source(source_id, kinds=kinds))
