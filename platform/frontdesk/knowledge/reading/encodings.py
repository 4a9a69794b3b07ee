"""Bytes to text. What a file says of its own encoding is believed only when the bytes agree."""

from __future__ import annotations

import codecs
import re

from charset_normalizer import from_bytes

from frontdesk.sdk.web import text_encoding

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# The encodings that office programs still write. Offering the detector all of Python's makes it guess exotic ones.
_LEGACY = [
    *("cp1252", "cp1256", "cp1251", "cp1255", "cp1250", "cp1253", "cp1254", "cp1257", "cp1258", "cp874"),
    *("cp932", "euc_jp", "gb18030", "big5", "cp949", "mac_roman", "koi8_r"),
]
_WESTERN = re.compile(
    "[A-Za-zÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜßàáâãäåæçèéêëìíîïñòóôõöøùúûüÿŒœ€£¥¢§°±²³½¼¾«»®©™‘’‚“”„–—…•·´¿¡ªº\xa0\x00-\x7f]*"
)
_TURKISH = re.compile("[A-Za-zÇĞİÖŞÜçğıöşüâîû€₺£«»‘’“”–—…•\xa0\x00-\x7f]*")
# Hebrew letters lie where no other alphabet keeps its capitals: a text of nothing but these bytes has no capitals.
_HEBREW = re.compile(rb"[\x00-\x7f\x91-\x97\xa0\xa4\xab\xb7\xbb\xe0-\xfa]*")
_EUC_PAIRS = re.compile(rb"[\xa1-\xfe][\xa1-\xfe]")
_EAST_ASIAN = {"cp949", "gb18030", "euc_jp"}
_SAMPLE = 256 * 1024


def decode(data: bytes, *, declared: str = "") -> tuple[str, bool]:
    """The text, and whether its encoding had to be guessed. Raises UnicodeError when the bytes are no text."""
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return data.decode(encoding, errors="replace"), False
    if wide := _utf16_without_bom(data):
        return data.decode(wide, errors="replace"), False
    if b"\x00" in data:
        raise UnicodeError("binary data")
    try:
        return data.decode("utf-8"), False
    except UnicodeDecodeError:
        pass
    if _almost_utf8(data):
        return data.decode("utf-8", errors="replace"), False
    if text := _as_declared(data, declared):
        return text, False
    return data.decode(_guess(data), errors="replace"), True


def _utf16_without_bom(data: bytes) -> str:
    """Latin letters in UTF-16 leave a zero in every other byte."""
    sample = data[:4096]
    if len(sample) < 4 or len(data) % 2:
        return ""
    half = len(sample) // 2
    if sample[1::2].count(0) > 0.7 * half and sample[::2].count(0) == 0:
        return "utf-16-le"
    if sample[::2].count(0) > 0.7 * half and sample[1::2].count(0) == 0:
        return "utf-16-be"
    return ""


def _almost_utf8(data: bytes) -> bool:
    """A long UTF-8 file with a few broken bytes is still UTF-8."""
    text = data.decode("utf-8", errors="replace")
    good = sum(1 for character in text if character > "\x7f" and character != "\ufffd")
    return good > 50 * text.count("\ufffd")


def _as_declared(data: bytes, declared: str) -> str:
    name = text_encoding(declared)
    try:
        return data.decode(name) if name != "utf-8" else ""
    except UnicodeError:
        return ""


def _guess(data: bytes) -> str:
    sample = data[:_SAMPLE]
    if sample.isascii():
        first = next(index for index, byte in enumerate(data) if byte > 0x7F)
        sample = data[max(0, first - _SAMPLE // 2) : first + _SAMPLE // 2]
    if encoding := _by_alphabet(sample):
        return encoding
    best = from_bytes(sample, cp_isolation=_LEGACY).best()
    if best is None:
        raise UnicodeError("no known encoding fits")
    return _by_rows(sample) if best.encoding in _EAST_ASIAN else best.encoding


def _by_alphabet(sample: bytes) -> str:
    """Short texts are often taken for their neighbours, which differ in rare letters: whole alphabets are tried first."""
    if _HEBREW.fullmatch(sample) and not _accents_only(sample.decode("cp1255", errors="replace")):
        return "cp1255"
    for encoding, alphabet in (("cp1252", _WESTERN), ("cp1254", _TURKISH)):
        text = sample.decode(encoding, errors="replace")
        if alphabet.fullmatch(text) and _accents_only(text):
            return encoding
    return ""


def _accents_only(text: str) -> bool:
    """In a Latin script, letters with accents are the smaller part."""
    letters = [character for character in text if character.isalpha()]
    return sum(character > "\x7f" for character in letters) < 0.3 * len(letters)


def _by_rows(sample: bytes) -> str:
    """EUC encodings share their form; Korean syllables end at row 0xC8, Japanese is half kana (rows 0xA4 and 0xA5)."""
    pairs = _EUC_PAIRS.findall(sample)
    if sum(pair[0] in (0xA4, 0xA5) for pair in pairs) > 0.3 * len(pairs):
        return "euc_jp"
    return "cp949" if all(pair[0] <= 0xC8 for pair in pairs) else "gb18030"
