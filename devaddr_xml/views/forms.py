"""The output forms of ``show``: one row each. Only the module of the form that is asked for is imported."""

from __future__ import annotations

from typing import NamedTuple


class Form(NamedTuple):
    """An output form.

    module, function: what makes it of outlines and titles. endings: of its files. terminal: whether the function also
    takes the width and the colours of a terminal.
    """

    module: str
    function: str
    endings: tuple[str, ...]
    terminal: bool = False


FORMS: dict[str, Form] = {
    "text": Form("devaddr_xml.views.tree", "as_text", (".txt", ".text"), terminal=True),
    "svg": Form("devaddr_xml.views.svg", "as_svg", (".svg",)),
    "html": Form("devaddr_xml.views.html", "as_html", (".html", ".htm")),
    "json": Form("devaddr_xml.views.data", "as_json", (".json",)),
    "dot": Form("devaddr_xml.views.dot", "as_dot", (".dot", ".gv")),
}
