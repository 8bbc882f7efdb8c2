"""The real AWS CLI and boto3 read the sections that the binary wrote, and call the local AWS with
them; that one recomputes every signature and spends every code.

Each function is one person's morning, in a home directory of its own.
"""

import json
import os

from sandbox import AWSMFA

FAILED = 255  # and when it finds no credentials
DENIED = 255  # how the AWS CLI v1 ends when the service says no


def identity(sandbox, *arguments, **environment):
    """Who the AWS CLI says it is."""
    words = ("sts", "get-caller-identity", "--output", "json")
    return json.loads(sandbox.aws(*words, *arguments, **environment))["Arn"]


def boto3_identity(sandbox, profile, **environment):
    with sandbox.boto3(profile, **environment) as session:
        return session.client("sts").get_caller_identity()["Arn"]


def long_term(section, user):
    return (
        f"[{section}]\n"
        f"aws_access_key_id = {user['key_id']}\n"
        f"aws_secret_access_key = {user['secret']}\n"
    )


def plant(sandbox, user):
    sandbox.plant(user["secret"], *(device["seed"] for device in user["devices"]))


def sign_in(sandbox, aws, user, *arguments, **environment):
    """One code, on the command line."""
    code = aws.code(user["devices"][0]["serial"])
    sandbox.plant(code)
    done = sandbox.awsmfa("--token-code", code, *arguments, **environment)
    for line in sandbox.credentials.read_text().splitlines():
        key, _, value = line.partition(" = ")
        if key in ("aws_secret_access_key", "aws_session_token"):
            sandbox.plant(value)
    return done


def a_user_with_nothing_but_a_key(sandbox, aws):
    """No config file, no region, no permission to list devices: zero configuration."""
    alice = aws.cast["users"]["alice"]
    plant(sandbox, alice)
    before = f"# the only copy\n{long_term('default', alice)}\n; end\n"
    sandbox.credentials.write_text(before)
    sandbox.aws("iam", "get-user", exit_code=DENIED)

    sign_in(sandbox, aws, alice)

    assert sandbox.credentials.read_text().startswith(before)
    assert identity(sandbox, "--profile", "default-mfa") == alice["arn"]
    assert identity(sandbox, AWS_PROFILE="default-mfa") == alice["arn"]
    assert boto3_identity(sandbox, "default-mfa") == alice["arn"]
    shown = sandbox.aws("configure", "list", "--profile", "default-mfa")
    assert "shared-credentials-file" in shown and "ASIA" not in shown, shown
    # The long-term key still works, and is still alice's.
    assert identity(sandbox) == alice["arn"]

    # The same line for ever: AWS_PROFILE names our own section, and that one is renewed.
    first = sandbox.aws("configure", "get", "aws_access_key_id", "--profile", "default-mfa")
    sign_in(sandbox, aws, alice, AWS_PROFILE="default-mfa")
    second = sandbox.aws("configure", "get", "aws_access_key_id", "--profile", "default-mfa")
    assert first != second, "the section was not renewed"
    assert sandbox.credentials.read_text().count("[") == 2, "a section too many"
    assert identity(sandbox, "--profile", "default-mfa") == alice["arn"]


def a_user_who_may_do_nothing_without_mfa(sandbox, aws):
    bob = aws.cast["users"]["bob"]
    plant(sandbox, bob)
    sandbox.credentials.write_text(long_term("work", bob))

    sign_in(sandbox, aws, bob, "--profile", "work", "-v")

    devices = sandbox.aws("iam", "list-mfa-devices", "--output", "json", "--profile", "work-mfa")
    assert bob["devices"][0]["serial"] in devices
    with sandbox.boto3("work-mfa") as session:
        found = session.client("iam").list_mfa_devices()["MFADevices"]
    assert [device["SerialNumber"] for device in found] == [bob["devices"][0]["serial"]]


def a_role_of_the_config_file(sandbox, aws):
    """The powerless user puts on a role: denied, one code, allowed."""
    alice, role = aws.cast["users"]["alice"], aws.cast["roles"]["Admin"]
    plant(sandbox, alice)
    sandbox.credentials.write_text(long_term("default", alice))
    sandbox.config.write_text(
        f"[default]\n"
        f"region = ap-northeast-1\n"
        f"mfa_serial = {alice['devices'][0]['serial']}\n"
        f"\n"
        f"[profile admin]\n"
        f"role_arn = {role}\n"
        f"source_profile = default\n"
        f"role_session_name = third-party\n"
        f"awsmfa_profile = session-token\n"
    )
    get_user = ("iam", "get-user", "--user-name", "bob", "--output", "json")
    sandbox.aws(*get_user, exit_code=DENIED)

    sign_in(sandbox, aws, alice, "--profile", "admin")

    assert '"bob"' in sandbox.aws(*get_user, "--profile", "session-token")
    assumed = identity(sandbox, "--profile", "session-token")
    assert assumed.endswith(":assumed-role/Admin/third-party"), assumed
    assert boto3_identity(sandbox, "session-token") == assumed
    # Terraform and others are told by the environment.
    assert identity(sandbox, AWS_PROFILE="session-token") == assumed


