"""Four clients that nobody here wrote, each in the ways a person can arrange: the section by its
name, a `credential_process` that is awsmfa, the endpoint of `awsmfa serve`, and `awsmfa exec --serve`.

They are the AWS CLI, boto3, the JavaScript SDK and the Rust SDK, each with its own chain of
providers. What they sign with is a role's, so that a client that takes the long-term key of
`[default]` instead is found out; the local AWS recomputes the signatures.
"""

import configparser
import contextlib
import datetime
import json
import os
import shutil
import subprocess

import sandbox as box
from with_local_aws import boto3_identity, identity, long_term, plant, sign_in

NODE = shutil.which("node")
WHO = box.ROOT / ".ci" / "third_party" / "javascript" / "who.mjs"
RUST = box.TARGET / "debug" / "examples" / "rust_sdk"
ROLE = ":assumed-role/Admin/third-party"
REGION = "us-east-1"


def run(sandbox, *command, **environment):
    """A client that prints an ARN. It gets a `PATH`, because a credential_process has a shell."""
    readers = {
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_REGION": REGION,
        "PATH": os.environ["PATH"],
    }
    authority = sandbox.variables.get("AWS_CA_BUNDLE")
    if authority:
        readers["NODE_EXTRA_CA_CERTS"] = authority
    done = subprocess.run(
        command,
        env={**sandbox.variables, **readers, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, f"{command}: exit code {done.returncode}\n{done.stderr}"
    return done.stdout.strip()


def aws_cli(sandbox, **environment):
    return identity(sandbox, PATH=os.environ["PATH"], **environment)


def boto3(sandbox, **environment):
    return boto3_identity(sandbox, None, PATH=os.environ["PATH"], **environment)


def javascript(sandbox, provider="chain", **environment):
    return run(sandbox, NODE, WHO, provider, **environment)


def rust(sandbox, **environment):
    return run(sandbox, RUST, **environment)


CLIENTS = [aws_cli, boto3, javascript, rust]


def a_person_with_a_role(sandbox, aws):
    """The key is where `aws configure` puts it, in `[default]`."""
    alice = aws.cast["users"]["alice"]
    plant(sandbox, alice)
    sandbox.credentials.write_text(long_term("default", alice))
    sandbox.config.write_text(
        f"[profile admin]\n"
        f"role_arn = {aws.cast['roles']['Admin']}\n"
        f"source_profile = default\n"
        f"mfa_serial = {alice['devices'][0]['serial']}\n"
        f"role_session_name = third-party\n"
        f"region = {REGION}\n"
        f"\n"
        f"[profile auto]\n"
        f"credential_process = '{box.AWSMFA}' credential-process -p admin\n"
        f"region = {REGION}\n"
    )
    sign_in(sandbox, aws, alice, "--profile", "admin")


def judged(arn, who):
    assert arn.endswith(ROLE), f"{who}: {arn}"


def everybody_reads_the_section(sandbox, aws):
    a_person_with_a_role(sandbox, aws)
    for client in CLIENTS:
        judged(client(sandbox, AWS_PROFILE="admin-mfa"), client.__name__)
    judged(javascript(sandbox, "ini", AWS_PROFILE="admin-mfa"), "fromIni")


def everybody_runs_the_credential_process(sandbox, aws):
    a_person_with_a_role(sandbox, aws)
    for client in CLIENTS:
        judged(client(sandbox, AWS_PROFILE="auto"), client.__name__)
    judged(javascript(sandbox, "process", AWS_PROFILE="auto"), "fromProcess")


def everybody_asks_the_endpoint(sandbox, aws):
    a_person_with_a_role(sandbox, aws)
    with serving(sandbox, "-p", "admin") as profiles:
        environment = profiles[0]["environment"]
        variables = {name: value for name, value in environment.items() if value is not None}
        for client in CLIENTS:
            judged(client(sandbox, **variables), client.__name__)
        judged(javascript(sandbox, "http", **variables), "fromHttp")
        with sandbox.boto3(**variables) as session:
            credentials = session.get_credentials()
            assert credentials.method == "container-role", credentials.method
            expiry = credentials._expiry_time.strftime("%Y-%m-%dT%H:%M:%SZ")
            assert expiry == profiles[0]["expiration"], expiry
        told = sandbox.aws(
            *("sts", "get-caller-identity"),
            **{**variables, "AWS_CONTAINER_AUTHORIZATION_TOKEN": "wrong"},
            exit_code=255,
        )
        assert "Authorization" in told, told


def everybody_is_a_child_of_exec_serve(sandbox, aws):
    a_person_with_a_role(sandbox, aws)
    readers = {"AWS_EC2_METADATA_DISABLED": "true", "PATH": os.environ["PATH"]}
    authority = sandbox.variables.get("AWS_CA_BUNDLE")
    if authority:
        readers["NODE_EXTRA_CA_CERTS"] = authority
    boto = "import boto3; print(boto3.client('sts').get_caller_identity()['Arn'])"
    for command in (
        [box.AWS_CLI, "sts", "get-caller-identity", "--query", "Arn", "--output", "text"],
        [box.AWS_CLI.parent / "python", "-c", boto],
        [NODE, WHO, "chain"],
        [RUST],
    ):
        # What the caller has set is not used.
        done = sandbox.awsmfa(
            *("exec", "--serve", "-p", "admin", "--", *command),
            **readers,
            AWS_PROFILE="default",
        )
        judged(done.stdout.strip(), command[0])


def the_prompt_shows_the_time_left(sandbox, aws):
    """starship's `aws` module (its documentation, "AWS"): the section of `AWS_PROFILE` in the
    credentials file, its `expiration`, else `x_security_token_expires`, as RFC 3339."""
    a_person_with_a_role(sandbox, aws)
    file = configparser.RawConfigParser(strict=False)
    file.read(sandbox.credentials)
    section = file["admin-mfa"]
    text = section.get("expiration") or section["x_security_token_expires"]
    expiration = datetime.datetime.fromisoformat(text)
    assert expiration.tzinfo is not None, text
    status = json.loads(sandbox.awsmfa("status", "--output", "json", "-p", "admin").stdout)
    assert text in json.dumps(status), status
    left = expiration - datetime.datetime.now(datetime.timezone.utc)
    assert datetime.timedelta(minutes=55) < left < datetime.timedelta(minutes=65), left


@contextlib.contextmanager
def serving(sandbox, *arguments):
    """`awsmfa serve`, and the profiles in the document that it prints."""
    process = subprocess.Popen(
        [box.AWSMFA, "serve", "--output", "json", *arguments],
        env=sandbox.variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        # It lets go of its standard output when all is said.
        profiles = json.loads(process.stdout.read())["profiles"]
        for profile in profiles:
            sandbox.plant(profile["environment"]["AWS_CONTAINER_AUTHORIZATION_TOKEN"])
        yield profiles
    finally:
        process.terminate()
        said = process.communicate(timeout=10)[1]
        box.said.append(said)
    assert process.returncode == 0, said


WAYS = [
    everybody_reads_the_section,
    everybody_runs_the_credential_process,
    everybody_asks_the_endpoint,
    everybody_is_a_child_of_exec_serve,
    the_prompt_shows_the_time_left,
]
