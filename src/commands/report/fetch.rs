//! Having the report made, and waiting until it is there.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::aws::{IamSituation, Making, Report, Situation};
use crate::failure::{Failure, Kind, Result};
use crate::signin::{About, Operator};
use crate::ui::{Ui, in_words};

/// Between two questions whether the report is there: this at first, then twice as long each time.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Has the report made and fetches it.
/// # Errors
///
/// [`Kind::Aws`] if AWS does not complete it within `limit`; what AWS or the network says.
pub(super) async fn fetch(operator: &Operator<'_>, ui: &Ui, limit: Duration) -> Result<Report> {
    let _working = ui.working("waiting for AWS to make the report");
    let explain = |obstacle| operator.explain(obstacle, About::default());
    let start = Instant::now();
    let mut pause = FIRST_PAUSE;
    loop {
        let making = operator.call(async |aws, key| aws.generate_credential_report(key).await);
        if making.await.map_err(explain)? == Making::Complete {
            let report = operator.call(async |aws, key| aws.credential_report(key).await);
            match report.await {
                // It expired, or was begun anew, between the two questions.
                Err(obstacle) if is_not_there(obstacle.situation()) => {}
                outcome => return outcome.map_err(explain),
            }
        }
        if start.elapsed() + pause > limit {
            return Err(never_there(limit));
        }
        sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

fn is_not_there(situation: Option<&Situation>) -> bool {
    use IamSituation::{ReportExpired, ReportInProgress, ReportMissing};
    matches!(
        situation,
        Some(Situation::Iam(
            ReportExpired | ReportInProgress | ReportMissing
        ))
    )
}

fn never_there(limit: Duration) -> Failure {
    Failure::new(
        Kind::Aws,
        format!(
            "AWS has not completed the report within {}",
            in_words(limit)
        ),
    )
    .next("run the same again later: AWS goes on making it, and it is then there at once")
    .next("or wait for longer with `--wait`")
}
