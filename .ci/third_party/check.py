"""Third parties read and accept what `awsmfa` wrote. Run by .ci/run, in its virtual environment:

    .ci/venv/bin/python .ci/third_party/check.py

Needs `cargo build --bin awsmfa --example local_aws --example rust_sdk` first, and `npm ci` in
`javascript`. Plain asserts; the first that fails ends it with a traceback.
"""

import itertools
import tempfile
import time
from pathlib import Path

import devices
import handson
import keys
import passwords
import wired
import with_botocore
import with_local_aws
import with_moto
import with_sdks
from sandbox import AWSMFA, LOCAL_AWS, Sandbox, assert_nothing_leaked
from servers import local_aws, moto


def main():
    for needed in (AWSMFA, LOCAL_AWS, with_sdks.RUST):
        assert needed.exists(), f"{needed} is not built"
    with tempfile.TemporaryDirectory(prefix="awsmfa-third-party-") as directory:
        homes = (Path(directory) / f"home-{number}" for number in itertools.count())
        for tls in (False, True):
            check_local_aws(Path(directory), homes, tls)
        check_moto(homes)
    assert_nothing_leaked()
    print("  no secret and no code was printed")


def check_local_aws(directory, homes, tls):
    title("AWS's own tools and SDKs against the local AWS", "HTTPS" if tls else "HTTP")
    mornings = [*with_local_aws.MORNINGS, *with_sdks.WAYS, wired.wired_profiles_need_no_code]
    # With the codes that are spent a server's clock moves on, and nobody may sign five minutes
    # beside it.
    for checks in (mornings, [devices.a_life_of_a_device]):
        with local_aws(directory, tls) as aws:
            environment = {"AWS_ENDPOINT_URL": aws.endpoint}
            if tls:
                environment["AWS_CA_BUNDLE"] = aws.authority
            for check in checks:
                step(check, Sandbox(next(homes), **environment), aws)
            with_local_aws.assert_all_requests_were_correct(aws)


def check_moto(homes):
    title("moto for the wire, botocore as a reader")
    with moto() as url:
        account = with_moto.Account(url)
        step(with_moto.a_session_and_a_role, Sandbox(next(homes)), account, url)
        step(devices.a_life_of_a_device_on_moto, Sandbox(next(homes)), account, url)
        step(passwords.passwords_and_the_report, Sandbox(next(homes)), account, url)
        step(handson.a_hands_on_user_is_put_up_and_taken_down, Sandbox(next(homes)), account, url)
        step(keys.a_life_of_keys, Sandbox(next(homes)), account, url)
        step(with_botocore.every_file_gets_a_new_section, Sandbox(next(homes)), account, url)
        step(with_botocore.every_section_is_written_to, Sandbox(next(homes)), account, url)


def title(*words):
    print(f"  {', '.join(words)}", flush=True)


def step(check, *arguments):
    start = time.monotonic()
    check(*arguments)
    name = check.__name__.replace("_", " ")
    print(f"    {name} ({time.monotonic() - start:.1f} s)", flush=True)


if __name__ == "__main__":
    main()
