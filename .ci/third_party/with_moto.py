"""The wire protocol, against an AWS that nobody here wrote: GetSessionToken and AssumeRole through
the binary, then the AWS CLI with the section.

moto checks neither signatures nor codes, and hands out a session key that begins with AKIA; what
it does check is that the requests are requests and that we understand its answers.
"""

import json

import boto3

CODE = "314159"


class Account:
    """A user with a key and a device, and a role, made through moto's own IAM."""

    def __init__(self, url):
        anybody = {
            "endpoint_url": url,
            "region_name": "us-east-1",
            "aws_access_key_id": "AKIAIOSFODNN7EXAMPLE",
            "aws_secret_access_key": "anything",
        }
        iam = boto3.client("iam", **anybody)
        self.user = iam.create_user(UserName="alice")["User"]["Arn"]
        key = iam.create_access_key(UserName="alice")["AccessKey"]
        self.key_id, self.secret = key["AccessKeyId"], key["SecretAccessKey"]
        device = iam.create_virtual_mfa_device(VirtualMFADeviceName="alice")["VirtualMFADevice"]
        self.serial = device["SerialNumber"]
        iam.enable_mfa_device(
            UserName="alice",
            SerialNumber=self.serial,
            AuthenticationCode1="123456",
            AuthenticationCode2="654321",
        )
        trust = {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"AWS": self.user},
                    "Action": "sts:AssumeRole",
                    "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
                }
            ],
        }
        role = iam.create_role(RoleName="Admin", AssumeRolePolicyDocument=json.dumps(trust))
        self.role = role["Role"]["Arn"]

    def credentials(self, section):
        return (
            f"[{section}]\n"
            f"aws_access_key_id = {self.key_id}\n"
            f"aws_secret_access_key = {self.secret}\n"
        )


def a_session_and_a_role(sandbox, account, url):
    sandbox.plant(account.secret, CODE)
    sandbox.credentials.write_text(account.credentials("default"))
    # moto lists no devices without a user's name, so this one is guessed.
    sandbox.awsmfa("--token-code", CODE, "--endpoint-url", url)
    assert f"awsmfa_mfa_serial = {account.serial}\n" in sandbox.credentials.read_text()
    sandbox.config.write_text(
        f"[default]\n"
        f"mfa_serial = {account.serial}\n"
        f"[profile admin]\n"
        f"role_arn = {account.role}\n"
        f"source_profile = default\n"
        f"role_session_name = third-party\n"
    )

    sandbox.awsmfa("--token-code", CODE, "--endpoint-url", url)
    sandbox.awsmfa("--token-code", CODE, "--endpoint-url", url, "--profile", "admin")
    # Once more: sections of ours are there, and are renewed. moto's session keys begin like
    # long-term ones.
    sandbox.awsmfa("--token-code", CODE, "--endpoint-url", url)
    sandbox.awsmfa("--token-code", CODE, "--endpoint-url", url, "--profile", "admin")

    for section, who in (("default-mfa", ":user/"), ("admin-mfa", ":assumed-role/Admin/third-party")):
        identity = sandbox.aws(
            *("sts", "get-caller-identity", "--output", "json"),
            *("--profile", section, "--endpoint-url", url),
        )
        assert who in json.loads(identity)["Arn"], identity
