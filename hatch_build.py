"""What hatchling asks for when it builds: README with links that work on a package index."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

#: The target of a link or picture that is a file of this repository.
LINK = re.compile(r"(!?)\[([^\]]*)\]\((?![a-z]+:|#)([^)]+)\)")


def absolute(text: str, source: str, tag: str) -> str:
    """The text with links into the repository at a tag. source: its address, without a slash at the end."""

    def target(match: re.Match[str]) -> str:
        view = "raw" if match[1] else "blob"
        return f"{match[1]}[{match[2]}]({source}/{view}/{tag}/{match[3]})"

    return LINK.sub(target, text)


class Readme(MetadataHookInterface):
    """The readme of the package."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Fill in the readme, with the address and the version that the metadata has."""
        root = Path(self.root)
        version = re.search(r'"(.+)"', (root / "devaddr_xml" / "_version.py").read_text(encoding="utf-8"))
        assert version is not None
        text = (root / "README.md").read_text(encoding="utf-8")
        text = absolute(text, metadata["urls"]["Source"], f"v{version[1]}")
        metadata["readme"] = {"content-type": "text/markdown", "text": text}
