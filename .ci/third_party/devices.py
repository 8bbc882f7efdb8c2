"""MFA devices, from the QR code to the end: an authenticator app that nobody here wrote takes the seed
from the picture, and the AWS CLI sees the same device as `awsmfa`.

moto checks no codes, knows no ResyncMFADevice, and lists nothing without a user's name. So there the
codes come from a command, which `awsmfa` itself holds against the seed; the local AWS checks every
one.
"""

import json
import os
import sys
import time
from pathlib import Path

import boto3

import authenticator

NOT_ENOUGH = 3
STEP = 30


def a_life_of_a_device(sandbox, aws):
    """On the local AWS, for a user who may do next to nothing without MFA."""
    frank = aws.cast["users"]["frank"]
    sandbox.plant(frank["secret"])
    sandbox.credentials.write_text(section(frank["key_id"], frank["secret"]))

    picture = sandbox.home / "aws.png"
    created = json.loads(sandbox.awsmfa("mfa", "create", "--qr", str(picture), "--output", "json").stdout)
    serial = created["serial_number"]
    app = authenticator.scan(picture)
    assert (app.issuer, app.name) == ("Amazon Web Services", f"frank@{aws.cast['account']}"), app.name
    sandbox.plant(app.secret)

    def codes(*steps):
        """By AWS's clock, which other mornings have moved."""
        now = int(time.time()) + json.loads(aws.ask("clock"))["offset"]
        made = [app.at(now + STEP * step) for step in steps]
        sandbox.plant(*made)
        return made

    first, second = codes(-1, 0)
    sandbox.awsmfa("mfa", "setup", "--yes", "--code1", first, "--code2", second)
    assert sandbox.aws("configure", "get", "mfa_serial").strip() == serial
    sandbox.awsmfa(*codes(1))
    assert devices(sandbox, "--profile", "default-mfa") == [serial] == ours(sandbox)

    aws.ask("clock", advance=3 * STEP)
    first, second = codes(-1, 0)
    sandbox.awsmfa("mfa", "resync", "--code1", first, "--code2", second)

    sandbox.awsmfa("mfa", "deactivate", exit_codes=(NOT_ENOUGH,))
    assert ours(sandbox) == [serial]
    sandbox.awsmfa("mfa", "delete", "--deactivate", "--force", "--token-code", *codes(1))
    assert devices(sandbox, "--profile", "default-mfa") == [] == ours(sandbox)


def a_life_of_a_device_on_moto(sandbox, account, url):
    """With `mfa_process`, so that nobody has to be there."""
    iam = boto3.client(
        "iam",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id=account.key_id,
        aws_secret_access_key=account.secret,
    )
    iam.create_user(UserName="newcomer")
    key = iam.create_access_key(UserName="newcomer")["AccessKey"]
    sandbox.plant(key["SecretAccessKey"])
    sandbox.credentials.write_text(section(key["AccessKeyId"], key["SecretAccessKey"]))
    picture = sandbox.home / "aws.png"
    app = Path(authenticator.__file__)
    sandbox.config.write_text(f"[default]\nmfa_process = '{sys.executable}' '{app}' '{picture}'\n")
    there = ("--endpoint-url", url)
    theirs, named = ("--user-name", "newcomer", *there), ("--user", "newcomer", *there)

    done = sandbox.awsmfa(
        *("mfa", "setup", "--yes", "--no-login", "--qr", str(picture), "--output", "json", *there),
        PATH=os.environ["PATH"],
    )
    sandbox.plant(authenticator.scan(picture).secret)
    serial = json.loads(done.stdout)["serial_number"]
    assert sandbox.aws("configure", "get", "mfa_serial").strip() == serial
    assert devices(sandbox, *theirs) == [serial] == ours(sandbox, *named)
    assert serial in ours(sandbox, "--all", *there)

    sandbox.awsmfa("mfa", "deactivate", "--force", *there)
    assert devices(sandbox, *theirs) == [] == ours(sandbox, *named)
    waiting = ("list-virtual-mfa-devices", "--assignment-status", "Unassigned")
    assert serials(sandbox, "VirtualMFADevices", *waiting, *there) == [serial]
    sandbox.awsmfa("mfa", "delete", *there)
    assert serials(sandbox, "VirtualMFADevices", *waiting, *there) == []
    iam.delete_access_key(UserName="newcomer", AccessKeyId=key["AccessKeyId"])
    iam.delete_user(UserName="newcomer")


def devices(sandbox, *arguments):
    """The user's devices, as the AWS CLI has them."""
    return serials(sandbox, "MFADevices", "list-mfa-devices", *arguments)


def serials(sandbox, kind, *arguments):
    listed = json.loads(sandbox.aws("iam", *arguments, "--output", "json"))
    return [device["SerialNumber"] for device in listed[kind]]


def ours(sandbox, *arguments):
    listed = json.loads(sandbox.awsmfa("mfa", "list", *arguments, "--output", "json").stdout)
    return [device["serial_number"] for device in listed]


def section(key_id, secret):
    return f"[default]\naws_access_key_id = {key_id}\naws_secret_access_key = {secret}\n"
