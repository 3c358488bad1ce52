"""How Sphinx builds these pages: ``sphinx-build -W docs build/docs`` with the extra ``docs`` installed."""

import devaddr_xml

project = "devaddr-xml"
author = "The devaddr-xml authors"
project_copyright = "The devaddr-xml authors, LGPL-2.1-or-later"
version = release = devaddr_xml.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.viewcode"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["generate", "examples"]
nitpicky = False

myst_heading_anchors = 3
myst_enable_extensions = ["deflist", "fieldlist"]

autodoc_typehints = "signature"
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
autodoc_default_options = {"members": True, "undoc-members": True, "inherited-members": False}
default_role = "any"
# Docstrings name arguments and other things in single quotes of reST; what is no name of a Python object is just text.
suppress_warnings = ["ref.any"]

html_theme = "furo"
html_title = f"devaddr-xml {release}"
html_copy_source = False
