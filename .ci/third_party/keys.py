"""Access keys, against an AWS that nobody here wrote: made, rotated, taken back and deleted through
the binary, and looked at through boto3.
"""

import json

import boto3

USER = "rotating"
NOT_ENOUGH = 3


def a_life_of_keys(sandbox, account, url):
    """One user, from the first key to the last; moto asks nobody for a permission."""
    iam = boto3.client(
        "iam",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id=account.key_id,
        aws_secret_access_key=account.secret,
    )
    iam.create_user(UserName=USER)
    first = iam.create_access_key(UserName=USER)["AccessKey"]
    sandbox.plant(account.secret, first["SecretAccessKey"])
    before = f"# head\n{section('default', first)}region = eu-central-1\n; tail\n"
    sandbox.credentials.write_text(before)

    def awsmfa(*arguments, **options):
        done = sandbox.awsmfa("key", *arguments, "--endpoint-url", url, **options)
        for key in stored(sandbox).values():
            sandbox.plant(key["aws_secret_access_key"])
        return done

    def listed():
        keys = iam.list_access_keys(UserName=USER)["AccessKeyMetadata"]
        return {key["AccessKeyId"]: key["Status"] for key in keys}

    rows = json.loads(awsmfa("list", "--output", "json").stdout)
    assert [row["access_key_id"] for row in rows] == [first["AccessKeyId"]], rows
    assert rows[0]["in_use"] and rows[0]["profiles"] == ["default"], rows

    # Into a profile of its own, which the AWS CLI then uses.
    awsmfa("create", "--to", "second")
    second = stored(sandbox)["second"]["aws_access_key_id"]
    identity = sandbox.aws(
        *("sts", "get-caller-identity", "--output", "json"),
        *("--profile", "second", "--endpoint-url", url),
    )
    assert json.loads(identity)["Arn"].endswith(f"user/{USER}"), identity
    awsmfa("deactivate", second, exit_codes=(NOT_ENOUGH,))
    awsmfa("deactivate", second, "--force")
    assert listed() == {first["AccessKeyId"]: "Active", second: "Inactive"}
    awsmfa("activate", second)
    awsmfa("delete", second, "--force", "--yes")
    assert listed() == {first["AccessKeyId"]: "Active"}
    sandbox.credentials.write_text(before)

    # There and back.
    awsmfa("rotate")
    new = stored(sandbox)["default"]["aws_access_key_id"]
    assert listed() == {first["AccessKeyId"]: "Inactive", new: "Active"}
    assert without_pair(sandbox.credentials.read_text()) == without_pair(before)
    assert sandbox.aws("configure", "get", "aws_access_key_id").strip() == new
    awsmfa("rotate", "--rollback")
    assert sandbox.credentials.read_text() == before
    assert listed() == {first["AccessKeyId"]: "Active", new: "Inactive"}

    # Forward for good. The unused key has to go, which wants consent.
    awsmfa("rotate", exit_codes=(NOT_ENOUGH,))
    assert sandbox.credentials.read_text() == before
    awsmfa("rotate", "--delete-old", "--yes")
    last = stored(sandbox)["default"]["aws_access_key_id"]
    assert last not in (first["AccessKeyId"], new)
    assert listed() == {last: "Active"}

    # In the form of the AWS CLI, and told once.
    printed = sandbox.awsmfa_for_secrets("key", "create", "--output", "json", "--endpoint-url", url)
    key = json.loads(printed)["AccessKey"]
    sandbox.plant(key["SecretAccessKey"])
    assert set(key) == {"UserName", "AccessKeyId", "Status", "SecretAccessKey", "CreateDate"}, set(key)
    assert listed() == {last: "Active", key["AccessKeyId"]: "Active"}


def section(name, key):
    return (
        f"[{name}]\n"
        f"aws_access_key_id = {key['AccessKeyId']}\n"
        f"aws_secret_access_key = {key['SecretAccessKey']}\n"
    )


def stored(sandbox):
    """The profiles with keys, as botocore reads them."""
    with sandbox.boto3() as session:
        profiles = session._session.full_config["profiles"]
    return {name: keys for name, keys in profiles.items() if "aws_secret_access_key" in keys}


def without_pair(text):
    return [line for line in text.splitlines() if not line.startswith("aws_")]
