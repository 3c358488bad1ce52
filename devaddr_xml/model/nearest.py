"""The known word nearest to a misspelt one, and short forms of values for messages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

#: A longer value is cut in messages, and is not treated as a misspelling.
_LONGEST_SHOWN = 60
#: How many names are searched for the nearest one.
_MOST_COMPARED = 1000

#: Words of libvirt's by names that QEMU and people have for the same thing; the first that is known where it is used.
_OTHER_NAMES: dict[str, tuple[str, ...]] = {
    "ahci": ("sata",),
    "cd": ("cdrom",),
    "dvd": ("cdrom",),
    "hda": ("ich9",),
    "hdd": ("disk",),
    "i82801b11-bridge": ("dmi-to-pci-bridge",),
    "intel-hda": ("ich6",),
    "ioh3420": ("pcie-root-port",),
    "lsi": ("lsilogic",),
    "pcie-pci-bridge": ("pcie-to-pci-bridge",),
    "pxb": ("pci-expander-bus",),
    "pxb-pcie": ("pcie-expander-bus",),
    "root-port": ("pcie-root-port",),
    "ssd": ("disk",),
    "std": ("vga",),
    "virtio-scsi": ("virtio-scsi", "scsi"),
    "x3130-upstream": ("pcie-switch-upstream-port",),
    "xhci": ("qemu-xhci",),
    "xio3130-downstream": ("pcie-switch-downstream-port",),
}


def brief(value: object) -> str:
    """A value for a message, cut if it is long."""
    if isinstance(value, int) and abs(value) >= 10**_LONGEST_SHOWN:
        return "a very large number"
    text = str(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"


def nearest(word: str, known: Iterable[str], cutoff: float = 0.5) -> str | None:
    """The known word most similar to ``word``, if one is near; cutoff: the least similarity, from 0 to 1."""
    if len(word) > _LONGEST_SHOWN:
        return None
    from itertools import islice

    word = word.lower()
    by_lower = {name.lower(): name for name in islice(known, _MOST_COMPARED)}
    likely = [name for name in by_lower if 2 * _common(word, name) >= cutoff * (len(word) + len(name))]
    if not likely:
        return None
    from difflib import get_close_matches

    close = get_close_matches(word, likely, n=1, cutoff=cutoff)
    return by_lower[close[0]] if close else None


def _common(one: str, other: str) -> int:
    """How many characters two words have in common, in any order; no similarity is above that."""
    return sum([min(one.count(character), other.count(character)) for character in set(one)])


def suggested(
    word: str, known: Sequence[str], use: str, others: Mapping[str, str] | None = None, tail: str = ""
) -> str:
    """A remedy that names the known word that was probably meant, else all known words between ``use`` and ``tail``.

    others: known words by the names that other programs use for them.
    """
    given = word.strip().lower()
    other = next((name for name in _OTHER_NAMES.get(given, ()) if name in known), None)
    near = (others or {}).get(given) or other or nearest(word, known)
    if near:
        return f"Did you mean '{near}'?"
    return f"{use} {known[0]}{tail}" if len(known) == 1 else f"{use} one of {', '.join(known)}{tail}"


def suggestion(word: str, known: Iterable[str]) -> str | None:
    """A remedy that names the nearest known word, or all known words if none is near."""
    known = tuple(known)
    near = nearest(word, known)
    if near:
        return f'Did you mean "{near}"?'
    return f"There is {', '.join(known)}" if known else None
