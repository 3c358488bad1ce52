"""``python -m devaddr_xml``: the command."""

from devaddr_xml.cli import main

main()
