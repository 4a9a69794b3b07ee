"""The tables of a spreadsheet on the page of their source, and what a newer file changed."""

from __future__ import annotations

import io
from typing import Any

import openpyxl
import pytest
from django.test import Client

from frontdesk.core import jobs as core_jobs
from frontdesk.core.scoping import scope
from frontdesk.knowledge import actions, queries
from frontdesk.knowledge.models import Source

pytestmark = pytest.mark.django_db


def xlsx(*rows: list[Any]) -> bytes:
    book, file = openpyxl.Workbook(), io.BytesIO()
    book.active.title = "Menu"
    for row in rows:
        book.active.append(row)
    book.save(file)
    return file.getvalue()


@pytest.fixture
def menu(owner: Any, workspace: Any, settings: Any, tmp_path: Any) -> Source:
    """A spreadsheet that was learned, then replaced by a newer one and learned again."""
    settings.MEDIA_ROOT = tmp_path
    with scope(workspace=workspace):
        base = actions.create_base(owner, "Menu")
        first = xlsx(
            ["Dish", "Price", "From"],
            ["Soup", "4,50 €", "03/04/2025"],
            ["Pie", "9,00 €", "05/06/2025"],
            ["Total", "13,50 €", None],
        )
        source = actions.add_file(owner, base, "prices.xlsx", first, kind=Source.Kind.EXCEL)
        core_jobs.run(source.job_id)
        newer = xlsx(["Dish", "Price"], ["Soup", "5,00 €"], ["<b>Cake</b>", "3,00 €"], ["Total", "8,00 €"])
        source = actions.replace_file(owner, queries.source(source.uuid), newer)
        core_jobs.run(source.job_id)
        return queries.source(source.uuid)


def test_a_source_shows_its_tables_and_what_the_newest_file_changed(studio: Client, menu: Source) -> None:
    page = studio.get(f"/studio/knowledge/sources/{menu.uuid}/").content.decode().replace("\u2068", "").replace("\u2069", "")
    assert "The tables that were found" in page
    assert "whole numbers in €" in page
    assert "&lt;b&gt;Cake&lt;/b&gt;" in page
    assert "<b>Cake" not in page
    assert "sums of the sheet itself" in page
    assert "Columns that are gone: From" in page
    assert "1 row added: &lt;b&gt;Cake&lt;/b&gt;, 3" in page
    assert "1 row removed: Pie, 9" in page
    assert "told apart by “Dish”" in page
    assert "<del>4.5</del>" in page
    assert "<ins>5</ins>" in page


def test_a_text_shows_no_tables(studio: Client, owner: Any, workspace: Any) -> None:
    with scope(workspace=workspace):
        source = actions.add_text(owner, actions.create_base(owner, "Notes"), "Hours", "We open at eight.")
    page = studio.get(f"/studio/knowledge/sources/{source.uuid}/").content.decode()
    assert "The tables that were found" not in page
    assert "studio/tables.css" not in page
