"""The neutral model: a guest, its devices and their addresses, with no XML and no hypervisor in it."""
