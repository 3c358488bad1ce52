"""The memory windows of a PCI function, from the ``resource`` file that sysfs has of it."""

from __future__ import annotations

from devaddr_xml.model.host import Bar

#: Flags of a resource (Linux, include/linux/ioport.h).
_MEMORY, _PREFETCH, _64_BIT = 0x200, 0x2000, 0x100000
#: Lines of the file: six BARs, the ROM, then the windows of all virtual functions together.
_BARS, _VF_BARS = range(6), range(7, 13)
_LARGEST = 1 << 63


def parse_resources(text: str, total_vfs: int | None, is_bridge: bool) -> tuple[tuple[Bar, ...], tuple[Bar, ...]]:
    """The function's own windows, and those of each of its virtual functions, of which it can have ``total_vfs``."""
    lines = text.splitlines()[:32]
    own = _windows(lines, range(2) if is_bridge else _BARS, 1)
    return own, _windows(lines, _VF_BARS, total_vfs) if total_vfs and not is_bridge else ()


def _windows(lines: list[str], numbers: range, share: int) -> tuple[Bar, ...]:
    found = []
    for index, number in enumerate(numbers):
        bar = _window(index, lines[number], share) if number < len(lines) else None
        if bar is not None:
            found.append(bar)
    return tuple(found)


def _window(index: int, line: str, share: int) -> Bar | None:
    try:
        start, end, flags = (int(part, 16) for part in line.split())
    except ValueError:
        return None
    size, rest = divmod(end - start + 1, share)
    if not flags & _MEMORY or rest or not 0 < size <= _LARGEST or size & (size - 1) or not end:
        return None
    return Bar(index=index, size=size, bits=64 if flags & _64_BIT else 32, prefetchable=bool(flags & _PREFETCH))
