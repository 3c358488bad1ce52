"""Everything that is wrong with the hints of a document, where reading stops at the first mistake."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lxml import etree

from devaddr_xml.domxml.devices import device_nodes
from devaddr_xml.domxml.document import Document
from devaddr_xml.domxml.grammar import grammar_path
from devaddr_xml.domxml.hints import POLICY_TAG, policy_node, read_inline, read_policy, refuse_strays
from devaddr_xml.model.device import Device
from devaddr_xml.model.errors import HintError
from devaddr_xml.model.naming import label


def hint_faults(document: Document, devices: Sequence[Device], tree: etree._Element) -> list[HintError]:
    """What the parser refuses, one mistake a policy and a device, and in other lines what the grammar refuses.

    devices: those of the document. tree: the document as lxml has it.
    """
    nodes = device_nodes(document)
    found: list[HintError] = []

    def attempt(step: Callable[[], object]) -> None:
        try:
            step()
        except HintError as error:
            found.append(error)

    def judge_policy() -> None:
        policy = policy_node(document)
        if policy is not None:
            read_policy(document, policy)

    attempt(judge_policy)
    attempt(lambda: refuse_strays(document, {node.start for node in nodes}))
    for node, device in zip(nodes, devices, strict=True):
        attempt(lambda node=node, device=device: read_inline(node, device=label(device), line=device.line))  # type: ignore[misc]
    told = {error.line for error in found}
    return found + [error for error in _grammar_faults(tree) if error.line not in told]


def _grammar_faults(tree: etree._Element) -> list[HintError]:
    """What the RELAX NG grammar has against the policies of the document."""
    found: dict[int | None, HintError] = {}
    for policy in tree.iterfind(f"metadata/{{{POLICY_TAG}"):
        grammar = etree.RelaxNG(file=str(grammar_path("hints.rng")))
        if not grammar.validate(policy):
            for entry in grammar.error_log:
                error = HintError(f"the grammar refuses the policy: {entry.message}", device="policy", line=entry.line)
                found.setdefault(entry.line, error)
    return list(found.values())
