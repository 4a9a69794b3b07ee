"""A pydantic model as a form of the Studio: `SchemaForm`, drawn by `studio/schema/fields.html`. See docs/plugins/forms.md."""

from .form import SchemaForm, in_one_line

__all__ = ["SchemaForm", "in_one_line"]
