"""The forms of pages in Wagtail's admin: only one's own pictures and documents stand in a text."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from wagtail.admin.forms import WagtailAdminPageForm
from wagtail.documents import get_document_model
from wagtail.fields import RichTextField
from wagtail.images import get_image_model

from .cms import own_documents, own_images


class OwnFilesForm(WagtailAdminPageForm):
    """What an editor's chooser offers is limited there; a text may be sent without it."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        own = {get_image_model(): own_images, get_document_model(): own_documents}
        for field in self.instance._meta.get_fields():
            if not isinstance(field, RichTextField) or not cleaned.get(field.name):
                continue
            for model, key, _model_path, _content_path in field.extract_references(cleaned[field.name]):
                if model in own and not own[model](self.for_user).filter(pk=key).exists():
                    self.add_error(field.name, _("A picture or document in this text is gone. Choose another one."))
                    break
        return cleaned
