"""Why a file could not be read, in the owner's words.

The process that parses sends codes only, so it starts without Django and without the SDK.
"""

from __future__ import annotations

from frontdesk.sdk.errors import LoaderError

# Marks the sentences for makemessages; they are translated when they are shown.
gettext_noop = str

SENTENCES = {
    "password": gettext_noop("This file is protected by a password. Remove the password and upload it again."),
    "corrupt": gettext_noop(
        "This file is damaged or incomplete. Open it on your computer, save it again and upload the new copy."
    ),
    "empty": gettext_noop("This file is empty. Check that you chose the right file and upload it again."),
    "no_text": gettext_noop(
        "This file holds only pictures, no text that can be read. If it is a scan, run text recognition (OCR) on it "
        "and upload the result."
    ),
    "too_large": gettext_noop("This file is too large. Split it into smaller files and upload those."),
    "too_large:unpacked": gettext_noop(
        "Packed inside this file is far more than it shows, as in damaged or harmful files. Open it on your computer, "
        "copy what you need into a new document and upload that."
    ),
    "too_many_pages": gettext_noop("This file has too many pages. Split it into smaller files and upload those."),
    "timeout": gettext_noop("Reading this file took too long. Split it into smaller files or save it in a simpler format."),
    "memory": gettext_noop(
        "This file needs more memory to read than is allowed. Split it into smaller files or save it in a simpler format."
    ),
    "plugin": gettext_noop(
        "The plugin that reads this kind of file failed on it. Save the file in another format, or tell the plugin's author."
    ),
    "cancelled": gettext_noop("Reading was stopped. Upload the file again when you want to continue."),
    "unsupported": gettext_noop(
        "This kind of file cannot be read. Upload a PDF, Word, Excel, PowerPoint, CSV, HTML, Markdown or text file."
    ),
    "unsupported:document": gettext_noop(
        "This is a document in a format that cannot be read. Open it, save it as .docx or PDF, and upload that."
    ),
    "unsupported:spreadsheet": gettext_noop(
        "This is a spreadsheet in a format that cannot be read. Open it, save it as .xlsx or .csv, and upload that."
    ),
    "unsupported:presentation": gettext_noop(
        "This is a presentation in a format that cannot be read. Open it, save it as .pptx or PDF, and upload that."
    ),
    "unsupported:image": gettext_noop(
        "This is a picture, and text in pictures cannot be read. Type the text into a document and upload that."
    ),
}

WARNINGS = {
    "pages_without_text": gettext_noop("Some pages hold only pictures. Their text was not read."),
    "formulas_without_results": gettext_noop(
        "Some formulas have no saved result. Open the file in your spreadsheet program, save it and upload it again."
    ),
    "repaired": gettext_noop("This file is damaged. What could be rescued was read; check that nothing is missing."),
    "edits_lost": gettext_noop(
        "A passage that you had changed reads differently in the source now. What the source says took the place of your words."
    ),
    "tables_unread": gettext_noop(
        "A sheet is laid out in a way that no table was found in. Its text is read; questions about it are not counted."
    ),
    "tables_left_out": gettext_noop("This file has more tables than can be counted in. Its text is read whole."),
    "encoding_guessed": gettext_noop("The file does not say how its letters are encoded. Check that they look right."),
}


class Unreadable(LoaderError):
    """`code` is a key of SENTENCES up to its colon, `variant` the rest; `cause` is for the log, in English."""

    def __init__(self, code: str, *, variant: str = "", cause: str = "") -> None:
        super().__init__(code, variant, cause)
        self.code = code
        self.variant = variant
        self.cause = cause

    def __str__(self) -> str:
        return sentence(self.code, self.variant)


def sentence(code: str, variant: str = "") -> str:
    """The owner's sentence for a reason, a key of SENTENCES."""
    return _translate(SENTENCES.get(f"{code}:{variant}") or SENTENCES[code])


def explain(warning: str) -> str:
    """The owner's sentence for one of a document's warnings."""
    return _translate(WARNINGS[warning])


def _translate(text: str) -> str:
    from django.utils.translation import gettext  # this module is also read where Django is not set up

    return gettext(text)
