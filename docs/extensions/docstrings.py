"""Shows what docstrings say of arguments, fields and exceptions as lists.

In the sources an argument is explained by a sentence that begins with its name and a colon, as in ``xml: the domain
XML. host, policy: as for `assign`.``, and exceptions by one that begins with ``Raises``.
"""

from __future__ import annotations

import inspect
import re
from typing import Any

from sphinx.application import Sphinx

#: The names of arguments, one or several, at the beginning of a sentence.
_NAMES = re.compile(r"(?:^|(?<=[.;] ))((?:\w+(?:, | and ))*\w+)(: )")
_RAISES = re.compile(r"(?:^|(?<=[.;] ))Raises (\w+)( [^.]*\.|\.)")


def explain(_app: Sphinx, what: str, _name: str, thing: Any, _options: Any, lines: list[str]) -> None:
    """Put the fields after the paragraph in which they are told of."""
    if what not in ("function", "method", "class"):
        return
    known = _arguments(thing)
    result: list[str] = []
    for paragraph in "\n".join(lines).split("\n\n"):
        text = " ".join(paragraph.split())
        rest, fields = _split(text, known)
        result += [rest, ""] if rest else []
        result += [*fields, ""] if fields else []
    lines[:] = result


def _arguments(thing: Any) -> set[str]:
    """What can be named: arguments of a function, fields of a class."""
    names = set(getattr(thing, "__struct_fields__", ()))
    try:
        names |= set(inspect.signature(thing).parameters)
    except (TypeError, ValueError):
        return names
    return names


def _split(text: str, known: set[str]) -> tuple[str, list[str]]:
    """What is left of a text without its fields, and the fields."""
    fields: list[str] = []
    errors = [(match[1], match[2].strip()) for match in _RAISES.finditer(text)]
    text = _RAISES.sub("", text).strip()
    starts = [match for match in _NAMES.finditer(text) if set(re.split(r", | and ", match[1])) <= known]
    rest = text[: starts[0].start()].strip() if starts else text
    for match, following in zip(starts, [*starts[1:], None], strict=False):
        meaning = text[match.end() : following.start() if following else None].strip()
        fields += [f":param {name}: {meaning}" for name in re.split(r", | and ", match[1])]
    return rest, fields + [f":raises {error}: {when}" for error, when in errors]


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    app.setup_extension("sphinx.ext.autodoc")
    app.connect("autodoc-process-docstring", explain)
    return {"parallel_read_safe": True}
