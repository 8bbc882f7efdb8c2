"""`awsmfa handson` against an IAM that nobody here wrote: put up, looked at by boto3, signed in with,
listed, taken down.

moto checks no codes, so any two do; the seed goes to a command, and another makes the codes.
"""

import json

import boto3

USER = "handson-cli-usr"
ROLE = "Myhandson-cli-role"

# The code of a seed in an otpauth:// address, made here and not by awsmfa.
CODES = """
import base64, hashlib, hmac, struct, sys, time, urllib.parse
address = urllib.parse.urlparse(open("seed").read().strip())
seed = urllib.parse.parse_qs(address.query)["secret"][0]
key = base64.b32decode(seed + "=" * (-len(seed) % 8))
digest = hmac.digest(key, struct.pack(">Q", int(time.time()) // 30), hashlib.sha1)
offset = digest[19] & 15
number = struct.unpack(">I", digest[offset:offset + 4])[0] & 0x7FFFFFFF
print(f"{number % 1_000_000:06}")
"""


def a_hands_on_user_is_put_up_and_taken_down(sandbox, account, url):
    sandbox.plant(account.secret)
    sandbox.credentials.write_text(account.credentials("default"))
    before = sandbox.credentials.read_text()
    iam = boto3.client(
        "iam",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id=account.key_id,
        aws_secret_access_key=account.secret,
    )
    allow = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    policy = iam.create_policy(PolicyName="Everything", PolicyDocument=document)["Policy"]["Arn"]
    script = sandbox.home / "code.py"
    script.write_text(CODES.replace('"seed"', repr(str(sandbox.home / "seed"))))
    up = sandbox.awsmfa(
        *("handson", "up", "--user", USER, "--role", ROLE, "--policy-arn", policy),
        *("--expires", "8h", "--endpoint-url", url, "--yes", "--output", "json"),
        *("--seed-command", f"cat >{sandbox.home}/seed"),
        *("--mfa-process", f"python3 {script}"),
    )
    report = json.loads(up.stdout)
    user = iam.get_user(UserName=USER)["User"]
    assert user["Arn"] == report["user_arn"]
    tags = {tag["Key"]: tag["Value"] for tag in iam.list_user_tags(UserName=USER)["Tags"]}
    assert tags["awsmfa:handson"] == ROLE and tags["awsmfa:expires"] == report["expires"]
    keys = iam.list_access_keys(UserName=USER)["AccessKeyMetadata"]
    assert [key["AccessKeyId"] for key in keys] == [report["access_key_id"]]
    assert tags["awsmfa:access-key"] == report["access_key_id"]
    role = iam.get_role(RoleName=ROLE)["Role"]
    statement = role["AssumeRolePolicyDocument"]["Statement"][0]
    assert statement["Principal"] == {"AWS": user["Arn"]}
    assert statement["Condition"] == {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    attached = iam.list_attached_role_policies(RoleName=ROLE)["AttachedPolicies"]
    assert [one["PolicyArn"] for one in attached] == [policy]
    devices = iam.list_mfa_devices(UserName=USER)["MFADevices"]
    assert [device["SerialNumber"] for device in devices] == [report["serial_number"]]

    # The profiles that were written are what boto3 reads, and what a code signs in to.
    with sandbox.boto3() as session:
        assert {USER, ROLE} <= set(session.available_profiles)
    sandbox.awsmfa("-p", ROLE, "--token-code", "314159", "--endpoint-url", url)
    sandbox.plant("314159")
    identity = sandbox.aws(
        *("sts", "get-caller-identity", "--output", "json"),
        *("--profile", "session-token", "--endpoint-url", url),
    )
    assert f":assumed-role/{ROLE}/" in json.loads(identity)["Arn"], identity

    listed = sandbox.awsmfa("handson", "list", "--endpoint-url", url, "--output", "json")
    assert [row["user"] for row in json.loads(listed.stdout)] == [USER]
    sandbox.awsmfa("handson", "down", "--user", USER, "--yes", "--endpoint-url", url)
    assert USER not in [user["UserName"] for user in iam.list_users()["Users"]]
    assert ROLE not in [role["RoleName"] for role in iam.list_roles()["Roles"]]
    assert iam.list_virtual_mfa_devices(AssignmentStatus="Unassigned")["VirtualMFADevices"] == []
    assert sandbox.credentials.read_text() == before
    assert sandbox.config.read_text().strip() == ""
