"""One local AWS and one user of it, ready to sign in again and again.

Each `World` is a server process, a home directory with a credentials file, and, where a round trip
is asked for, a delay line between the two. A code is spent once per device and three are good at a
time, so the server's clock is moved by a step when they run out; it stays within the five minutes
that a signature may be off.
"""

import contextlib
import itertools
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.parse
from pathlib import Path

from process import Prompted, seconds

STEP = 30
# The signer's clock is the real one, and AWS allows it to be five minutes off.
OFFSETS = range(-285, 286, STEP)
HANDS_ON = "hands-on"
HANDS_ON_DEVICE = f"arn:aws:iam::123456789012:mfa/{HANDS_ON}"
DELAY_LINE = Path(__file__).parent / "delay_line.py"


class World(contextlib.ExitStack):
    def __init__(
        self, options, tls=False, sections=0, round_trip=None, roles=0, mfa_process=False
    ):
        super().__init__()
        self.options = options
        self.tls = tls
        self.roles = roles
        self.mfa_process = mfa_process
        self.client, self.server = ((), ())
        if round_trip:
            self._delay(round_trip)
        self.home = Path(self.enter_context(tempfile.TemporaryDirectory(prefix="awsmfa-bench-")))
        self._serve()
        self._write_files(sections)
        self.offsets = iter(OFFSETS)
        self._next_step()

    def _delay(self, round_trip):
        line = self._start([sys.executable, DELAY_LINE, str(round_trip)])
        names = line.stdout.readline().split()
        ip = shutil.which("ip")
        self.client, self.server = ((ip, "netns", "exec", name) for name in names)

    def _start(self, command):
        """A process that ends when its standard input is closed."""
        process = subprocess.Popen(
            [*map(str, command)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.callback(process.wait)
        self.callback(process.stdin.close)
        return process

    def _serve(self):
        command = [*self.server, self.options.server, "--until-eof"]
        if self.tls:
            self.authority = self.home / "authority.pem"
            command += ["--tls", "--ca", self.authority]
        state = json.loads(self._start(command).stdout.readline())
        self.endpoint = state["endpoint"]
        self.control = state["control"]
        self.user = state["users"]["alice"]
        self.role = state["roles"]["Admin"]
        self.administrator = state["users"]["dave"]
        self.serial = self.user["devices"][0]["serial"]
        self.environment = {
            "HOME": str(self.home),
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_DEFAULT_REGION": "us-east-1",
            "PATH": os.defpath,
        }
        if self.tls:
            self.environment["AWS_CA_BUNDLE"] = str(self.authority)

    def _write_files(self, sections):
        directory = self.home / ".aws"
        directory.mkdir(mode=0o700)
        (directory / "config").write_text(self._config())
        self.credentials = directory / "credentials"
        own = (
            f"[default]\n"
            f"aws_access_key_id = {self.user['key_id']}\n"
            f"aws_secret_access_key = {self.user['secret']}\n"
        )
        half = sections // 2
        parts = itertools.chain(
            map(filler, range(half)), [own], map(filler, range(half, sections))
        )
        self.credentials.write_text("\n".join(parts))
        self.credentials.chmod(0o600)

    def _config(self):
        lines = ["[default]", f"mfa_serial = {self.serial}"]
        if self.mfa_process:
            code = f"{self.control}code?serial={self.serial}"
            lines.append(f"mfa_process = {shutil.which('curl')} --silent '{code}'")
        for number in range(self.roles):
            lines += [f"[profile role-{number}]", f"role_arn = {self.role}"]
            lines += ["source_profile = default"]
        return "\n".join(lines) + "\n"

    def delay_replies(self, more):
        self.ask("fault", kind="latency", ms=round(more * 1000))

    def requests(self, operation):
        """How many of these the server has seen."""
        log = json.loads(self.ask("log"))
        return sum(entry["operation"] == operation for entry in log["requests"])

    def command(self):
        """A sign-in with a fresh code on the command line."""
        return [*self.client, self.options.binary, "--quiet", "--token-code", self.code()]

    def sign_in(self):
        return seconds(self.command(), self.environment)

    def enter(self, typing):
        """Signs in at the prompt, a code typed after so many seconds."""
        code = self.code()
        command = [*self.client, self.options.binary, "--force"]
        return Prompted(command, self.environment).enter(code, self.credentials, typing)

    def hands_on_down(self):
        """Seconds that it takes to take a hands-on user down, which is put up before."""
        self.ask("clock", offset=0)
        environment = {
            **self.environment,
            "AWS_SHARED_CREDENTIALS_FILE": str(self.home / "administrator"),
            "AWS_CONFIG_FILE": str(self.home / "administrator-config"),
        }
        Path(environment["AWS_SHARED_CREDENTIALS_FILE"]).write_text(
            f"[default]\n"
            f"aws_access_key_id = {self.administrator['key_id']}\n"
            f"aws_secret_access_key = {self.administrator['secret']}\n"
        )
        codes = self.home / "codes"
        codes.unlink(missing_ok=True)
        # The first time two codes are fetched, half a minute after everything else was made.
        fetch = "; ".join(
            shlex.join(["curl", "--silent", *self._authority(), f"{self.control}{what}"])
            for what in ("clock?advance=30", f"pair?serial={HANDS_ON_DEVICE}")
        )
        process = f"test -s {codes} || ({fetch}) | tail -n 2 >{codes}; head -n 1 {codes}; sed -i 1d {codes}"
        command = [*self.client, self.options.binary, "handson"]
        name = ("--user", HANDS_ON, "--yes", "--quiet")
        seconds(
            [
                *(*command, "up", *name, "--policy-arn", "arn:aws:iam::aws:policy/ReadOnlyAccess"),
                *("--seed-command", "cat >/dev/null", "--mfa-process", process),
            ],
            environment,
        )
        return seconds([*command, "down", *name], environment)

    def disk(self):
        """Seconds that the disk alone takes to replace a file of that size safely: what no tool
        that calls fsync can be faster than."""
        content = self.credentials.read_bytes()
        directory = self.credentials.parent
        start = time.perf_counter()
        with open(directory / "spare.new", "wb") as file:
            file.write(content)
            os.fsync(file.fileno())
        os.rename(directory / "spare.new", directory / "spare")
        parent = os.open(directory, os.O_RDONLY)
        os.fsync(parent)
        os.close(parent)
        return time.perf_counter() - start

    def aws_cli(self):
        """The same GetSessionToken by the AWS CLI."""
        command = [
            *(self.options.aws, "sts", "get-session-token"),
            *("--serial-number", self.serial, "--token-code", self.code()),
        ]
        return seconds(command, self.environment)

    def curl(self):
        """One signed POST, the cheapest that the server knows."""
        return [
            *("curl", "--silent", "--fail", "--output", "/dev/null", *self._authority()),
            *("--aws-sigv4", "aws:amz:us-east-1:sts"),
            *("--user", f"{self.user['key_id']}:{self.user['secret']}"),
            *("--data", "Action=GetCallerIdentity&Version=2011-06-15", self.endpoint + "/"),
        ]

    def connect(self):
        """Seconds that a TCP connection takes: one round trip."""
        times = self._curl("--write-out", "%{time_connect}", "--output", "/dev/null", self.endpoint)
        return float(times)

    def code(self):
        """A code that is good now. The server says when all three are spent."""
        while True:
            answer = self.ask("code", serial=self.serial)
            if len(answer) == 6:
                return answer
            self._next_step()

    def _next_step(self):
        self.ask("clock", offset=next(self.offsets))

    def ask(self, command, **query):
        return self._curl(f"{self.control}{command}?{urllib.parse.urlencode(query)}", via=self.server)

    def _curl(self, *words, via=None):
        via = self.client if via is None else via
        command = [*via, "curl", "--silent", *self._authority(), *words]
        return subprocess.run(command, capture_output=True, text=True).stdout.strip()

    def _authority(self):
        return ("--cacert", str(self.authority)) if self.tls else ()


def filler(number):
    """Somebody's long-term keys: about 200 bytes, as in the file of a person with many accounts."""
    return (
        f"# account {number:06}, asked for by the team that owns it; renewed every quarter\n"
        f"[team-{number:06}]\n"
        f"aws_access_key_id = AKIAFILLER{number:010}\n"
        f"aws_secret_access_key = {number:040}\n"
    )
