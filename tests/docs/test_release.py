"""One version and one address everywhere, and README with links that work away from the repository."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from docs.markdown import REPOSITORY

import devaddr_xml


def read(name: str) -> str:
    return (REPOSITORY / name).read_text(encoding="utf-8")


def address() -> str:
    """The one in pyproject.toml."""
    found = re.search(r'^Source = "(.+)"$', read("pyproject.toml"), re.MULTILINE)
    assert found
    return found[1]


@pytest.mark.parametrize(
    ("file", "pattern"),
    [
        ("packaging/debian/changelog", r"^devaddr-xml \((.+)-1\)"),
        ("packaging/rpm/devaddr-xml.spec", r"(?m)^Version: +(.+)$"),
        ("packaging/rpm/devaddr-xml.spec", r"(?m)^\* .* - (.+)-1$"),
        ("integrations/ansible/galaxy.yml", r"(?m)^version: (.+)$"),
        ("CHANGELOG.md", r"(?m)^## ([0-9].*)$"),
    ],
)
def test_every_version_is_that_of_the_package(file: str, pattern: str) -> None:
    found = re.search(pattern, read(file))
    assert found
    assert found[1] == devaddr_xml.__version__


def test_every_address_is_that_of_the_project() -> None:
    assert re.search(r"(?m)^URL: +(.+)$", read("packaging/rpm/devaddr-xml.spec"))[1] == address()  # type: ignore[index]
    assert yaml.safe_load(read("integrations/ansible/galaxy.yml"))["repository"] == address()
    urls = re.findall(r'^\w+ = "(http.+)"$', read("pyproject.toml"), re.MULTILINE)
    assert len(urls) == 3
    assert all(url.startswith(address()) for url in urls)


def test_links_of_readme_work_on_a_package_index() -> None:
    """Every link into the repository leads to a file of it, at the tag of this version."""
    hatchling = pytest.importorskip("hatchling", reason="hatchling builds the package, and is not needed to run it")
    assert hatchling
    names: dict[str, object] = {}
    exec(compile(read("hatch_build.py"), "hatch_build.py", "exec"), names)
    tag = f"v{devaddr_xml.__version__}"
    text = names["absolute"](read("README.md"), address(), tag)  # type: ignore[operator]
    targets = re.findall(r"\]\(([^)]+)\)", text)
    inside = [target for target in targets if target.startswith(address())]
    assert len(inside) > 20
    assert all(re.match(r"https?:|#", target) for target in targets)
    for target in inside:
        path = re.sub(rf"^{re.escape(address())}/(blob|raw)/{tag}/", "", target)
        assert (REPOSITORY / path).exists(), target


def pages() -> list[Path]:
    return [*REPOSITORY.glob("*.md"), *(REPOSITORY / "docs").rglob("*.md")]


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_links_inside_the_repository(page: Path) -> None:
    """Every relative link leads to a file, or to a picture that the site draws."""
    text = re.sub(r"(?ms)^ *```.*?^ *```$", "", page.read_text(encoding="utf-8"))
    for target in re.findall(r"\]\((?![a-z]+:|#)([^)#\s]+)", text):
        drawn = re.search(r"pictures/(tunables|hints|policy)/", target)
        assert drawn or (page.parent / target).exists(), target
