"""PowerPoint: slide by slide."""

from __future__ import annotations

from pathlib import Path

import pptx
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Inches

from frontdesk.knowledge.reading import Limits, read

PLACE = (Inches(1), Inches(2), Inches(6), Inches(3))


def deck(path: Path) -> Path:
    presentation = pptx.Presentation()
    first = presentation.slides.add_slide(presentation.slide_layouts[1])
    first.shapes.title.text = "Our rooms"
    first.placeholders[1].text = "Sea view\nGarden view"
    first.notes_slide.notes_text_frame.text = "Mention the balcony."
    second = presentation.slides.add_slide(presentation.slide_layouts[5])
    second.shapes.title.text = "Prices"
    table = second.shapes.add_table(2, 2, *PLACE).table
    for index, text in enumerate(["Room", "Price", "Sea", "90"]):
        table.cell(index // 2, index % 2).text = text
    group = second.shapes.add_group_shape()
    group.shapes.add_textbox(*PLACE).text_frame.text = "Breakfast included"
    hidden = presentation.slides.add_slide(presentation.slide_layouts[5])
    hidden.shapes.title.text = "Margins"
    hidden._element.set("show", "0")
    third = presentation.slides.add_slide(presentation.slide_layouts[6])
    data = CategoryChartData()
    data.categories = ["May", "June"]
    data.add_series("Guests", (40, 55))
    third.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, *PLACE, data)
    presentation.save(str(path))
    return path


def test_slides(tmp_path: Path) -> None:
    document = read(deck(tmp_path / "a.pptx"), name="a.pptx")
    assert (document.title, document.pages) == ("Our rooms", 3)
    assert [(block.kind, block.text, block.headings, block.page) for block in document.blocks] == [
        ("heading", "Our rooms", (), 1),
        ("list", "- Sea view\n- Garden view", ("Our rooms",), 1),
        ("paragraph", "Mention the balcony.", ("Our rooms",), 1),
        ("heading", "Prices", (), 2),
        ("table", "Room: Sea; Price: 90", ("Prices",), 2),
        ("paragraph", "Breakfast included", ("Prices",), 2),
        ("table", "May; Guests: 40", (), 3),
        ("table", "June; Guests: 55", (), 3),
    ]


def test_too_many_slides(tmp_path: Path, refusal) -> None:
    assert refusal(deck(tmp_path / "a.pptx"), limits=Limits(pages=2)).code == "too_many_pages"
