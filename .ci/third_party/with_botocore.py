"""botocore as an independent reader of files that we edited.

Every file of the editor's corpus becomes the credentials file of a sign-in to a role, once for new
sections and once for each section that is there. What botocore could read before, it must read the
same after, and the new sections as they were written; every original byte must still be there. Files that
botocore refuses (it reads no BOM and no duplicates) are held to the bytes alone.
"""

import ast
import contextlib
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
SESSION = "keys-mfa"  # with which the role is assumed
REFUSALS = (2, 3, 7)  # usage (a name no tool reads), configuration, file
OURS = {
    "aws_access_key_id",
    "aws_secret_access_key",
    "aws_session_token",
    "expiration",
    "awsmfa_source",
}
# What other tools wrote about the credentials that are replaced; it would be wrong beside ours.
STALE = {"aws_security_token", "x_security_token_expires"}


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


def every_file_gets_a_new_section(sandbox, account, url):
    configure(sandbox, account)
    samples = corpus()
    agreed, refused = 0, 0
    for name, before in samples:
        with context(name):
            understood = put(sandbox, before)
            if not sign_in(sandbox, url):
                refused += 1
                continue
            first = read_back(sandbox, before, understood)
            # A second time: the section is renewed in place.
            assert sign_in(sandbox, url)
            second = read_back(sandbox, before, understood)
            assert understood is None or first["aws_session_token"] != second["aws_session_token"]
            agreed += understood is not None
    print(f"    {len(samples)} files: botocore agrees about {agreed}, {refused} left alone")
    assert agreed >= len(samples) // 2


def every_section_is_written_to(sandbox, account, url):
    """Into each section that botocore sees, where `awsmfa` agrees to: its other keys stay."""
    configure(sandbox, account)
    written, refused = 0, 0
    for name, before in corpus():
        sections = put(sandbox, before)
        for section in sections or ():
            with context(f"{name}, [{section}]"):
                put(sandbox, before)
                if not sign_in(sandbox, url, "--yes", "--to", section):
                    refused += 1
                    continue
                written += 1
                after = botocore_reads(sandbox.credentials)
                assert_others_read_the_same(sections, after, section)
                assert_written(after[section])
                assert foreign(after[section]) == foreign(sections[section]), "foreign keys"
                assert_foreign_lines_kept(before, sandbox.credentials.read_bytes())
    print(f"    {written} sections written, {refused} refused")
    assert written >= 10 and refused >= 10


def configure(sandbox, account):
    sandbox.config.write_text(
        f"[profile keys]\n"
        f"aws_access_key_id = {account.key_id}\n"
        f"aws_secret_access_key = {account.secret}\n"
        f"[profile third-party]\n"
        f"role_arn = {account.role}\n"
        f"source_profile = keys\n"
        f"mfa_serial = {account.serial}\n"
    )


def put(sandbox, content):
    """Makes this the credentials file; returns it as botocore reads it."""
    sandbox.credentials.write_bytes(content)
    sandbox.credentials.chmod(0o600)
    return botocore_reads(sandbox.credentials)


def sign_in(sandbox, url, *arguments):
    """True when the section was written; a refusal must have left the file as it was."""
    before = sandbox.credentials.read_bytes()
    done = sandbox.awsmfa(
        *("--token-code", CODE, "--endpoint-url", url, "--profile", "third-party", *arguments),
        exit_codes=(0, *REFUSALS),
    )
    if done.returncode in REFUSALS:
        assert sandbox.credentials.read_bytes() == before, "refused, and yet the file changed"
    return done.returncode == 0


def read_back(sandbox, before, understood):
    """Holds the file against what it was; returns the new section where botocore reads it."""
    assert_only_inserted(before, sandbox.credentials.read_bytes())
    if understood is None:
        return None
    after = botocore_reads(sandbox.credentials)
    assert_others_read_the_same(understood, after, SECTION)
    assert_written(after[SECTION])
    # moto's sessions have the key of the documentation's example.
    assert OURS <= set(after[SESSION]), f"keys: {sorted(after[SESSION])}"
    return after[SECTION]


def assert_only_inserted(before, after):
    """`after` is `before` with something added in one place."""
    assert len(after) > len(before)
    kept = len(os.path.commonprefix([before, after]))
    assert after.endswith(before[kept:]), f"the original bytes change at offset {kept}"


def assert_others_read_the_same(before, after, section):
    assert after is not None, "botocore could read the file before and cannot now"
    ours = {section, SESSION}
    assert without(after, ours) == without(before, ours), "another section reads differently"


def assert_written(section):
    assert OURS <= set(section), f"keys: {sorted(section)}"
    assert section["aws_access_key_id"].startswith("ASIA")


def assert_foreign_lines_kept(before, after):
    """Every line that assigns none of our keys is still there, in the old order. A value that was
    folded over several lines goes as a whole, with the blank lines inside it."""
    left = iter(after.splitlines())
    replaced = False
    for line in filter(None, before.splitlines()):
        key = re.split(rb"[=:]", line)[0].strip().decode(errors="replace")
        replaced = (replaced and line[:1].isspace()) or is_ours(key)
        assert replaced or line in left, "a line is gone"


def foreign(section):
    return {key: value for key, value in section.items() if not is_ours(key)}


def is_ours(key):
    return key.lower() in OURS | STALE or key.lower().startswith("awsmfa_")


def without(sections, names):
    return {name: keys for name, keys in sections.items() if name not in names}


@contextlib.contextmanager
def context(name):
    try:
        yield
    except AssertionError as failure:
        raise AssertionError(f"{name}: {failure}") from failure
