"""botocore as an independent reader of files that we edited.

Every file of the editor's corpus becomes the credentials file of a sign-in that adds a section.
What botocore could read before, it must read the same after, and the new section as it was written;
every original byte must still be there. Files that botocore refuses (it reads no BOM and no
duplicates) are held to the bytes alone.
"""

import ast
import os
import re

from botocore.configloader import raw_config_parse
from botocore.exceptions import ConfigNotFound, ConfigParseError

from sandbox import ROOT
from with_moto import CODE

CORPUS = ROOT / "tests" / "ini" / "corpus.rs"
# `credentials("name", b"…")` or `credentials("name", "…".as_bytes())`.
TEXT = r'"((?:[^"\\]|\\.)*)"'
SAMPLE = re.compile(rf"credentials\(\s*{TEXT},\s*(b?){TEXT}(?:\s*\.as_bytes\(\))?,?\s*\)", re.DOTALL)
SECTION = "third-party-mfa"
FILE_FAILURE = 7


def corpus():
    """Name and bytes of each credentials file that the editor's own tests use."""
    source = CORPUS.read_text(encoding="utf-8")
    samples = [(name, unescaped(prefix, text)) for name, prefix, text in SAMPLE.findall(source)]
    written = len(re.findall(r"^\s+credentials\($|^\s+credentials\(\"", source, re.MULTILINE))
    assert len(samples) == written >= 40, f"{len(samples)} of {written} samples understood"
    return samples


def unescaped(prefix, text):
    """A Rust literal's value. Its escapes are Python's, but for `\\u{…}`."""
    text = re.sub(r"\\u\{([0-9a-fA-F]+)\}", lambda match: f"\\U{match[1]:0>8}", text)
    value = ast.literal_eval(f'{prefix}"{text}"')
    return value if prefix else value.encode()


def botocore_reads(path):
    """The sections as botocore sees them, or None where it refuses the file."""
    try:
        return raw_config_parse(str(path))
    except (ConfigParseError, ConfigNotFound):
        return None


def assert_only_inserted(before, after):
    """`after` is `before` with something added in one place, and a line end where none was."""
    assert len(after) > len(before)
    kept = len(os.path.commonprefix([before, after]))
    rest = before[kept:]
    assert after.endswith(rest), f"the original bytes change at offset {kept}"


def every_file_of_the_corpus(sandbox, account, url):
    sandbox.config.write_text(
        f"[profile third-party]\n"
        f"aws_access_key_id = {account.key_id}\n"
        f"aws_secret_access_key = {account.secret}\n"
        f"mfa_serial = {account.serial}\n"
    )
    samples = corpus()
    read, refused = 0, 0
    for name, before in samples:
        sandbox.credentials.write_bytes(before)
        sandbox.credentials.chmod(0o600)
        understood = botocore_reads(sandbox.credentials)
        try:
            written = sign_in(sandbox, url, before)
            refused += not written
            if written and understood is not None:
                compare(understood, botocore_reads(sandbox.credentials))
                read += 1
        except AssertionError as failure:
            raise AssertionError(f"{name}: {failure}") from failure
    print(f"    {len(samples)} files: botocore agrees about {read}, {refused} left alone")
    assert read >= len(samples) // 2


def sign_in(sandbox, url, before):
    """True when the section was written; a refusal must have left the file as it was."""
    done = sandbox.awsmfa(
        *("--token-code", CODE, "--endpoint-url", url, "--profile", "third-party"),
        exit_codes=(0, FILE_FAILURE),
    )
    after = sandbox.credentials.read_bytes()
    if done.returncode == FILE_FAILURE:
        assert after == before, "refused, and yet the file changed"
        return False
    assert_only_inserted(before, after)
    return True


def compare(before, after):
    assert after is not None, "botocore could read the file before and cannot now"
    new = after.pop(SECTION)
    before.pop(SECTION, None)
    assert after == before, "botocore reads another section differently"
    assert set(new) >= {
        "aws_access_key_id",
        "aws_secret_access_key",
        "aws_session_token",
        "expiration",
        "awsmfa_source",
    }, f"keys: {sorted(new)}"
    assert new["awsmfa_source"] == "third-party"
