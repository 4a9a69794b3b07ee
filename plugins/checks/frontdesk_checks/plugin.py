"""What this plugin offers to Frontdesk."""

from __future__ import annotations

from collections.abc import Sequence

from frontdesk.sdk import Manifest, Permissions, hookimpl
from frontdesk.sdk.evaluators import Evaluator

from . import __version__
from .evaluators import AddressesStand, FiguresStand, NamesItsSource, SameScript, ShortEnough
from .words import phrase


@hookimpl
def manifest() -> Manifest:
    return Manifest(
        slug="checks",
        name=phrase("Checks of answers"),
        version=__version__,
        requires_frontdesk=">=0.1,<1",
        description=phrase("Looks whether figures and addresses in an answer stand in your knowledge, and whether it is short."),
        permissions=Permissions(data=("conversations", "knowledge")),
        icon="fact_check",
    )


@hookimpl
def register_evaluators() -> Sequence[type[Evaluator]]:
    return [FiguresStand, AddressesStand, NamesItsSource, SameScript, ShortEnough]
