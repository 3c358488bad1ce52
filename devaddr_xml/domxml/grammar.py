"""The RELAX NG grammar as the last word on a policy that the parser has accepted."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from devaddr_xml.domxml.document import Node
from devaddr_xml.model.errors import HintError

if TYPE_CHECKING:
    from lxml import etree

_PACKAGE = Path(__file__).resolve().parent.parent
#: In an installed package the grammars are inside it, in the sources beside it.
_HOMES = (_PACKAGE / "rng", _PACKAGE.parent / "rng")


def grammar_path(name: str) -> Path:
    """Where a grammar is: hints.rng, hints.xsd or domain-with-hints.rng."""
    return next((home / name for home in _HOMES if (home / name).is_file()), _HOMES[0] / name)


def judge(policy: Node, line: int) -> None:
    """Raise HintError unless the grammar accepts the policy element that starts on ``line``."""
    grammar = _grammar()
    if not grammar.validate(_element(policy)):
        reason = grammar.error_log.last_error
        raise HintError(
            f"the grammar refuses the policy: {reason.message if reason else 'no reason given'}",
            device="policy",
            line=line,
        )


@lru_cache(maxsize=1)
def _grammar() -> etree.RelaxNG:
    from lxml import etree

    return etree.RelaxNG(file=str(grammar_path("hints.rng")))


def _element(node: Node) -> etree._Element:
    """The element and its children, without their text, as lxml has them."""
    from lxml import etree

    element = etree.Element(_clark(node.tag), {_clark(name): text for name, text in node.attributes.items()})
    element.extend(_element(child) for child in node.children)
    return element


def _clark(name: str) -> str:
    """A qualified name with the namespace in braces."""
    return f"{{{name}" if "}" in name else name
