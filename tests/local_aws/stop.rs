//! Stopping the world at a request, so that a test can kill a client exactly before or after the
//! request is carried out.
//!
//! While a stop holds, every request that arrives waits with it and shares its fate. The test
//! looks at the state through [`super::LocalAws`], which no stop holds, and then lets the requests
//! go on or has them never happen.

use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

use super::fault::When;

/// Every stop that is ordered or holding.
#[derive(Debug, Default)]
pub struct Stops {
    ordered: Mutex<Vec<Order>>,
    holding: Mutex<Option<Arc<Point>>>,
}

#[derive(Debug)]
struct Order {
    operation: String,
    skip: u32,
    when: When,
    point: Arc<Point>,
}

#[derive(Debug, Default)]
struct Point {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Ordered,
    /// The operation that stands there.
    Holding(String),
    Over(Fate),
}

/// What becomes of a request that was held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It goes on as if nothing had been.
    Released,
    /// Its connection is closed: not carried out if it stood before that, without a reply if after.
    Abandoned,
}

/// Where one request has to stop, if it has to.
#[derive(Debug)]
pub struct Held {
    pub when: When,
    point: Arc<Point>,
}

impl Stops {
    pub fn order(self: &Arc<Self>, operation: &str, skip: u32, when: When) -> Stop {
        let point = Arc::<Point>::default();
        self.ordered().push(Order {
            operation: operation.to_owned(),
            skip,
            when,
            point: Arc::clone(&point),
        });
        Stop {
            stops: Arc::clone(self),
            point,
        }
    }

    /// What is due for a request of `operation`. To be asked once for each.
    pub fn due(&self, operation: &str) -> Option<Held> {
        if let Some(point) = self.holding.lock().expect("nobody panics here").clone() {
            let when = When::Before;
            return Some(Held { when, point });
        }
        let mut ordered = self.ordered();
        let mut due = None;
        ordered.retain_mut(|order| {
            let meant = order.operation == "*" || order.operation == operation;
            if due.is_some() || !meant {
                return true;
            }
            if order.skip > 0 {
                order.skip -= 1;
                return true;
            }
            due = Some(Held {
                when: order.when,
                point: Arc::clone(&order.point),
            });
            false
        });
        due
    }

    /// Waits for as long as the stop holds.
    pub fn hold(&self, held: &Held, operation: &str) -> Fate {
        let mut state = held.point.state();
        if *state == State::Ordered {
            *state = State::Holding(operation.to_owned());
            *self.holding.lock().expect("nobody panics here") = Some(Arc::clone(&held.point));
            held.point.changed.notify_all();
        }
        loop {
            if let State::Over(fate) = *state {
                return fate;
            }
            let changed = held.point.changed.wait(state);
            state = changed.expect("nobody panics here");
        }
    }

    fn ordered(&self) -> MutexGuard<'_, Vec<Order>> {
        self.ordered.lock().expect("nobody panics here")
    }
}

impl Point {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nobody panics here")
    }
}

/// A test's hand on a stop; dropping it releases what is held and withdraws the order.
#[derive(Debug)]
pub struct Stop {
    stops: Arc<Stops>,
    point: Arc<Point>,
}

impl Stop {
    /// The operation that stands there, or `None` as long as none has come by.
    pub fn reached(&self) -> Option<String> {
        match &*self.point.state() {
            State::Holding(operation) => Some(operation.clone()),
            State::Ordered | State::Over(_) => None,
        }
    }

    /// Waits for a request to stand there, at most for `patience`.
    pub fn wait(&self, patience: Duration) -> Option<String> {
        let ordered = |state: &mut State| *state == State::Ordered;
        let state = self.point.state();
        let waited = self
            .point
            .changed
            .wait_timeout_while(state, patience, ordered);
        drop(waited.expect("nobody panics here"));
        self.reached()
    }

    /// Lets everything go on.
    pub fn release(self) {
        self.end(Fate::Released);
    }

    /// Has what is held never happen, or its reply never arrive.
    pub fn abandon(self) {
        self.end(Fate::Abandoned);
    }

    fn end(&self, fate: Fate) {
        // The state first: a request that comes to stand here meanwhile finds it over.
        let mut state = self.point.state();
        if !matches!(*state, State::Over(_)) {
            *state = State::Over(fate);
        }
        drop(state);
        self.point.changed.notify_all();
        let mut holding = self.stops.holding.lock().expect("nobody panics here");
        holding.take_if(|point| Arc::ptr_eq(point, &self.point));
        drop(holding);
        let mut ordered = self.stops.ordered();
        ordered.retain(|order| !Arc::ptr_eq(&order.point, &self.point));
    }
}

impl Drop for Stop {
    fn drop(&mut self) {
        self.end(Fate::Released);
    }
}
