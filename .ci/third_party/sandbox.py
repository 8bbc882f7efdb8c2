"""A home directory of its own, an empty environment, and a memory of everything that was said.

Nothing here reads the caller's environment or touches the caller's `~/.aws`. Whatever `awsmfa`
prints is kept, and at the end it is searched for every secret that was planted or handed out.
"""

import contextlib
import os
import re
import subprocess
import sys
from pathlib import Path
from unittest import mock

import boto3

ROOT = Path(__file__).resolve().parents[2]
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
AWSMFA = TARGET / "debug" / "awsmfa"
LOCAL_AWS = TARGET / "debug" / "examples" / "local_aws"
AWS_CLI = Path(sys.executable).parent / "aws"
MOTO_SERVER = Path(sys.executable).parent / "moto_server"

# What `awsmfa` said so far, in every sandbox, and what must not be in it.
said = []
secrets = set()


class Sandbox:
    def __init__(self, directory, **environment):
        self.home = Path(directory)
        self.aws_directory = self.home / ".aws"
        self.aws_directory.mkdir(parents=True)
        self.credentials = self.aws_directory / "credentials"
        self.config = self.aws_directory / "config"
        self.variables = {"HOME": str(self.home), "TZ": "UTC", **environment}

    def awsmfa(self, *arguments, exit_codes=(0,), **environment):
        """Runs the built binary with nobody at the terminal."""
        done = subprocess.run(
            [AWSMFA, *arguments],
            env={**self.variables, **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            start_new_session=True,
        )
        said.append(done.stdout)
        said.append(done.stderr)
        assert done.returncode in exit_codes, (
            f"awsmfa {' '.join(arguments)}: exit code {done.returncode}, not in {exit_codes}\n"
            f"{done.stdout}{done.stderr}"
        )
        return done

    def awsmfa_for_secrets(self, *arguments):
        """The same for what is there to print a secret: its standard output is not looked through."""
        done = self.awsmfa(*arguments)
        said.remove(done.stdout)
        return done.stdout

    def aws(self, *arguments, exit_code=0, **environment):
        """Runs the real AWS CLI; returns what it printed, both streams. With an endpoint of one's
        own it wants a region; `awsmfa` is not given that one."""
        readers = {"AWS_EC2_METADATA_DISABLED": "true", "AWS_DEFAULT_REGION": "us-east-1"}
        done = subprocess.run(
            [AWS_CLI, *arguments],
            env={**self.variables, **readers, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
        )
        assert done.returncode == exit_code, (
            f"aws {' '.join(arguments)}: exit code {done.returncode}, not {exit_code}\n"
            f"{done.stdout}"
        )
        return done.stdout

    @contextlib.contextmanager
    def boto3(self, profile=None, **environment):
        """A boto3 session that sees this sandbox and nothing else."""
        variables = {**self.variables, "AWS_EC2_METADATA_DISABLED": "true", **environment}
        with mock.patch.dict(os.environ, variables, clear=True):
            yield boto3.Session(profile_name=profile, region_name="us-east-1")

    def plant(self, *values):
        """From here on none of these may be printed."""
        secrets.update(values)


def assert_nothing_leaked():
    """A code is six digits, so it counts only where it stands alone."""
    assert said and secrets
    text = "\n".join(said)
    for secret in secrets:
        if len(secret) == 6:
            assert not re.search(rf"(?<!\w){secret}(?!\w)", text), "a code was printed"
        else:
            assert secret not in text, f"a secret of {len(secret)} characters was printed"
