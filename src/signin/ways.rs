//! How profiles reach AWS: those that do so alike share connections and what is known of the clock.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::Duration;

use crate::arn::Arn;
use crate::aws::{Aws, Settings, Trace};
use crate::context::Context;
use crate::failure::Result;
use crate::profile::Plan;
use crate::ui::Ui;

/// The ways that were opened in this run.
pub(super) struct Ways {
    budget: Duration,
    trace: Trace,
    open: RefCell<Vec<(Settings, Arc<Aws>)>>,
}

impl Ways {
    /// No call on any of them takes longer than `budget`.
    pub(super) fn new(ui: &Ui, budget: Duration) -> Self {
        let voice = ui.clone();
        Self {
            budget,
            trace: Arc::new(move |line: &str| voice.trace(line)),
            open: RefCell::default(),
        }
    }

    /// How long a call, or a command, may take.
    pub(super) fn budget(&self) -> Duration {
        self.budget
    }

    /// The way of this plan.
    ///
    /// # Errors
    ///
    /// As for [`Aws::new`].
    pub(super) fn of(&self, context: &Context, plan: &Plan) -> Result<Arc<Aws>> {
        let settings = settings(plan, self.budget);
        let mut open = self.open.borrow_mut();
        if let Some((_, aws)) = open.iter().find(|(known, _)| *known == settings) {
            return Ok(Arc::clone(aws));
        }
        let aws = Arc::new(Aws::new(
            context,
            settings.clone(),
            Arc::clone(&self.trace),
        )?);
        open.push((settings, Arc::clone(&aws)));
        Ok(aws)
    }
}

/// How AWS is reached for a plan. Where no region says otherwise, the partition of what is named
/// decides which AWS is meant.
pub fn settings(plan: &Plan, budget: Duration) -> Settings {
    let named = plan
        .roles
        .iter()
        .map(|role| role.arn.as_str())
        .chain(plan.serial.iter().map(|serial| serial.value.as_str()));
    Settings {
        region: plan.region.as_ref().map(|region| region.value.clone()),
        partition: named
            .filter_map(Arn::parse)
            .map(|arn| arn.partition.to_owned())
            .next(),
        sts_endpoint: plan.endpoints.sts.clone(),
        iam_endpoint: plan.endpoints.iam.clone(),
        fips: plan.endpoints.fips,
        dual_stack: plan.endpoints.dual_stack,
        ca_bundle: plan.endpoints.ca_bundle.clone(),
        budget,
    }
}
