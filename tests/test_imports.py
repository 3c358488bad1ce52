"""What import-linter does not hold: no two modules import each other, and imports inside functions are few."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import devaddr_xml

PACKAGE = Path(devaddr_xml.__file__).parent

#: Modules in which an import may be inside a function: those of the commands, and those that a test of start-up needs.
LATE = {
    "domxml/document.py": "documents that are no domain",
    "domxml/facts/judge.py": "documents with mistakes",
    "domxml/strays.py": "documents with mistakes",
    "domxml/reader.py": "documents without hints, and without elements for QEMU",
    "domxml/sound.py": "documents without elements for QEMU",
    "domxml/stream.py": "expat, for several documents only",
    "domxml/writer.py": "documents without hints",
    "engine/check/__init__.py": "guests without the devices that a check is about",
    "engine/choose_rules.py": "documents without a policy",
    "engine/complete/controllers.py": "guests without smartcards and serial ports",
    "engine/complete/models.py": "guests without serial ports",
    "engine/hints/__init__.py": "documents without hints, and without host facts",
    "engine/hints/resolve.py": "guests without host facts",
    "engine/lifecycle/keep.py": "documents without an earlier layout",
    "engine/pci/__init__.py": "documents without devices of QEMU's own",
    "engine/pci/build.py": "documents without devices of QEMU's own",
    "engine/pci/needs.py": "documents without groups, and machines without isolation groups",
    "engine/pci/numbering.py": "documents without devices of QEMU's own",
    "engine/pci/placement.py": "documents without hints",
    "engine/pci/spare.py": "policies without mem-reserve",
    "engine/place/__init__.py": "guests without the bus of a pass",
    "engine/place/drives.py": "cold guests",
    "engine/plan.py": "documents without hints for names, and without devices of QEMU's own",
    "integrations/fleet/batch.py": "batches without a cluster",
    "integrations/libvirt_hook.py": "guests without a policy",
    "model/host.py": "files of host facts",
    "integrations/serve/workers.py": "resource limits, where there are any",
    "model/guest.py": "guests without hints",
    "model/nearest.py": "difflib, for errors only",
    "operations/attach.py": "results whose commands for QEMU are not asked for",
    "operations/arguments.py": "files of capabilities and host facts",
    "operations/plan.py": "documents without an earlier layout, and without host facts",
    "operations/show.py": "NCCL, for its form only",
    "operations/target.py": "the probe",
    "probe/libvirt.py": "libvirt-python",
    "probe/qemu.py": "qemu.qmp",
}


def modules() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        yield str(path.relative_to(PACKAGE)), ast.parse(path.read_text())


def imports(tree: ast.AST) -> Iterator[ast.Import | ast.ImportFrom]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node


def test_imports_inside_functions_are_named() -> None:
    found = set()
    for name, tree in modules():
        functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
        if any(True for function in functions for _ in imports(function)):
            found.add(name)
    allowed = {name for name in found if name.startswith("cli/") or name == "__init__.py"}
    assert found - allowed <= set(LATE)


def test_start_up_makes_nothing_costly(modules_of: Callable[[Sequence[str]], set[str]], repository: Path) -> None:
    """A pattern costs as much to make as twenty struct classes, and so does a named tuple: both wait until needed."""
    document = repository / "fixtures" / "skeletons" / "q35-web-server.xml"
    loaded = modules_of(["-m", "devaddr_xml", "assign", str(document)])
    costly = set()
    for name, tree in modules():
        if "devaddr_xml." + name.removesuffix(".py").removesuffix("/__init__").replace("/", ".") not in loaded:
            continue
        for statement in tree.body:
            if isinstance(statement, ast.Assign) and any(map(_is_pattern, ast.walk(statement))):
                costly.add(f"{name}: {ast.unparse(statement.targets[0])}")
            if isinstance(statement, ast.ClassDef) and any(ast.unparse(b) == "NamedTuple" for b in statement.bases):
                costly.add(f"{name}: {statement.name}")
    assert costly == set()


def _is_pattern(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func) == "re.compile"


def test_no_module_imports_itself_through_others() -> None:
    """Not even inside a function, or for type checkers only."""
    known = {
        "devaddr_xml." + name.removesuffix(".py").removesuffix("/__init__").replace("/", "."): tree
        for name, tree in modules()
    }
    known["devaddr_xml"] = known.pop("devaddr_xml.__init__")
    edges: dict[str, set[str]] = {name: set() for name in known}
    for name, tree in known.items():
        for node in imports(tree):
            if isinstance(node, ast.Import):
                edges[name] |= {alias.name for alias in node.names if alias.name in known}
            elif node.module in known:
                inner = {f"{node.module}.{alias.name}" for alias in node.names}
                edges[name] |= inner & known.keys() or {node.module}
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> None:
        assert name not in path, " -> ".join((*path[path.index(name) :], name))
        if name not in done:
            for other in sorted(edges[name]):
                visit(other, (*path, name))
            done.add(name)

    for name in sorted(known):
        visit(name, ())
