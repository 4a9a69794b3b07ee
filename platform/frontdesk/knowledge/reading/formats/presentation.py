"""PowerPoint presentations: titles, text, tables, the numbers behind charts, diagrams and speaker notes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import pptx
from lxml import etree
from pptx.exc import PythonPptxError
from pptx.oxml import parse_xml
from pptx.shapes.base import BaseShape
from pptx.slide import Slide

from ..clean import clean, one_line
from ..document import Block
from ..numbers import display
from ..source import Refused, Source
from ..tables import Row, table_blocks

_TEXT = "{http://schemas.openxmlformats.org/drawingml/2006/main}t"


def read(source: Source) -> Iterator[Block]:
    """Slide by slide, hidden ones left out; the slide's title heads its blocks."""
    try:
        presentation = pptx.Presentation(str(source.path))
        slides = [slide for slide in presentation.slides if slide._element.get("show") != "0"]
    except (PythonPptxError, KeyError, ValueError, etree.XMLSyntaxError) as error:
        raise Refused("corrupt", cause=repr(error)) from error
    if len(slides) > source.limits.pages:
        raise Refused("too_many_pages", cause=f"{len(slides)} slides")
    source.title = one_line(presentation.core_properties.title or "")
    if source.title.lower() == "powerpoint presentation":
        source.title = ""
    source.pages = len(slides)
    for number, slide in enumerate(slides, start=1):
        source.progress(number - 1, len(slides))
        yield from _slide(source, slide, number)


def _slide(source: Source, slide: Slide, number: int) -> Iterator[Block]:
    title_shape = slide.shapes.title
    title = one_line(title_shape.text_frame.text) if title_shape is not None else ""
    if title:
        source.title = source.title or title
        yield Block("heading", title, page=number)
    place = Block("paragraph", "", headings=(title,) if title else (), page=number)
    for shape in _flat(slide.shapes):
        if title_shape is None or shape.shape_id != title_shape.shape_id:
            yield from _shape(shape, place)
    for relation in slide.part.rels.values():
        if not relation.is_external and relation.reltype.endswith("/diagramData"):
            words = [one_line(text.text or "") for text in parse_xml(relation.target_part.blob).iter(_TEXT)]
            yield from _texts(filter(None, words), place)
    if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
        notes = clean(slide.notes_slide.notes_text_frame.text)
        if notes:
            yield replace(place, text=notes)


def _flat(shapes: Iterable[BaseShape]) -> Iterator[BaseShape]:
    for shape in shapes:
        if hasattr(shape, "shapes"):
            yield from _flat(shape.shapes)
        else:
            yield shape


def _shape(shape: BaseShape, place: Block) -> Iterator[Block]:
    if getattr(shape, "has_table", False):
        rows = (Row(number, [one_line(cell.text) for cell in row.cells]) for number, row in enumerate(shape.table.rows, start=1))
        header_rows = 1 if shape.table.first_row else None
        for block in table_blocks(rows, replace(place, kind="table"), header_rows=header_rows):
            yield replace(block, rows=None)
    elif getattr(shape, "has_chart", False):
        for block in table_blocks(_chart_rows(shape), replace(place, kind="table"), header_rows=1):
            yield replace(block, rows=None)
    elif shape.has_text_frame:
        yield from _texts((clean(paragraph.text) for paragraph in shape.text_frame.paragraphs), place)


def _chart_rows(shape: BaseShape) -> Iterator[Row]:
    for plot in shape.chart.plots:
        series = list(plot.series)
        yield Row(1, ["", *(one_line(each.name) for each in series)])
        for number, category in enumerate(plot.categories):
            values = [display(each.values[number]) if number < len(each.values) else "" for each in series]
            yield Row(number + 2, [one_line(str(category)), *values])


def _texts(texts: Iterable[str], place: Block) -> Iterator[Block]:
    lines = [text for text in texts if text]
    if len(lines) > 1:
        yield replace(place, kind="list", text="\n".join(f"- {line}" for line in lines))
    elif lines:
        yield replace(place, text=lines[0])
