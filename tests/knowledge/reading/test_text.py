"""Delimited and plain text in the encodings and shapes that people's programs write."""

from __future__ import annotations

import pytest

SHOPS = "Nom;Prix;Ville\nCafé crème;3,50 €;Orléans\nThé glacé;2,80 €;Besançon\n"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (SHOPS, "utf-8"),
        (SHOPS, "utf-8-sig"),
        (SHOPS, "utf-16"),
        (SHOPS, "utf-16-be"),
        (SHOPS, "cp1252"),
        ("Nom;Prix\nCafé crème, déjà vu;3\nThé;2\n", "mac_roman"),
        ("Artikel;Preis\nBrötchen;0,45 €\nMüsli groß;3,20 €\n", "cp1252"),
        ("الاسم,السعر,المدينة\nقهوة,12,القاهرة\nشاي,8,دمشق\n", "cp1256"),
        ("שם,מחיר\nקפה,12\nתה ירוק,8\n", "cp1255"),
        ("Имя,Цена\nКофе,12\nЧай зелёный,8\n", "cp1251"),
        ("Ürün;Fiyat\nÇay şekerli;8\nIğdır peyniri;12\n", "cp1254"),
        ("Nazwa;Cena\nŻółty ser;12\nKawa źródlana świeża;8\n", "cp1250"),
        ("名前,価格\nコーヒー,500円\nお茶,300円\n", "cp932"),
        ("名称,价格\n咖啡,12元\n绿茶,8元\n欢迎光临本店,1\n", "gb18030"),
        ("이름,가격\n커피,5000원\n녹차,3000원\n", "cp949"),
    ],
)
def test_encodings(read_text, text: str, encoding: str) -> None:
    document = read_text(text.encode(encoding), "a.csv")
    header, first = (line.split(";" if ";" in text else ",") for line in text.splitlines()[:2])
    assert document.blocks[0].text == "; ".join(f"{name}: {cell}" for name, cell in zip(header, first, strict=True))
    assert document.warnings == (() if encoding.startswith("utf") else ("encoding_guessed",))


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters(read_text, delimiter: str) -> None:
    rows = [["Item", "Note", "Price"], ["Tea", 'hot, or "cold"; with milk', "2"], ["Coffee", "black\nor white", "3"]]
    text = "\r\n".join(delimiter.join(f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in row) for row in rows)
    document = read_text(text, "a.csv")
    assert [block.text for block in document.blocks] == [
        'Item: Tea; Note: hot, or "cold"; with milk; Price: 2',
        "Item: Coffee; Note: black or white; Price: 3",
    ]
    assert [block.rows for block in document.blocks] == [(2, 2), (3, 3)]


def test_a_hint_of_the_delimiter(read_text) -> None:
    document = read_text("sep=;\nItem;Price, net\nTea;2,50\n", "a.csv")
    assert [(block.text, block.rows) for block in document.blocks] == [("Item: Tea; Price, net: 2,50", (3, 3))]


def test_ragged_rows(read_text) -> None:
    document = read_text("Item,Price\nTea,2,hot\nCoffee\nCake,4\n", "a.csv")
    assert [block.text for block in document.blocks] == ["Item: Tea; Price: 2; hot", "Coffee", "Coffee; Item: Cake; Price: 4"]


def test_a_stray_quote_does_not_swallow_the_file(read_text) -> None:
    rows = "".join(f"Screw {number},{number}\n" for number in range(9000))
    document = read_text(f'Item,Price\n"12 inch pipe,7\n{rows}', "a.csv")
    assert document.blocks[-1].text == "Item: Screw 8999; Price: 8999"


def test_a_file_of_values_has_no_header(read_text) -> None:
    document = read_text("1,2,3\n4,5,6\n", "a.csv")
    assert [(block.text, block.header) for block in document.blocks] == [("1 | 2 | 3", ""), ("4 | 5 | 6", "")]


def test_plain_text_is_cut_at_blank_lines(read_text) -> None:
    document = read_text("One\nline.\r\n\r\n\r\nTwo\x07 e\ufb03cient\u00a0lines.\u200b\n", "a.txt")
    assert document.media_type == "text/plain"
    assert [block.text for block in document.blocks] == ["One\nline.", "Two efficient lines."]


def test_a_few_broken_bytes_do_not_change_the_encoding(read_text) -> None:
    document = read_text("Größe und Höhe: schön. ".encode() * 40 + b"\xff\n", "a.txt")
    assert document.text.startswith("Größe und Höhe: schön.")


@pytest.mark.parametrize("content", [b"\n \r\n\t", "\ufeff".encode(), "\u200b\u200e".encode()])
def test_nothing_to_read_is_empty(tmp_path, refusal, content: bytes) -> None:
    (tmp_path / "a.txt").write_bytes(content)
    assert refusal(tmp_path / "a.txt").code == "empty"
