"""Plain AWS tools with a profile that `awsmfa login --wire` has wired: they assume and refresh the
role from the session by themselves, and find the file as it was after `--unwire`.
"""

import datetime
from unittest import mock

from with_local_aws import DENIED, boto3_identity, identity, long_term, plant, sign_in


def soon():
    """The clock of a long job, towards the end of its first hour."""
    return datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=55)


def wired_profiles_need_no_code(sandbox, aws):
    alice, role = aws.cast["users"]["alice"], aws.cast["roles"]["Admin"]
    plant(sandbox, alice)
    sandbox.credentials.write_text(long_term("default", alice))
    before = (
        f"[default]\n"
        f"region = ap-northeast-1\n"
        f"\n"
        f"[profile dev]\n"
        f"role_arn = {role}\n"
        f"  ; the others do not need it\n"
        f"source_profile=default\n"
        f"mfa_serial\t= {alice['devices'][0]['serial']}\n"
        f"duration_seconds = 7200\n"
        f"role_session_name = plain\n"
        f"[profile brief]\n"
        f"role_arn = {role}\n"
        f"source_profile = default\n"
        f"duration_seconds = 900"
    )
    sandbox.config.write_text(before)

    sign_in(sandbox, aws, alice, "--wire", "--yes", "--all")

    for _ in range(2):
        for read in (
            identity(sandbox, "--profile", "dev"),
            identity(sandbox, AWS_PROFILE="dev"),
            boto3_identity(sandbox, "dev"),
        ):
            assert read.endswith(":assumed-role/Admin/plain"), read
    assert boto3_identity(sandbox, "brief").split("/")[1] == "Admin"
    with sandbox.boto3("dev") as session, mock.patch("botocore.credentials._local_now", soon):
        credentials = session.get_credentials()
        assert credentials.method == "assume-role", credentials.method
        # botocore renews what has a quarter of an hour left: these, whenever they are used.
        credentials._time_fetcher = soon
        tokens = {credentials.get_frozen_credentials().token for _ in range(3)}
        assert len(tokens) == 3, "the role was not assumed again"
    wanted = sandbox.aws("configure", "get", "source_profile", "--profile", "dev").strip()
    assert wanted == "default-mfa", wanted
    # The session still is what it is made of: without it the tools do not ask, they fail.
    sandbox.awsmfa("logout")
    for cached in (sandbox.aws_directory / "cli" / "cache").iterdir():
        cached.unlink()
    sandbox.aws("sts", "get-caller-identity", "--profile", "dev", exit_code=DENIED)

    sandbox.awsmfa("login", "--unwire", "--yes", "--all")

    assert sandbox.config.read_text() == before
