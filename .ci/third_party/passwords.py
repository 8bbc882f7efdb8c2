"""Passwords and the credential report, against an IAM that nobody here wrote; the AWS CLI and
Python's csv module look at what came of it.

moto does not know ChangePassword and does not hold a password against its policy; that is left to
the local AWS.
"""

import base64
import csv
import json

import boto3

PASSWORD = "Correct-Horse-42-third-party"


def passwords_and_the_report(sandbox, account, url):
    sandbox.plant(account.secret, PASSWORD)
    sandbox.credentials.write_text(account.credentials("default"))
    iam = boto3.client(
        "iam",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id=account.key_id,
        aws_secret_access_key=account.secret,
    )
    iam.create_user(UserName="bob")
    iam.update_account_password_policy(
        MinimumPasswordLength=32,
        RequireSymbols=True,
        RequireNumbers=True,
        RequireUppercaseCharacters=True,
        RequireLowercaseCharacters=True,
    )
    there = ("--endpoint-url", url)
    bob = (*there, "--user", "bob")

    # The policy is understood: this one is too short for it, and a generated one is not.
    sandbox.awsmfa("password", "create", *bob, "--password-stdin", stdin=PASSWORD, exit_codes=(5,))
    made = json.loads(sandbox.awsmfa("password", "create", *bob, "--generate", "--output", "json").stdout)
    assert len(made["password"]) == 32, len(made["password"])
    iam.delete_account_password_policy()
    shown = sandbox.awsmfa("password", "show", *bob, "--output", "json").stdout
    profile = sandbox.aws("iam", "get-login-profile", "--user-name", "bob", "--output", "json", *there)
    assert json.loads(shown)["exists"] and json.loads(profile)["LoginProfile"]["UserName"] == "bob"
    sandbox.awsmfa(
        *("password", "reset", *bob, "--reset-required", "--password-stdin"), stdin=f"{PASSWORD}\n"
    )
    assert iam.get_login_profile(UserName="bob")["LoginProfile"]["PasswordResetRequired"]

    # The report, as the AWS CLI has it and as Python reads it.
    ours = sandbox.awsmfa("report", "--output", "csv", *there).stdout
    reply = json.loads(sandbox.aws("iam", "get-credential-report", "--output", "json", *there))
    theirs = base64.b64decode(reply["Content"]).decode()
    # moto makes a new one each time, and alice's key is used meanwhile.
    assert without_alice(ours) == without_alice(theirs)
    report = json.loads(sandbox.awsmfa("report", "--output", "json", *there).stdout)
    columns = [user["columns"] for user in report["users"] if user["user"] == "bob"]
    assert columns == list(csv.DictReader(without_alice(ours)))
    judged = sandbox.awsmfa("report", "--no-mfa", "--output", "json", *there, exit_codes=(8,)).stdout
    assert [user["user"] for user in json.loads(judged)["users"]] == ["bob"], judged

    sandbox.awsmfa("password", "delete", "--yes", *bob)
    sandbox.aws("iam", "get-login-profile", "--user-name", "bob", *there, exit_code=255)
    assert json.loads(sandbox.awsmfa("password", "show", *bob, "--output", "json").stdout)["exists"] is False
    iam.delete_user(UserName="bob")


def without_alice(report):
    return [line for line in report.splitlines() if not line.startswith("alice,")]
