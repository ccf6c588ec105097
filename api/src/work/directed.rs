//! What a machine is answered whenever it speaks of a unit that it has.

use dispatch::{Desired, Directions};
use domain::work::LEASE;
use serde::Serialize;
use utoipa::ToSchema;

/// What a machine is to do with a unit
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum DesiredOfTask {
    /// Go on
    Run,
    /// Save, report the checkpoint, release it because it is paused
    Pause,
    /// Save, report the checkpoint, release it because it is cancelled
    Cancel,
}

/// What a machine hears when it speaks of a unit
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct Directed {
    desired: DesiredOfTask,
    /// From now on, for as long as nothing is heard
    #[schema(example = 20)]
    lease_seconds: i64,
    /// How many trained seconds this lease may cost in all
    #[schema(example = 812)]
    seconds_max: u64,
}

impl From<Directions> for Directed {
    fn from(directions: Directions) -> Self {
        Self {
            desired: match directions.desired {
                Desired::Run => DesiredOfTask::Run,
                Desired::Pause => DesiredOfTask::Pause,
                Desired::Cancel => DesiredOfTask::Cancel,
            },
            lease_seconds: LEASE.num_seconds(),
            seconds_max: directions.seconds_max,
        }
    }
}