def a_role_by_name_with_an_external_id(sandbox, aws):
    alice = aws.cast["users"]["alice"]
    plant(sandbox, alice)
    sandbox.credentials.write_text(long_term("default", alice))

    sign_in(
        *(sandbox, aws, alice, "--role-arn", "team/Partner", "--to", "partner"),
        *("--external-id", aws.cast["external_id"], "--duration-seconds", "15m"),
    )

    assert ":assumed-role/Partner/" in identity(sandbox, "--profile", "partner")


def a_section_that_was_there_before(sandbox, aws):
    """Another tool's section with comments and keys of its own: both stay, for every reader."""
    bob = aws.cast["users"]["bob"]
    plant(sandbox, bob)
    sandbox.credentials.write_text(
        f"[default-mfa]\n"
        f"# for the dashboards\n"
        f"region = eu-central-1\n"
        f"aws_access_key_id = ASIAOLDOLDOLDOLDOLD1\n"
        f"aws_secret_access_key = stale\n"
        f"aws_session_token = stale\n"
        f"aws_security_token = stale\n"
        f"output = table\n"
        f"\n"
        f"# the key of all keys\n{long_term('default', bob)}"
    )
    before = sandbox.credentials.read_bytes()
    sign_in_without_consent = sandbox.awsmfa("--token-code", "000000", exit_codes=(3,))
    assert sandbox.credentials.read_bytes() == before, sign_in_without_consent.stderr

    sign_in(sandbox, aws, bob, "--yes")

    after = sandbox.credentials.read_text()
    assert after.startswith("[default-mfa]\n# for the dashboards\nregion = eu-central-1\n"), after
    assert after.endswith(f"\n# the key of all keys\n{long_term('default', bob)}")
    assert "stale" not in after
    for key, value in (("output", "table"), ("region", "eu-central-1")):
        assert sandbox.aws("configure", "get", key, "--profile", "default-mfa").strip() == value
    assert identity(sandbox, "--profile", "default-mfa") == bob["arn"]
    with sandbox.boto3("default-mfa") as session:
        assert session.get_credentials().get_frozen_credentials().token


def another_partition(sandbox, aws):
    mei = aws.cast["users"]["mei"]
    plant(sandbox, mei)
    sandbox.credentials.write_text(long_term("default", mei))
    sandbox.config.write_text("[default]\nregion = cn-north-1\n")

    sign_in(sandbox, aws, mei)

    region = {"AWS_DEFAULT_REGION": "cn-north-1"}
    assert identity(sandbox, "--profile", "default-mfa", **region) == mei["arn"]


def a_profile_whose_credential_process_we_are(sandbox, aws):
    """The tools run `awsmfa` by themselves: one code, made by a command, then none."""
    alice = aws.cast["users"]["alice"]
    plant(sandbox, alice)
    serial = alice["devices"][0]["serial"]
    code = aws.code(serial)
    sandbox.plant(code)
    sandbox.credentials.write_text(long_term("dev", alice))
    sandbox.config.write_text(
        f"[profile dev]\n"
        f"mfa_serial = {serial}\n"
        f"mfa_process = echo {code}\n"
        f"\n"
        f"[profile dev-auto]\n"
        f"credential_process = '{AWSMFA}' credential-process -p dev\n"
    )
    path = {"PATH": os.environ["PATH"]}  # mfa_process needs a shell

    assert identity(sandbox, "--profile", "dev-auto", **path) == alice["arn"]

    written = sandbox.aws("configure", "get", "aws_access_key_id", "--profile", "dev-mfa").strip()
    assert boto3_identity(sandbox, "dev-auto", **path) == alice["arn"]
    with sandbox.boto3("dev-auto", **path) as session:
        credentials = session.get_credentials()
        assert credentials.method == "custom-process", credentials.method
        assert credentials.get_frozen_credentials().access_key == written
        assert credentials.get_frozen_credentials().token
    sent = [request["parameters"].get("TokenCode") for request in aws.requests()]
    assert sent.count(code) == 1, "the code was not sent once"
    # What a tool shows of a command that fails is ours.
    sandbox.config.write_text(
        f"[profile auto]\ncredential_process = '{AWSMFA}' credential-process -p nobody\n"
    )
    told = sandbox.aws("sts", "get-caller-identity", "--profile", "auto", exit_code=FAILED, **path)
    assert "nobody" in told, told


MORNINGS = [
    a_user_with_nothing_but_a_key,
    a_user_who_may_do_nothing_without_mfa,
    a_role_of_the_config_file,
    a_role_by_name_with_an_external_id,
    a_section_that_was_there_before,
    another_partition,
    a_profile_whose_credential_process_we_are,
]


def assert_all_requests_were_correct(aws):
    """The server notes whatever no correct client would send, also where it answers."""
    requests = aws.requests()
    assert requests
    odd = [request["violation"] for request in requests if request["violation"]]
    assert not odd, odd
