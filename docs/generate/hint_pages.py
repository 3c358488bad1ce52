"""The reference of hints and tunables, in Markdown, from the table of which the grammars are made, too."""

from __future__ import annotations

from collections.abc import Iterator

from term_cases import CHILD_CASES
from term_pages import topics

from devaddr_xml.model.policy import PROFILES
from devaddr_xml.model.vocabulary import (
    CHILDREN,
    CONTRADICTIONS,
    HINTS,
    MACHINE_KINDS,
    NAMESPACE,
    OPTIONAL,
    REFERENCE,
    REQUIRED,
    SPARE,
    TUNABLES,
    USED,
    VERSION,
    Contradiction,
    Term,
)

NOTICE = "<!-- Made by docs/generate from devaddr_xml/model/vocabulary.py: change that, not this. -->"


def hints_page() -> str:
    """The whole page."""
    return "\n".join(_lines())


def _lines() -> Iterator[str]:
    yield "# Hints and tunables"
    yield ""
    yield NOTICE
    yield ""
    yield f"All names are in the namespace `{NAMESPACE}`, whose usual prefix is `devaddr`."
    yield "[Policies and profiles](../guide/policies.md) explains how they work together, and which value is in force."
    yield "`devaddr-xml hints` prints this reference in a terminal."
    yield ""
    yield "## Tunables"
    yield ""
    yield "A tunable is an attribute of `<devaddr:policy>` in the metadata of the domain. On the command line it is"
    yield "`--set NAME=VALUE`, in Python an argument of `Policy` with `_` for `-`."
    for term in (VERSION, *TUNABLES):
        yield from _term(term, page=f"tunables/{term.name}.md")
    yield ""
    yield "## Children of the policy"
    yield ""
    for child, terms in CHILDREN.items():
        needed = " and ".join(f"`{name}`" for name in REQUIRED[child])
        optional = [term.name for term in terms if term.name not in REQUIRED[child]]
        own = [f"`{name}`" for name in optional if child == "spare"]
        rest = (
            f"; it can have {' and '.join(own)}" if own else "; it can have any of the hints below" if optional else ""
        )
        page = f" [Example](policy/{child}.md)" if child in CHILD_CASES else ""
        yield f"* `<devaddr:{child}>` must have {needed}{rest}.{page}"
    for term in (*SPARE, REFERENCE, OPTIONAL, *USED):
        yield from _term(term, "child-")
    yield ""
    yield "## Device hints"
    yield ""
    yield "A hint is an attribute of `<devaddr:device ref=…>` in the policy, or an attribute with the prefix on the"
    yield "device itself. libvirt drops the latter, so `assign` moves it into the policy."
    for term in HINTS:
        yield from _term(term, "device-", f"hints/{term.name}.md")
    yield ""
    yield "## Profiles"
    yield ""
    yield "| | " + " | ".join(f"`{name}`" for name in PROFILES) + " |"
    yield "|---" * (len(PROFILES) + 1) + "|"
    for term in TUNABLES[1:]:
        values = (f"`{getattr(tunables, term.field)}`" for tunables in PROFILES.values())
        yield f"| [`{term.name}`](#{term.name}) | " + " | ".join(values) + " |"
    yield ""
    yield "## Kinds of machines"
    yield ""
    yield "Each entry lists the kinds of machines on which it has an effect. On any other kind it is an error with"
    yield "`numa=strict`, and a warning otherwise."
    yield ""
    for kind, machines in MACHINE_KINDS.items():
        yield f"* **{kind}**: {machines}."
    yield ""
    yield "## What excludes what"
    yield ""
    yield "A device cannot have both hints of a pair, wherever they are written."
    yield ""
    yield "| hint | and | why | where |"
    yield "|---|---|---|---|"
    for pair in CONTRADICTIONS:
        yield _pair(pair)
    yield ""
    yield "```{toctree}"
    yield ":hidden:"
    yield ""
    yield from (topic.path for topic in topics())
    yield "```"


def _term(term: Term, prefix: str = "", page: str = "") -> Iterator[str]:
    yield ""
    yield f"({prefix}{term.name})="
    yield f"### `{term.name}`"
    yield ""
    yield f"{_sentence(term.meaning)}"
    yield ""
    yield f"* Values: {term.values}."
    if term.default:
        yield f"* Default: `{term.default}`."
    where = {kind: term.where[kind] for kind in MACHINE_KINDS if kind in term.where}
    if len(where) == len(MACHINE_KINDS) and len(set(where.values())) == 1:
        yield f"* On all machines: {where['express']}."
    else:
        for kind, meaning in where.items():
            yield f"* On {kind} machines: {meaning}."
    for kind, words in term.barred.items():
        yield f"* Refused on {kind} machines: {', '.join(f'`{word}`' for word in words)}."
    if page:
        yield f"* [Why, and an example]({page})"


def _pair(pair: Contradiction) -> str:
    first = pair.first + (f"={pair.first_value}" if pair.first_value else "")
    second = pair.second + (f"={pair.second_value}" if pair.second_value else "")
    where = ", ".join(pair.kinds) or "everywhere"
    if pair.unless:
        where += f", unless with `{pair.unless}`"
    return f"| `{first}` | `{second}` | {pair.reason} | {where} |"


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."
