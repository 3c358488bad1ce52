"""The colours of drawings: every text is legible on everything that can be behind it, on light and dark pages."""

from __future__ import annotations

import pytest

from devaddr_xml.views.svg_style import DARK, KIND_CLASSES, LIGHT, OTHER_KIND, Theme, area, bar

THEMES = pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])


def luminance(colour: str) -> float:
    """Relative luminance as the Web Content Accessibility Guidelines define it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_that_of_the_guidelines() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def pairs(theme: Theme) -> dict[str, tuple[str, str]]:
    """Every text colour with what can be behind it."""
    behind = {"page": theme.page, "card": theme.card, "chip": theme.chip, "no cell": theme.no_cell[0]}
    behind |= {f"cell {number}": fill for number, (fill, _) in enumerate(theme.cells)}
    found = {
        f"{ink} on {name}": (getattr(theme, ink), colour)
        for name, colour in behind.items()
        for ink in ("ink", "faint", "free")
    }
    return found | {f"on {strip}": (theme.on_strip, getattr(theme, strip)) for strip in ("port", "closed")}


@THEMES
def test_every_text_has_contrast(theme: Theme) -> None:
    poor = {name: round(contrast(*colours), 2) for name, colours in pairs(theme).items() if contrast(*colours) < 4.5}
    assert poor == {}


@THEMES
def test_every_outline_and_bar_has_contrast(theme: Theme) -> None:
    """What only outlines needs 3 to be told from the page."""
    signs = [theme.free, theme.accent, theme.added, theme.removed, theme.port, theme.closed, theme.focus]
    signs += [line for _, line in theme.cells] + list(theme.kinds.values())
    assert {sign: round(contrast(sign, theme.page), 2) for sign in signs if contrast(sign, theme.page) < 3} == {}


def test_every_class_of_device_has_a_bar_of_its_own() -> None:
    assert set(LIGHT.kinds) == set(DARK.kinds) == {*KIND_CLASSES.values(), OTHER_KIND}
    assert len({bar(name) for name in LIGHT.kinds}) == len(LIGHT.kinds)


def test_areas_repeat_after_the_last() -> None:
    assert area(0) == area(len(LIGHT.cells))
    assert area(None) != area(0)
