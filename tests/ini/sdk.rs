//! The Rust SDK's own parser as a reader that must agree with ours.

use aws_config::profile::ProfileSet;
use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use awsmfa::ini::Flavor;

/// `None`: the SDK refuses the file.
pub(crate) fn read(bytes: &[u8], flavor: Flavor) -> Option<ProfileSet> {
    let kind = match flavor {
        Flavor::Config => EnvConfigFileKind::Config,
        Flavor::Credentials => EnvConfigFileKind::Credentials,
    };
    let text = std::str::from_utf8(bytes).ok()?;
    let files = EnvConfigFiles::builder().with_contents(kind, text).build();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let (fs, env) = Default::default();
    runtime
        .block_on(aws_config::profile::load(&fs, &env, &files, None))
        .ok()
}
