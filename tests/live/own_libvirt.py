"""A libvirt of one's own: daemons in a mount namespace, with their own configuration, state and hooks.

What runs on the machine otherwise is not touched, so hooks can be installed and the daemon can be ended and started.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import devaddr_xml

#: What a daemon writes to; each becomes a folder that only its namespace sees.
PRIVATE = ("/run/libvirt", "/var/lib/libvirt", "/var/cache/libvirt", "/var/log/libvirt", "/etc/libvirt")

NAMESPACE = """
set -eu
for place in {places}; do
    mkdir -p "$place"
    mount --bind "{folder}/root$place" "$place"
done
hostname "{name}"
exec sleep infinity
"""

HOOK = """#!/bin/sh
# Notes each call, and then does what the installed link does.
echo "$1 $2 $3 $4" >> "{folder}/calls"
PYTHONPATH="{path}" exec "{python}" -c 'from devaddr_xml.cli.libvirt_hook import main; main()' "$@"
"""


class OwnLibvirt:
    """The daemons of one namespace; ``virsh`` asks them."""

    def __init__(self, folder: Path, name: str, host_uuid: str) -> None:
        self.folder = folder
        self.name = name
        self.calls_file = folder / "calls"
        self._daemons: dict[str, subprocess.Popen[bytes]] = {}
        for place in PRIVATE:
            (folder / "root" / place[1:]).mkdir(parents=True)
        with suppress(OSError):  # asking every QEMU anew what it can takes a minute
            shutil.copytree("/var/cache/libvirt", folder / "root/var/cache/libvirt", dirs_exist_ok=True)
        etc = folder / "root/etc/libvirt"
        (etc / "qemu").mkdir()
        (etc / "hooks/qemu.d").mkdir(parents=True)
        (etc / "qemu.conf").write_text('user = "root"\ngroup = "root"\nsecurity_driver = "none"\n')
        (etc / "libvirtd.conf").write_text(f'host_uuid = "{host_uuid}"\nunix_sock_dir = "{folder}"\n')
        script = NAMESPACE.format(places=" ".join(PRIVATE), folder=folder, name=name)
        self._keeper = subprocess.Popen(["unshare", "--mount", "--uts", "bash", "-c", script])
        self._wait_for(lambda: self._inside("mountpoint", "-q", PRIVATE[-1]).returncode == 0, "the namespace")
        self._start("virtlogd", "virtlogd", "--pid-file", "/run/libvirt/own-virtlogd.pid")
        self.start()

    @property
    def uri(self) -> str:
        return f"qemu+unix:///system?socket={self.folder}/libvirt-sock"

    def start(self) -> None:
        """Start libvirtd and wait until it answers."""
        self._start("libvirtd", "libvirtd", "--pid-file", "/run/libvirt/own-libvirtd.pid")
        self._wait_for(lambda: self.virsh("version", check=False).returncode == 0, "libvirtd")

    def restart(self) -> None:
        """End libvirtd, and start it again: guests that run are found again."""
        self._end("libvirtd")
        self.start()

    def install_hook(self) -> None:
        """Put the hook where libvirtd looks for it, and tell it to look."""
        hook = self.folder / "root/etc/libvirt/hooks/qemu.d/devaddr-xml"
        path = Path(devaddr_xml.__file__).parent.parent
        hook.write_text(HOOK.format(folder=self.folder, path=path, python=sys.executable))
        hook.chmod(0o755)
        self.restart()

    def calls(self) -> list[str]:
        """The calls of the hook since this was asked last: guest, operation, suboperation, extra argument."""
        lines = self.calls_file.read_text().splitlines() if self.calls_file.exists() else []
        self.calls_file.write_text("")
        return lines

    def virsh(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        command = ["virsh", "--quiet", "--connect", self.uri, *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
        assert not check or done.returncode == 0, f"{' '.join(arguments)}: {done.stderr}"
        return done

    def close(self) -> None:
        for name in self.virsh("list", "--name", check=False).stdout.split():
            self.virsh("destroy", name, check=False)
        for name in ("libvirtd", "virtlogd"):
            self._end(name)
        self._keeper.kill()
        self._keeper.wait()

    def _inside(self, *command: str) -> subprocess.CompletedProcess[bytes]:
        enter = ["nsenter", "--target", str(self._keeper.pid), "--mount", "--uts"]
        return subprocess.run([*enter, *command], capture_output=True, check=False)

    def _start(self, name: str, *command: str) -> None:
        log = (self.folder / f"{name}.log").open("ab")
        enter = ["nsenter", "--target", str(self._keeper.pid), "--mount", "--uts"]
        self._daemons[name] = subprocess.Popen([*enter, *command], stdout=log, stderr=log)

    def _end(self, name: str) -> None:
        daemon = self._daemons.pop(name, None)
        if daemon is None:
            return
        daemon.terminate()
        with suppress(subprocess.TimeoutExpired):
            daemon.wait(30)
        daemon.kill()
        daemon.wait()

    def _wait_for(self, condition, what: str) -> None:
        end = time.monotonic() + 180
        while time.monotonic() < end:
            if condition():
                return
            time.sleep(0.2)
        logs = "\n".join(path.read_text(errors="replace")[-1000:] for path in self.folder.glob("*.log"))
        raise AssertionError(f"{what} did not come up:\n{logs}")


@contextmanager
def own_libvirt(folder: Path, name: str, host_uuid: str) -> Iterator[OwnLibvirt]:
    """A libvirt of one's own, ended at the end; folder must have a short name, since sockets are put into it."""
    opened = OwnLibvirt(folder, name, host_uuid)
    try:
        yield opened
    finally:
        opened.close()


def why_not() -> str | None:
    """Why there can be none here, if that is so."""
    if os.geteuid() != 0:
        return "a libvirt of one's own needs root"
    missing = [name for name in ("libvirtd", "virtlogd", "virsh", "unshare", "nsenter") if shutil.which(name) is None]
    if missing:
        return f"there is no {', '.join(missing)}"
    if subprocess.run(["unshare", "--mount", "--uts", "true"], capture_output=True, check=False).returncode != 0:
        return "mount namespaces are not allowed here"
    return None
