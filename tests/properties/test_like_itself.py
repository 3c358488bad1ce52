"""A skeleton that is laid out like its own layout is that layout, byte for byte."""

from __future__ import annotations

from pathlib import Path

import pytest

import devaddr_xml

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
SKELETONS = sorted([*(FIXTURES / "skeletons").glob("*.xml"), *(FIXTURES / "hinted").glob("*.xml")])


@pytest.mark.parametrize("skeleton", SKELETONS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_like_itself(skeleton: Path) -> None:
    text = skeleton.read_bytes()
    own = devaddr_xml.assign(text).xml
    assert devaddr_xml.assign(text, like=own).xml == own
