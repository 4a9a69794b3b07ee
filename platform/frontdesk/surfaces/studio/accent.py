"""The Studio's one accent colour: the workspace's theme, in the shades that the shell needs, readable by day and by night."""

from __future__ import annotations

from collections.abc import Iterable

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from frontdesk.sdk.themes import Theme, contrast

from ..site import themes
from . import oklch

# Lightness and chroma of Unfold's --color-primary-…, as studio.css has them for Calm.
SHADES = {
    50: (0.974, 0.016),
    100: (0.944, 0.034),
    200: (0.895, 0.062),
    300: (0.84, 0.092),
    400: (0.775, 0.11),
    500: (0.64, 0.105),
    600: (0.505, 0.087),
    700: (0.445, 0.076),
    800: (0.39, 0.065),
    900: (0.33, 0.052),
    950: (0.25, 0.04),
}
USUAL = SHADES[600][1]
# A loud colour makes loud tints only so far.
LOUDEST = 1.9
WHITE = "#ffffff"
# What links stand on in studio.css, beside the tint: page, sunken, a hovered row; at night page, raised, sunken.
DAY = (WHITE, "#fafaf9", "#f3f3f1")
NIGHT = ("#141916", "#1b201d", "#0f1311")
TEXT, SHAPE = 4.5, 3.0
STEP = 0.01


@require_GET
def stylesheet(request: HttpRequest, slug: str) -> HttpResponse:
    """GET /studio/accent/<slug>.css: what studio.css says of the accent, in this theme's colour."""
    response = HttpResponse(css(themes.anywhere(slug)), content_type="text/css; charset=utf-8")
    response["Cache-Control"] = "public, max-age=600"
    return response


def css(theme: Theme) -> str:
    """Custom properties for `studio.css`."""
    scale = {f"--color-primary-{step}": _shade(theme, *shade) for step, shade in SHADES.items()}
    return f":root {{\n{_lines(scale | by_day(theme))}}}\n\nhtml.dark {{\n{_lines(by_night(theme))}}}\n"


def by_day(theme: Theme) -> dict[str, str]:
    """The theme's own colour where it can be read in the Studio."""
    tokens = theme.tokens["light"]
    accent, on_accent = tokens["primary"], tokens["on_primary"]
    if contrast(accent, WHITE) < SHAPE:
        accent, on_accent = _readable(theme, SHADES[600], [WHITE], TEXT, darker=True), WHITE
    tint = _shade(theme, *SHADES[50])
    return {
        "--s-accent": accent,
        "--s-accent-hover": _pressed(accent, on_accent),
        "--s-on-accent": on_accent,
        "--s-link": _readable(theme, SHADES[700], [*DAY, tint], TEXT, darker=True),
        "--s-tint": tint,
        "--s-tint-line": _shade(theme, *SHADES[200]),
    }


def by_night(theme: Theme) -> dict[str, str]:
    """White on a deep shade; links in a light one."""
    tint = _shade(theme, 0.275, 0.03)
    accent = _readable(theme, (0.52, 0.09), [WHITE], TEXT, darker=True)
    return {
        "--s-accent": accent,
        "--s-accent-hover": _pressed(accent, WHITE),
        "--s-on-accent": WHITE,
        "--s-link": _readable(theme, SHADES[400], [*NIGHT, tint], TEXT, darker=False),
        "--s-tint": tint,
        "--s-tint-line": _shade(theme, 0.4, 0.05),
    }


def _shade(theme: Theme, lightness: float, chroma: float) -> str:
    _lightness, own, hue = oklch.from_hex(theme.tokens["light"]["primary"])
    return oklch.to_hex(lightness, chroma * min(own / USUAL, LOUDEST), hue)


def _readable(theme: Theme, shade: tuple[float, float], grounds: Iterable[str], least: float, *, darker: bool) -> str:
    """The shade, or the next darker or lighter one that stands out from all grounds."""
    lightness, chroma = shade
    while 0 < lightness < 1:
        color = _shade(theme, lightness, chroma)
        if all(contrast(color, ground) >= least for ground in grounds):
            return color
        lightness += -STEP if darker else STEP
    return "#000000" if darker else WHITE


def _pressed(accent: str, on_accent: str) -> str:
    """Away from what is written on it, so that it stays readable."""
    lightness, chroma, hue = oklch.from_hex(accent)
    away = -0.06 if oklch.from_hex(on_accent)[0] > lightness else 0.06
    return oklch.to_hex(min(1.0, max(0.0, lightness + away)), chroma, hue)


def _lines(properties: dict[str, str]) -> str:
    return "".join(f"  {name}: {value};\n" for name, value in properties.items())
