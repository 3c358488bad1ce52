"""How Sphinx builds these pages: ``sphinx-build -W docs build/docs`` with the extra ``docs`` installed."""

import sys
from pathlib import Path

import devaddr_xml

sys.path.insert(0, str(Path(__file__).parent / "extensions"))

project = "devaddr-xml"
author = "The devaddr-xml authors"
project_copyright = "The devaddr-xml authors, LGPL-2.1-or-later"
version = release = devaddr_xml.__version__

extensions = ["docstrings", "pictures", "myst_parser", "sphinx.ext.autodoc", "sphinx.ext.viewcode"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["generate", "extensions", "examples"]

myst_heading_anchors = 3
myst_enable_extensions = ["deflist"]

default_role = "py:obj"
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
autodoc_default_options = {"members": True, "exclude-members": "__new__, __init__"}

html_theme = "furo"
html_title = f"devaddr-xml {release}"
html_copy_source = False
html_static_path = ["static"]
html_js_files = ["accessible.js"]
