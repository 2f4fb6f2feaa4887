"""A city's colours, refused at start where somebody could not read them."""

import re
from dataclasses import dataclass, fields

_GROUND, _WHITE, _SOFT_TEXT = "#f5f3ee", "#ffffff", "#535a55"
_READABLE = 4.5  # WCAG 2.2 AA for text


@dataclass(frozen=True, kw_only=True)
class Theme:
    """The five values of /theme.css, as `#rrggbb`."""

    accent: str = "#34407f"
    accent_strong: str = "#252e61"
    accent_soft: str = "#e9ebf6"
    accent_line: str = "#b3b9dc"
    on_accent: str = "#ffffff"

    def faults(self) -> list[str]:
        """Name each pair of colours that cannot be read (look/README.md, "A city's theme")."""
        wrong = [f.name for f in fields(self) if not _is_colour(getattr(self, f.name))]
        if wrong:
            return [f"{name} is not a colour like #0b5563" for name in wrong]
        pairs = {
            "accent on the page's ground": (self.accent, _GROUND),
            "accent on white": (self.accent, _WHITE),
            "accent on accent_soft": (self.accent, self.accent_soft),
            "on_accent on accent": (self.on_accent, self.accent),
            "on_accent on accent_strong": (self.on_accent, self.accent_strong),
            "soft text on accent_soft": (_SOFT_TEXT, self.accent_soft),
        }
        return [
            f"{name} has contrast {contrast(*pair):.1f}, and needs {_READABLE}"
            for name, pair in pairs.items()
            if contrast(*pair) < _READABLE
        ]

    def css(self) -> str:
        """Give the stylesheet that a page loads after tokens.css."""
        values = {f.name.replace("_", "-"): getattr(self, f.name) for f in fields(self)}
        return ":root{" + ";".join(f"--{name}:{value}" for name, value in values.items()) + "}\n"


def contrast(one: str, other: str) -> float:
    """Give the contrast of two `#rrggbb` colours, from 1 to 21 (WCAG 2.2, 1.4.3)."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]  # noqa: PLR2004 — sRGB's own constants
    red, green, blue = linear
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _is_colour(text: str) -> bool:
    return re.fullmatch(r"#[0-9a-fA-F]{6}", text) is not None
