"""HTML and Markdown: the structure of a help page stays, its machinery goes."""

from __future__ import annotations

HELP = """<!DOCTYPE html><html lang="en-GB"><head><title>Help – Acme</title><style>p{color:red}</style></head><body>
<nav><a href=/>Home</a> <a href=/shop>Shop</a></nav>
<div class="menu"><ul><li><a href=/a>Chairs</a></li><li><a href=/b>Tables</a></li><li><a href=/c>Lamps</a></li></ul></div>
<script>document.write("tracking")</script>
<main><h1>Help centre</h1><p>We answer <b>every</b> day,<br>even on Sundays.</p>
<h2>Returns</h2>
<details><summary>How do I return an item?</summary><p>Send it back within <a href=/t>30 days</a>.</p></details>
<h3><button>Who pays?</button></h3><div hidden>We do.</div>
<h2>Shipping</h2>
<table><thead><tr><th>Country</th><th colspan=2>Price</th></tr><tr><th></th><th>Small</th><th>Large</th></tr></thead>
<tr><td rowspan=2>Germany</td><td>€5</td><td>€9</td></tr><tr><td>€6</td><td>€10</td></tr></table>
<ul><li>Fast<ul><li>by bike</li></ul></li><li>Safe<script>x()</script></li></ul><ol><li>Order</li><li>Wait</li></ol>
<dl><dt>Opening hours</dt><dd>9–17</dd><dt>Phone:</dt><dd>555 1234</dd></dl>
<pre>code   here</pre></main>
<footer>Acme Ltd, 1 Pier Road<template>hidden</template><noscript>Turn on scripts</noscript></footer></body></html>"""


def test_a_help_page(read_text) -> None:
    document = read_text(HELP, "help.html")
    assert (document.title, document.language) == ("Help – Acme", "en-GB")
    top, returns, shipping = ("Help centre",), ("Help centre", "Returns"), ("Help centre", "Shipping")
    assert [(block.kind, block.text, block.headings) for block in document.blocks] == [
        ("heading", "Help centre", ()),
        ("paragraph", "We answer every day,\neven on Sundays.", top),
        ("heading", "Returns", top),
        ("heading", "How do I return an item?", returns),
        ("paragraph", "Send it back within 30 days.", (*returns, "How do I return an item?")),
        ("heading", "Who pays?", returns),
        ("paragraph", "We do.", (*returns, "Who pays?")),
        ("heading", "Shipping", top),
        ("table", "Country: Germany; Price Small: €5; Price Large: €9", shipping),
        ("table", "Country: Germany; Price Small: €6; Price Large: €10", shipping),
        ("list", "- Fast\n  - by bike\n- Safe", shipping),
        ("list", "1. Order\n2. Wait", shipping),
        ("list", "Opening hours: 9–17\nPhone: 555 1234", shipping),
        ("code", "code here", shipping),
        ("paragraph", "Acme Ltd, 1 Pier Road", shipping),
    ]


def test_tables_for_layout_are_walked_through(read_text) -> None:
    page = "<html><body><table><tr><td><h1>Rooms</h1><p>Three rooms.</p></td><td><table><tr><th>Room</th><th>Price</th></tr>"
    document = read_text(page + "<tr><td>Sea</td><td>90</td></tr></table></td></tr></table></body></html>", "a.html")
    assert [block.text for block in document.blocks] == ["Rooms", "Three rooms.", "Room: Sea; Price: 90"]


def test_a_page_without_headings_is_headed_by_its_title(read_text) -> None:
    document = read_text("<html><head><title>Opening hours</title></head><body>Nine to five.</body></html>", "a.html")
    assert [(block.text, block.headings) for block in document.blocks] == [
        ("Opening hours", ()),
        ("Nine to five.", ("Opening hours",)),
    ]


def test_a_charset_that_lies(read_text) -> None:
    words = "في قرية من القرى كان هناك رجل حكيم يعرف كل شيء عن الحياة"
    page = f'<html><head><meta charset="utf-8"></head><body><p>{words}</p></body></html>'
    assert read_text(page.encode("cp1256"), "a.html").blocks[0].text == words


def test_a_charset_that_is_true(read_text) -> None:
    page = (
        '<html><head><meta http-equiv="Content-Type" content="text/html; charset=iso-8859-7"></head><body>Καλημέρα</body></html>'
    )
    document = read_text(page.encode("iso-8859-7"), "a.html")
    assert (document.text, document.warnings) == ("Καλημέρα", ())


def test_nesting_without_end(read_text) -> None:
    assert "deep" in read_text(f"<html><body>shallow{'<div>' * 200}deep", "a.html").text


def test_markdown(read_text) -> None:
    text = (
        "---\ntitle: 'House rules'\n---\nIntro with *stress*.\n\n# Pets\n\n- dogs\n- cats\n\n## Fees\n\n"
        "| Animal | Fee |\n|---|---|\n| Dog | €10 |\n| Cat | €5 |\n\n<script>alert(1)</script>\n\n```\nmake run\n```\n"
    )
    document = read_text(text, "rules.md")
    assert document.title == "House rules"
    assert [(block.kind, block.text, block.headings) for block in document.blocks] == [
        ("paragraph", "Intro with stress.", ()),
        ("heading", "Pets", ()),
        ("list", "- dogs\n- cats", ("Pets",)),
        ("heading", "Fees", ("Pets",)),
        ("table", "Animal: Dog; Fee: €10", ("Pets", "Fees")),
        ("table", "Animal: Cat; Fee: €5", ("Pets", "Fees")),
        ("code", "make run", ("Pets", "Fees")),
    ]
