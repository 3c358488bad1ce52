"""Records what is told of every document in fixtures/refused; then look at the difference."""

from __future__ import annotations

from pathlib import Path

import devaddr_xml

REFUSED = Path(__file__).resolve().parents[1] / "fixtures" / "refused"
RECORDED = REFUSED / "messages.txt"


def message(path: Path) -> str:
    """What is written of a document, in one line."""
    try:
        devaddr_xml.assign(path.read_bytes())
    except devaddr_xml.DevaddrError as error:
        return f"{type(error).__name__}: {error}"
    return "assigned"


def messages() -> dict[str, str]:
    """What is written of every document, by its name."""
    return {path.stem: message(path) for path in sorted(REFUSED.glob("*.xml"))}


def recorded() -> dict[str, str]:
    """What was said of every document when it was recorded."""
    return dict(line.split(": ", 1) for line in RECORDED.read_text().splitlines())


if __name__ == "__main__":
    RECORDED.write_text("".join(f"{name}: {text}\n" for name, text in messages().items()))
