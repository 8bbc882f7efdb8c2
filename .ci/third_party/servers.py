"""The two servers, each a process of its own on a free port of 127.0.0.1, ended with the block."""

import contextlib
import json
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

from sandbox import LOCAL_AWS, MOTO_SERVER


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def wait_until_it_answers(port, process, seconds=60):
    for _ in range(seconds * 10):
        assert process.poll() is None, f"the server ended with code {process.returncode}"
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        time.sleep(0.1)
    raise AssertionError(f"nothing answers on port {port} after {seconds} s")


@contextlib.contextmanager
def running(*command, **options):
    process = subprocess.Popen(command, **options)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextlib.contextmanager
def moto():
    """An AWS that nobody here wrote. It knows keys and roles; it checks no codes."""
    port = free_port()
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with running(MOTO_SERVER, "-H", "127.0.0.1", "-p", str(port), **quiet) as process:
        wait_until_it_answers(port, process)
        yield f"http://127.0.0.1:{port}"


class LocalAws:
    """The project's own AWS: who is in it (`cast`), and its control path."""

    def __init__(self, cast):
        self.cast = cast
        self.endpoint = cast["endpoint"]
        self.authority = cast.get("ca_file")
        self.context = self.authority and ssl.create_default_context(cafile=self.authority)

    def ask(self, command, **query):
        address = f"{self.cast['control']}{command}?{urllib.parse.urlencode(query)}"
        with urllib.request.urlopen(address, context=self.context, timeout=10) as reply:
            return reply.read().decode().strip()

    def code(self, serial):
        """A code that is good now; the server's clock moves on when all three are spent."""
        try:
            return self.ask("code", serial=serial)
        except urllib.error.HTTPError as refusal:
            assert refusal.code == 409
            self.ask("clock", advance=30)
            return self.ask("code", serial=serial)

    def requests(self):
        return json.loads(self.ask("log"))["requests"]


@contextlib.contextmanager
def local_aws(directory, tls):
    command = [LOCAL_AWS, "--until-eof"]
    if tls:
        command += ["--tls", "--ca", str(directory / "authority.pem")]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with running(*command, **pipes) as process:
        yield LocalAws(json.loads(process.stdout.readline()))
