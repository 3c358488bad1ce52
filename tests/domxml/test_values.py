"""Numbers, sizes, sets and switches as a domain writes them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devaddr_xml.domxml.values import (
    any_radix,
    decimal,
    hexadecimal,
    kibibytes,
    mac_address,
    number_set,
    on_off,
    yes_no,
)

NO_NUMBERS = (
    "",
    " ",
    "-1",
    "+",
    "--1",
    "1.5e3",
    "1.0",
    "x",
    "0x",
    "0xg",
    "1 2",
    "99999999999999999999",
    "٣",
    "1_0",
    "²",
)


@pytest.mark.parametrize(
    ("syntax", "text", "value"),
    [
        (decimal, "0", 0),
        (decimal, "007", 7),
        (decimal, "+7", 7),
        (decimal, " 7", 7),
        (decimal, "4294967295", 0xFFFFFFFF),
        (hexadecimal, "10", 16),
        (hexadecimal, "0x10", 16),
        (hexadecimal, "0XfF", 255),
        (any_radix, "10", 10),
        (any_radix, "010", 8),
        (any_radix, "0x1F", 31),
        (any_radix, "0X0a", 10),
        (any_radix, "0", 0),
        (any_radix, "00", 0),
        (any_radix, "0x0000", 0),
        (any_radix, "0xff", 255),
    ],
)
def test_numbers(syntax: object, text: str, value: int) -> None:
    assert syntax(text) == value  # type: ignore[operator]


@pytest.mark.parametrize("syntax", [decimal, hexadecimal, any_radix])
@pytest.mark.parametrize("text", NO_NUMBERS)
def test_no_numbers(syntax: object, text: str) -> None:
    with pytest.raises(ValueError, match="number"):
        syntax(text)  # type: ignore[operator]


@pytest.mark.parametrize(("syntax", "text"), [(decimal, "0x1"), (any_radix, "08"), (any_radix, "a")])
def test_digits_of_another_base(syntax: object, text: str) -> None:
    with pytest.raises(ValueError, match="number"):
        syntax(text)  # type: ignore[operator]


@given(st.integers(0, 0xFFFFFFFF), st.integers(0, 300), st.integers(0, 300))
def test_every_spelling_of_a_number(value: int, low: int, high: int) -> None:
    assert decimal(str(value)) == any_radix(str(value)) == value
    assert hexadecimal(f"{value:x}") == hexadecimal(f"{value:#X}") == any_radix(f"{value:#x}") == value
    assert any_radix(f"0{value:o}") == value
    small = value % 300
    for text in (f"{small:#x}", f"0x{small:02x}"):
        if low <= small <= high:
            assert any_radix(text, low, high) == small
        else:
            with pytest.raises(ValueError, match="number"):
                any_radix(text, low, high)


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("1024", None, 1024),
        ("1", "b", 1),
        ("1025", "bytes", 2),
        ("0", "b", 0),
        ("1", "KiB", 1),
        ("1", "k", 1),
        ("1000", "KB", 977),
        ("2", "M", 2048),
        ("2", "MiB", 2048),
        ("1", "MB", 977),
        ("1", "GiB", 1 << 20),
        ("1", "gib", 1 << 20),
        ("3", "T", 3 << 30),
        ("1", "PiB", 1 << 40),
        ("1", "EiB", 1 << 50),
        (" 5 ", "KiB", 5),
    ],
)
def test_sizes(text: str, unit: str | None, value: int) -> None:
    assert kibibytes(text, unit) == value


@pytest.mark.parametrize(("text", "unit"), [("1", "XiB"), ("1", "KiBs"), ("x", None), ("-1", "MiB"), ("99", "EiB")])
def test_no_sizes(text: str, unit: str | None) -> None:
    with pytest.raises(ValueError, match=r"a .*"):
        kibibytes(text, unit)


@pytest.mark.parametrize(
    ("text", "members"),
    [("0", (0,)), ("0-3", (0, 1, 2, 3)), ("8,0-2,^1", (0, 2, 8)), (" 1 , 3 - 4 ", (1, 3, 4)), ("1,1", (1,))],
)
def test_sets(text: str, members: tuple[int, ...]) -> None:
    assert number_set(text) == members


@pytest.mark.parametrize("text", ["", ",", "3-1", "a", "0-99999999999", "16384", "-1", "1-", "^"])
def test_no_sets(text: str) -> None:
    with pytest.raises(ValueError, match="set"):
        number_set(text)


def test_switches() -> None:
    assert on_off("on")
    assert not on_off("off")
    assert yes_no("yes")
    assert not yes_no("no")
    for text in ("", "On", "true", "1"):
        with pytest.raises(ValueError, match="on or off"):
            on_off(text)
        with pytest.raises(ValueError, match="yes or no"):
            yes_no(text)


@pytest.mark.parametrize(
    ("text", "spelled"),
    [("52:54:00:AB:cd:0f", "52:54:00:ab:cd:0f"), ("2:0:0:0:0:A", "02:00:00:00:00:0a")],
)
def test_mac_addresses(text: str, spelled: str) -> None:
    assert mac_address(text) == spelled


@pytest.mark.parametrize("text", ["", "52:54:00:ab:cd", "52:54:00:ab:cd:0g", "52-54-00-ab-cd-0f", "1:2:3:4:5:678"])
def test_no_mac_addresses(text: str) -> None:
    with pytest.raises(ValueError, match="MAC"):
        mac_address(text)
