"""OKLCH, in which equal steps of lightness look equal: https://bottosson.github.io/posts/oklab/ (the matrices are from there)."""

from __future__ import annotations

import math

Linear = tuple[float, float, float]
ROUNDING = 1e-4


def from_hex(color: str) -> tuple[float, float, float]:
    """Lightness (0…1), chroma (0…0.4) and hue (degrees) of #rrggbb."""
    red, green, blue = (_linear(int(color[at : at + 2], 16) / 255) for at in (1, 3, 5))
    long = math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
    medium = math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
    short = math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
    lightness = 0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short
    a = 1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short
    b = 0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short
    return lightness, math.hypot(a, b), math.degrees(math.atan2(b, a)) % 360


def to_hex(lightness: float, chroma: float, hue: float) -> str:
    """#rrggbb; a chroma that no screen shows at this lightness is lowered until one does."""
    low, high = 0.0, chroma
    if not _shown(_rgb(lightness, chroma, hue)):
        for _step in range(16):
            middle = (low + high) / 2
            low, high = (middle, high) if _shown(_rgb(lightness, middle, hue)) else (low, middle)
        chroma = low
    return "#" + "".join(f"{round(255 * _gamma(min(1.0, max(0.0, part)))):02x}" for part in _rgb(lightness, chroma, hue))


def _rgb(lightness: float, chroma: float, hue: float) -> Linear:
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )


def _shown(rgb: Linear) -> bool:
    return all(-ROUNDING <= part <= 1 + ROUNDING for part in rgb)


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4


def _gamma(part: float) -> float:
    return 12.92 * part if part <= 0.0031308 else 1.055 * part ** (1 / 2.4) - 0.055
