"""The service as a program of another language meets it: lines of JSON through pipes and a Unix socket."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import devaddr_xml
from devaddr_xml.integrations.serve.answers import answer
from devaddr_xml.integrations.serve.methods import METHODS
from devaddr_xml.integrations.serve.schema import schema
from devaddr_xml.model.policy_json import policy_from_json

ROOT = Path(__file__).resolve().parents[3]
COMMAND = [sys.executable, "-m", "devaddr_xml", "serve"]
DOMAIN = (ROOT / "fixtures" / "skeletons" / "q35-web-server.xml").read_text()
NIC = "<interface type='network'><source network='default'/><model type='virtio'/></interface>"


def request(method: str, id: object = 1, **params: object) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": id, "method": method, "params": params}


def ask(message: object) -> Any:
    """What the service answers to one line, without its processes."""
    raw = answer(message if isinstance(message, bytes) else json.dumps(message).encode())
    return json.loads(raw) if raw else None


def converse(lines: Sequence[object], *options: str) -> list[Any]:
    text = "".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines)
    done = subprocess.run([*COMMAND, *options], input=text, capture_output=True, text=True, timeout=60, check=True)
    assert done.stderr == ""
    return [json.loads(line) for line in done.stdout.splitlines()]


CALLS = {
    "assign": {"xml": DOMAIN, "policy": {"profile": "hotplug"}, "decisions": True},
    "plan": {"guest": {"name": "g", "machine": "q35", "devices": [{"kind": "disk", "target": "vda", "bus": "virtio"}]}},
    "attach": {"xml": DOMAIN, "devices": [NIC]},
    "check": {"xml": DOMAIN},
    "diff": {"old": DOMAIN, "new": DOMAIN},
    "explain": {"xml": DOMAIN, "device": "vda"},
    "capacity": {"xml": DOMAIN, "target": {"libvirt": "9.0.0", "qemu": "7.2.0"}},
}


def test_every_method_is_called_here() -> None:
    assert set(CALLS) == set(METHODS)


@pytest.mark.parametrize("method", CALLS)
def test_each_method_answers_as_its_schema_says(method: str) -> None:
    whole = schema()
    message = request(method, **CALLS[method])
    jsonschema.validate(message, whole)
    found = ask(message)
    assert "error" not in found, found
    assert (found["jsonrpc"], found["id"]) == ("2.0", 1)
    jsonschema.validate(found["result"], {**whole["methods"][method]["result"], "$defs": whole["$defs"]})


def test_the_result_is_that_of_python() -> None:
    found = ask(request("assign", xml=DOMAIN, policy="packed"))["result"]
    own = devaddr_xml.assign(DOMAIN, policy=policy_from_json('{"profile": "packed"}'))
    assert found["xml"] == own.xml
    assert found["changed"] is True
    assert len(found["added"]) == len(own.added)
    assert ask(request("assign", xml=own.xml))["result"]["changed"] is False


@pytest.mark.parametrize(
    ("message", "code", "words"),
    [
        (b"{", -32700, "not JSON"),
        (b"\xff\xfe", -32700, "not JSON"),
        (b"[]", -32600, "at least one"),
        (b"7", -32600, "not a request"),
        ({"id": 1, "method": "assign"}, -32600, "jsonrpc"),
        ({"jsonrpc": "1.0", "id": 1, "method": "assign"}, -32600, "2.0"),
        (request("assing"), -32601, "there are assign"),
        (request("assign"), -32602, "xml"),
        (request("assign", xml=DOMAIN, polcy={}), -32602, "polcy"),
        (request("assign", xml=5), -32602, "Expected `str`"),
        (request("assign", xml="<domain"), 1, "line 1"),
        (request("assign", xml=DOMAIN, policy="hotplugg"), 1, "hotplugg"),
        (request("assign", xml=DOMAIN, target={"libvirt": "new"}), 1, "new"),
        (request("assign", xml=DOMAIN, capabilities={"flags": 3}), 1, "capabilities"),
        (request("explain", xml=DOMAIN, device="vdz"), 1, "vdz"),
    ],
)
def test_errors_say_what_is_wrong(message: object, code: int, words: str) -> None:
    error = ask(message)["error"]
    assert error["code"] == code
    assert words in error["message"]


def test_a_refusal_has_its_parts() -> None:
    twice = DOMAIN.replace("</devices>", "<disk type='file'><target dev='vda' bus='virtio'/></disk></devices>")
    data = ask(request("assign", id="x", xml=twice))["error"]["data"]
    assert data["kind"] in vars(devaddr_xml)["__all__"] or data["kind"].isidentifier()
    assert data["line"] > 1
    assert "vda" in data["message"] + data["device"]


def test_notifications_have_no_answer_and_batches_one() -> None:
    note = {"jsonrpc": "2.0", "method": "check", "params": {"xml": DOMAIN}}
    assert ask(note) is None
    assert ask([note]) is None
    found = ask([request("check", 1, xml=DOMAIN), note, request("nothing", 2), 3])
    assert [(one["id"], "error" in one) for one in found] == [(1, False), (2, True), (None, True)]


def test_pipes() -> None:
    lines = [request("capacity", number, xml=DOMAIN) for number in range(5)]
    found = converse(["{bad", *lines, "", request("nothing", 9)])
    assert sorted(str(one["id"]) for one in found) == ["0", "1", "2", "3", "4", "9", "None"]
    assert sum("error" in one for one in found) == 2


def test_a_request_that_is_too_long_harms_no_other() -> None:
    found = converse(
        [request("check", 1, xml="<domain>" + "x" * 5000), request("nothing", 2)], "--max-size", "4096", "--jobs", "1"
    )
    assert [(one["id"], one["error"]["code"]) for one in found] == [(None, 2), (2, -32601)]


def test_a_request_that_takes_too_long_harms_no_other() -> None:
    disks = "".join(
        f"<disk type='file'><source file='/d'/><target dev='sd{chr(97 + n // 26)}{chr(97 + n % 26)}'/></disk>"
        for n in range(600)
    )
    slow = DOMAIN.replace("</devices>", f"{disks}</devices>")
    lines = [request("assign", 1, xml=slow), request("nothing", 2)]
    found = {one["id"]: one["error"]["code"] for one in converse(lines, "--max-seconds", "0.000001", "--jobs", "1")}
    assert found[1] == 3
    assert found[2] in (3, -32601)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """A service at a Unix socket."""
    path = str(tmp_path / "s")
    process = subprocess.Popen([*COMMAND, "--socket", path, "--jobs", "1"], stderr=subprocess.PIPE)
    wait_for(lambda: os.path.exists(path) and connects(path))
    yield process, path
    process.kill()
    process.communicate()


def wait_for(condition: Any) -> None:
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def connects(path: str) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(path) == 0


def test_the_socket_is_for_its_owner_only(service: tuple[subprocess.Popen[bytes], str]) -> None:
    assert stat.S_IMODE(os.stat(service[1]).st_mode) == 0o600


def test_connections_share_nothing(service: tuple[subprocess.Popen[bytes], str]) -> None:
    with socket.socket(socket.AF_UNIX) as first, socket.socket(socket.AF_UNIX) as second:
        first.connect(service[1])
        second.connect(service[1])
        first.sendall(b'{"half of a message')
        second.sendall(json.dumps(request("capacity", 2, xml=DOMAIN)).encode() + b"\n")
        with second.makefile("rb") as stream:
            assert json.loads(stream.readline())["id"] == 2


def test_what_is_under_way_is_finished(service: tuple[subprocess.Popen[bytes], str]) -> None:
    process, path = service
    count = 30
    with socket.socket(socket.AF_UNIX) as client, client.makefile("rb") as stream:
        client.connect(path)
        client.sendall(b"".join(json.dumps(request("assign", n, xml=DOMAIN)).encode() + b"\n" for n in range(count)))
        first = json.loads(stream.readline())
        process.send_signal(signal.SIGTERM)
        rest = [json.loads(line) for line in stream]
    assert process.wait(30) == 0
    assert not os.path.exists(path)
    answered = [first, *rest]
    assert all("result" in one or one["error"]["code"] == 4 for one in answered)
    assert len({one["id"] for one in answered}) == len(answered)


def test_a_socket_in_use_is_left_alone(service: tuple[subprocess.Popen[bytes], str]) -> None:
    done = subprocess.run([*COMMAND, "--socket", service[1]], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert done.stderr.startswith("devaddr-xml: error: cannot listen on ")
    assert connects(service[1])


def test_a_socket_of_an_ended_service_is_replaced(tmp_path: Path) -> None:
    path = str(tmp_path / "s")
    with socket.socket(socket.AF_UNIX) as old:
        old.bind(path)
    process = subprocess.Popen([*COMMAND, "--socket", path, "--jobs", "1"])
    try:
        wait_for(lambda: connects(path))
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.wait()


def path_with_the_command(tmp_path: Path) -> dict[str, str]:
    """An environment whose path has the command devaddr-xml of this Python."""
    command = tmp_path / "bin" / "devaddr-xml"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m devaddr_xml "$@"\n')
    command.chmod(0o755)
    return {**os.environ, "PATH": f"{command.parent}:{os.environ['PATH']}"}


CLIENTS = {
    "node": ["node", str(ROOT / "integrations" / "clients" / "node" / "client.mjs")],
    "go": ["go", "run", "main.go"],
}


@pytest.mark.parametrize("language", CLIENTS)
def test_the_clients_of_other_languages(language: str, tmp_path: Path) -> None:
    command = CLIENTS[language]
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    environment = {**path_with_the_command(tmp_path), "GOCACHE": str(tmp_path / "cache"), "GOFLAGS": "-mod=mod"}
    folder = ROOT / "integrations" / "clients" / language

    def run(text: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, input=text, capture_output=True, text=True, timeout=120, cwd=folder, env=environment
        )

    assert run(DOMAIN).stdout == devaddr_xml.assign(DOMAIN).xml
    refused = run("<domain")
    assert refused.returncode == 1
    assert "line 1" in refused.stderr
