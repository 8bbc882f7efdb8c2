//! What has just been done is not known to all of AWS yet, and is waited for.

use std::fmt::Display;

use crate::pauses::Pauses;
use crate::ui::Ui;

/// Waits a while for AWS to know `news` everywhere: `that device x is deactivated`. False once that
/// has been long enough.
pub(super) async fn pause(ui: &Ui, pauses: &mut Pauses, news: impl Display) -> bool {
    let noted = pauses.are_notable();
    let Some(pause) = pauses.next() else {
        return false;
    };
    if pauses.are_notable() && !noted {
        ui.note(&format!(
            "AWS does not know everywhere yet {news}; that takes some seconds"
        ));
    }
    let _working = ui.working(&format!("waiting until AWS knows {news}"));
    tokio::time::sleep(pause).await;
    true
}
