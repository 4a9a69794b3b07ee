"""What a field of a pydantic model is, as far as drawing it goes."""

from __future__ import annotations

import types
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from django.utils.translation import get_language
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from frontdesk.sdk.words import said

T = TypeVar("T")
LISTS = (list, tuple, set, frozenset, Sequence)


@dataclass(frozen=True, slots=True)
class Spec:
    """One field. `name` is "field", or "group.field" in a nested model; `kind` is its type without Annotated, None and list."""

    name: str
    kind: Any
    many: bool
    required: bool
    default: Any
    title: str
    help: str
    marks: tuple[Any, ...]

    def mark(self, of: type[T]) -> T | None:
        """Its metadata of that type."""
        return next((mark for mark in self.marks if isinstance(mark, of)), None)

    def limit(self, name: str) -> Any:
        """A bound of annotated-types, such as `ge` or `max_length`; None when it has none."""
        return next((found for mark in self.marks if (found := getattr(mark, name, None)) is not None), None)

    @property
    def nested(self) -> type[BaseModel] | None:
        return self.kind if isinstance(self.kind, type) and issubclass(self.kind, BaseModel) and not self.many else None


def specs(model: type[BaseModel], group: str = "") -> Iterator[Spec]:
    """The fields of a model, in its order."""
    for name, info in model.model_fields.items():
        yield _spec(f"{group}.{name}" if group else name, name, info)


def _spec(path: str, name: str, info: FieldInfo) -> Spec:
    kind, many, marks = _bare(info.annotation)
    required = info.is_required()
    language = get_language() or ""
    return Spec(
        name=path,
        kind=kind,
        many=many,
        required=required,
        default=None if required else info.get_default(call_default_factory=True, validated_data={}),
        title=said(info.title or "", language) or name.replace("_", " ").capitalize(),
        help=said(info.description or "", language),
        marks=(*info.metadata, *marks),
    )


def _bare(annotation: Any) -> tuple[Any, bool, tuple[Any, ...]]:
    """`Annotated[list[str] | None, mark]` → (str, True, (mark,))."""
    marks: list[Any] = []
    many = False
    while True:
        origin, arguments = get_origin(annotation), get_args(annotation)
        if origin is Annotated:
            annotation = arguments[0]
            for mark in arguments[1:]:
                marks += mark.metadata if isinstance(mark, FieldInfo) else (mark,)
        elif origin in (Union, types.UnionType) and len(rest := [each for each in arguments if each is not type(None)]) == 1:
            annotation = rest[0]
        elif origin in LISTS and not many:
            annotation, many = arguments[0], True
        else:
            return annotation, many, tuple(marks)
