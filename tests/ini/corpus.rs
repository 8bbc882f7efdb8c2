//! Files as people have them: written by hand, by tools, by three tools in turn, and broken by
//! editors. None of the keys is real.

use awsmfa::ini::Flavor::{self, Config, Credentials};

pub(crate) struct Sample {
    pub(crate) name: &'static str,
    pub(crate) flavor: Flavor,
    pub(crate) bytes: &'static [u8],
}

const fn credentials(name: &'static str, bytes: &'static [u8]) -> Sample {
    Sample {
        name,
        flavor: Credentials,
        bytes,
    }
}

const fn config(name: &'static str, bytes: &'static [u8]) -> Sample {
    Sample {
        name,
        flavor: Config,
        bytes,
    }
}

pub(crate) const SAMPLES: &[Sample] = &[
    credentials("empty", b""),
    credentials("one newline", b"\n"),
    credentials("comment only", b"# managed by hand, do not touch\n"),
    credentials("as `aws configure` writes it", b"[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n"),
    credentials("no spaces around the equals sign", b"[default]\naws_access_key_id=AKIAIOSFODNN7EXAMPLE\naws_secret_access_key=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n"),
    credentials("no final newline", b"[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
    credentials("CRLF", b"[default]\r\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\r\naws_secret_access_key = abc/def\r\n\r\n[dev]\r\naws_access_key_id = AKIAI44QH8DHBEXAMPLE\r\naws_secret_access_key = ghi/jkl\r\n"),
    credentials("CRLF without final newline", b"[default]\r\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\r\naws_secret_access_key = abc/def"),
    credentials("a CRLF file an LF tool appended to", b"[default]\r\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\r\n\n[dev]\naws_access_key_id = AKIAI44QH8DHBEXAMPLE\n"),
    credentials("byte order mark", b"\xEF\xBB\xBF[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n"),
    credentials("byte order mark and CRLF, from Notepad", b"\xEF\xBB\xBF[default]\r\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\r\n"),
    credentials("old Mac line ends", b"[default]\raws_access_key_id = AKIAIOSFODNN7EXAMPLE\raws_secret_access_key = abc\r"),
    credentials("one lone carriage return", b"[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\raws_secret_access_key = abc\n"),
    credentials("line ends doubled by a bad conversion", b"[default]\r\r\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\r\r\n"),
    credentials("several blank lines everywhere", b"\n\n[default]\n\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n\n\naws_secret_access_key = abc\n\n\n\n[dev]\n\n"),
    credentials("blank lines of spaces", b"[default]\n   \naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n\t\n[dev]\nx = 1\n  "),
    credentials("comments of both kinds", b"# team account\n; rotated 2026-01-01\n[default]\n# the key\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n;aws_access_key_id = AKIAOLDOLDOLDOLDOLD1\naws_secret_access_key = abc\n\n# production: careful\n[prod]\nx = 1\n"),
    credentials("inline comments", b"[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE # alice\naws_secret_access_key = abc#def;ghi ; old\n"),
    credentials("comments behind headers", b"[default] # main\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n[dev]; second\nx = 1\n[ops] # see [dev]\ny = 1\n"),
    credentials("indented comments", b"[default]\n  # first\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n  # second\naws_secret_access_key = abc\n"),
    credentials("aligned by hand", b"[default]\naws_access_key_id      = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key  = abc\naws_session_token      = def  \n"),
    credentials("tabs", b"[default]\naws_access_key_id\t=\tAKIAIOSFODNN7EXAMPLE\naws_secret_access_key\t= abc\t\n"),
    credentials("indented keys", b"[default]\n  aws_access_key_id = AKIAIOSFODNN7EXAMPLE\n  aws_secret_access_key = abc\n\n[dev]\n  x = 1\n"),
    credentials("everything indented", b"  [default]\n    aws_access_key_id = AKIAIOSFODNN7EXAMPLE\n  [dev]\n    x = 1\n"),
    credentials("upper-case keys", b"[default]\nAWS_ACCESS_KEY_ID = AKIAIOSFODNN7EXAMPLE\nAWS_SECRET_ACCESS_KEY = abc\n"),
    credentials("colons", b"[default]\naws_access_key_id: AKIAIOSFODNN7EXAMPLE\naws_secret_access_key : abc=def\n"),
    credentials("the same section twice", b"[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n[dev]\nx = 1\n[default]\naws_secret_access_key = abc\n"),
    credentials("the same key twice", b"[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = abc\naws_access_key_id = AKIAI44QH8DHBEXAMPLE\n"),
    credentials("the same key in two cases", b"[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\nAWS_ACCESS_KEY_ID = AKIAI44QH8DHBEXAMPLE\n"),
    credentials("headers with inner space", b"[ default ]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n[ dev]\nx = 1\n"),
    credentials("a header with and without inner space", b"[dev]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n[ dev ]\naws_access_key_id = AKIAI44QH8DHBEXAMPLE\n"),
    credentials("names with spaces and quotes", b"[my prof]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n[\"other prof\"]\nx = 1\n"),
    credentials("a name in Japanese", "[開発]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n# 本番用、注意\n[prod]\nx = 1\n".as_bytes()),
    credentials("a comment in Shift_JIS", b"# \x96\x7b\x94\xd4\n[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n"),
    credentials("a value in Latin-1", b"[dev]\nowner = Ren\xe9\n\n[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n"),
    credentials("full-width spaces", "[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\u{3000}\n\u{3000}aws_secret_access_key = abc\n".as_bytes()),
    credentials("aws-mfa", b"[work-long-term]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = abc\naws_mfa_device = arn:aws:iam::123456789012:mfa/alice\n\n[work]\nassumed_role = False\naws_access_key_id = ASIAIOSFODNN7EXAMPLE\naws_secret_access_key = def\naws_session_token = ghi==\naws_security_token = ghi==\nexpiration = 2026-01-01 09:00:00\n\n"),
    credentials("saml2aws", b"[saml]\naws_access_key_id        = ASIAIOSFODNN7EXAMPLE\naws_secret_access_key    = abc\naws_session_token        = def\naws_security_token       = def\nx_principal_arn          = arn:aws:sts::123456789012:assumed-role/Admin/alice\nx_security_token_expires = 2026-01-01T09:00:00+09:00\n"),
    credentials("a section of ours", b"[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = abc\n\n[default-mfa]\naws_access_key_id = ASIAIOSFODNN7EXAMPLE\naws_secret_access_key = def\naws_session_token = ghi\nexpiration = 2026-11-21T21:04:00Z\nawsmfa_source = default\n"),
    credentials("empty sections", b"[default]\n[dev]\n[prod]\n"),
    credentials("a token folded over lines", b"[default]\naws_session_token = abc\n  def\n  ghi\naws_access_key_id = ASIAIOSFODNN7EXAMPLE\n"),
    credentials("a value after a blank line", b"[default]\naws_session_token = abc\n\n  def\n"),
    credentials("a trailing backslash", b"[default]\ndescription = C:\\dir\\\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n"),
    credentials("a junk line elsewhere", b"[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n\n[notes]\nthis is not a setting\n[after]\nx = 1\n"),
    credentials("merge conflict marks", b"[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n[dev]\n<<<<<<< HEAD\nx = 1\n=======\nx = 2\n>>>>>>> other\n[prod]\ny = 1\n"),
    credentials("keys before any section", b"aws_access_key_id = AKIAIOSFODNN7EXAMPLE\n[default]\nx = 1\n"),
    credentials("an unclosed header elsewhere", b"[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n[ops]\nx = 1\n[dev\ny = 1\n"),
    credentials("a section for the config file", b"[profile dev]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n[dev]\naws_access_key_id = AKIAI44QH8DHBEXAMPLE\n"),
    credentials("defaults for all", b"[DEFAULT]\nregion = eu-west-1\n[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n"),
    credentials("a form feed and a Ctrl-Z", b"[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n\x0c\n[dev]\nx = 1\n\x1a"),
    config("as `aws configure` writes it", b"[default]\nregion = ap-northeast-1\noutput = json\n[profile dev]\nregion = us-east-1\n"),
    config("role profiles", b"[default]\nregion = ap-northeast-1\n\n[profile admin]\nrole_arn = arn:aws:iam::123456789012:role/Admin\nsource_profile = default\nmfa_serial = arn:aws:iam::123456789012:mfa/alice\nduration_seconds = 3600\n"),
    config("nested s3 block", b"[default]\nregion = eu-west-1\ns3 =\n  max_concurrent_requests = 20\n  region = us-east-1\n  addressing_style = path\noutput = json\n"),
    config("nested block last, no final newline", b"[profile dev]\ns3 =\n    signature_version = s3v4"),
    config("nested block with comments", b"[default]\ns3 =\n  # tuned 2026\n  max_queue_size = 10000\n  ; and so on\n  multipart_threshold = 64MB\nregion = eu-west-1\n"),
    config("services and sso-session", b"[profile dev]\nservices = local\nsso_session = corp\n[services local]\nsts =\n  endpoint_url = http://127.0.0.1:4566\niam =\n  endpoint_url = http://127.0.0.1:4566\n[sso-session corp]\nsso_region = eu-west-1\nsso_start_url = https://example.awsapps.com/start\n"),
    config("quoted names", b"[profile \"my prof\"]\nregion = eu-west-1\n[profile 'other prof']\nregion = us-east-1\n"),
    config("both kinds of default", b"[default]\nregion = eu-west-1\n[profile default]\nregion = us-east-1\n"),
    config("both kinds of default, the other way round", b"[profile default]\nregion = eu-west-1\n[default]\nregion = us-east-1\n"),
    config("profiles without the word profile", b"[default]\nregion = eu-west-1\n[dev]\nregion = us-east-1\n[profile  wide]\nx = 1\n"),
    config("plugins and preview", b"[plugins]\nendpoint = awscli_plugin_endpoint\n[preview]\ncloudfront = true\n[default]\nregion = eu-west-1\n"),
    config("a command with a hash", b"[profile dev]\ncredential_process = /opt/bin/get --tag=#1 --user \"alice b\"\nmfa_process = op item get AWS --otp ; not logged\n"),
];
