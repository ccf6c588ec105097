//! A machine at work: says that it is there, and does what it is given, a task for each slot.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rustix::fs::{FlockOperation, flock};
use serde_json::json;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::fetching::Cache;
use crate::hardware::Gauge;
use crate::identity::{Identity, private_folder};
use crate::isolation;
use crate::python::Python;
use crate::server::Server;
use crate::settings::Settings;
use crate::task::{Come, Folder, Kept, Machine, Orders, Wish, perform};
use crate::trouble::{OnDisk as _, Trouble};
use crate::wire::{
    Abilities, Assignment, DesiredOfMachine, Enrolled, Enrolment, MachineHeartbeat, MachineTold,
};

const BEAT_EVERY: Duration = Duration::from_secs(15);
const WAIT_SECONDS: u64 = 25;
const PAUSE: Duration = Duration::from_secs(2);

/// What a machine is, for its owner.
#[derive(Debug)]
pub struct Status {
    pub server: String,
    pub machine: String,
    pub name: String,
    pub is_running: bool,
    pub tasks: Vec<(String, Come)>,
}

/// Joins with a token, and keeps what the machine is known by.
pub async fn join(
    settings: Settings,
    server: &str,
    token: &str,
    name: &str,
) -> Result<Identity, Trouble> {
    let settings = settings.absolute()?;
    if let Some(known) = Identity::load(&settings.folder)? {
        return Err(Trouble::wrong(format!(
            "this machine has joined {} as {} already; remove {} to join anew",
            known.server,
            known.machine,
            settings.folder.display()
        )));
    }
    let server = Server::try_new(server, settings.authorities.as_deref())?;
    private_folder(&settings.folder)?;
    let (python, isolation) = probe(&settings).await?;
    let abilities = Abilities {
        hardware: Gauge::try_new(&settings.folder)?.hardware(),
        isolation,
        runtimes: python.runtimes,
    };
    let enrolment = Enrolment {
        token,
        name,
        abilities: &abilities,
        agent_version: env!("CARGO_PKG_VERSION"),
    };
    let enrolled: Enrolled = server.post("/v1/machines/enrol", &enrolment, None).await?;
    let identity = Identity {
        server: server.url().to_string(),
        machine: enrolled.machine,
        name: name.to_owned(),
        secret: enrolled.secret,
    };
    identity.save(&settings.folder)?;
    Ok(identity)
}

async fn probe(settings: &Settings) -> Result<(Python, Vec<crate::wire::Isolation>), Trouble> {
    let python = Python::probe(settings).await?;
    let isolation = isolation::probe(settings, &python).await;
    if isolation.is_empty() {
        return Err(Trouble::wrong(
            "none of the allowed isolations works here: see TRAINNET_AGENT_ISOLATION",
        ));
    }
    Ok((python, isolation))
}

/// What is known here of the machine, without asking anybody.
pub fn status(settings: Settings) -> Result<Option<Status>, Trouble> {
    let settings = settings.absolute()?;
    let Some(identity) = Identity::load(&settings.folder)? else {
        return Ok(None);
    };
    let tasks = Folder::all(&tasks(&settings.folder)).into_iter();
    let tasks = tasks
        .map(|(_, kept)| (kept.assignment.task, kept.come))
        .collect();
    Ok(Some(Status {
        server: identity.server,
        machine: identity.machine,
        name: identity.name,
        is_running: lock(&settings.folder)?.is_none(),
        tasks,
    }))
}

fn tasks(folder: &Path) -> PathBuf {
    folder.join("tasks")
}

/// Held while an agent works from a folder; none, where another one does.
fn lock(folder: &Path) -> Result<Option<File>, Trouble> {
    let path = folder.join("lock");
    let file = File::create(&path).on("cannot write", &path)?;
    Ok(flock(&file, FlockOperation::NonBlockingLockExclusive)
        .is_ok()
        .then_some(file))
}

/// Works until it is wished otherwise, or the server no longer knows the machine.
pub async fn run(settings: Settings, mut wishes: watch::Receiver<Wish>) -> Result<(), Trouble> {
    let settings = settings.absolute()?;
    let identity = Identity::load(&settings.folder)?;
    let identity = identity.ok_or_else(|| {
        Trouble::wrong("this machine has not joined: `trainnet agent join --token …`")
    })?;
    let held = lock(&settings.folder)?;
    let held = held.ok_or_else(|| Trouble::wrong("another agent works from this folder"))?;
    let server = Server::try_new(&identity.server, settings.authorities.as_deref())?
        .known_as(&identity.secret)?;
    let (python, isolation) = probe(&settings).await?;
    let cache = Cache::new(settings.folder.join("cache"), settings.cache_bytes_max);
    let machine = Machine {
        cache,
        server,
        python,
        isolation,
        settings: Arc::new(settings),
    };
    tracing::info!(
        machine = identity.machine, server = identity.server, isolation = ?machine.isolation,
        runtimes = ?machine.python.runtimes, "at work"
    );
    let left = tokio::select! {
        ended = at_work(&machine, wishes.clone()) => ended,
        _ = wishes.wait_for(|wish| *wish == Wish::Leave) => Ok(()),
    };
    drop(held);
    left
}

/// Ends when all is handed back, or the machine is no longer known.
async fn at_work(machine: &Machine, wishes: watch::Receiver<Wish>) -> Result<(), Trouble> {
    let gauge = Gauge::try_new(&machine.settings.folder)?;
    let gpus: Vec<_> = gauge
        .hardware()
        .gpus
        .into_iter()
        .map(|gpu| Some(gpu.uuid))
        .collect();
    let gpus = if gpus.is_empty() { vec![None] } else { gpus };
    let (rest, resting) = watch::channel(false);
    let mut kept: Vec<Vec<(Folder, Kept)>> = gpus.iter().map(|_| Vec::new()).collect();
    for leftover in Folder::leftovers(&tasks(&machine.settings.folder)) {
        leftover.remove().await;
    }
    for (folder, task) in Folder::all(&tasks(&machine.settings.folder)) {
        let slot = task.slot % gpus.len();
        kept[slot].push((folder, task));
    }
    let mut slots = JoinSet::new();
    for (slot, (gpu, kept)) in gpus.into_iter().zip(kept).enumerate() {
        let slot = Slot {
            machine: machine.clone(),
            orders: Orders(wishes.clone()),
            resting: resting.clone(),
            number: slot,
            gpu,
        };
        slots.spawn(slot.work(kept));
    }
    let working = async {
        while let Some(ended) = slots.join_next().await {
            ended.map_err(|error| Trouble::wrong(error.to_string()))??;
        }
        Ok(())
    };
    tokio::select! {
        ended = working => ended,
        ended = beat(machine, gauge, rest) => ended,
    }
}

/// Says that the machine is there and what has changed, and hears whether it is to work.
async fn beat(
    machine: &Machine,
    mut gauge: Gauge,
    rest: watch::Sender<bool>,
) -> Result<(), Trouble> {
    let mut abilities = Abilities {
        hardware: gauge.hardware(),
        isolation: machine.isolation.clone(),
        runtimes: machine.python.runtimes.clone(),
    };
    let mut is_news = true;
    let mut often = tokio::time::interval(BEAT_EVERY);
    loop {
        often.tick().await;
        let hardware = gauge.hardware();
        if hardware != abilities.hardware {
            abilities.hardware = hardware;
            is_news = true;
        }
        let load = gauge.load();
        let heartbeat = MachineHeartbeat {
            changed: is_news.then_some(&abilities),
            load: &load,
        };
        let told = machine
            .server
            .post("/v1/machines/heartbeat", &heartbeat, None)
            .await;
        match told {
            Ok(MachineTold { desired }) => {
                is_news = false;
                rest.send_replace(desired == DesiredOfMachine::Drain);
            }
            Err(error) if is_unknown(&error) => return Err(error),
            Err(error) => tracing::warn!(%error, "a heartbeat of the machine was not heard"),
        }
    }
}

/// Whether the server does not know the machine any more.
fn is_unknown(error: &Trouble) -> bool {
    matches!(
        error,
        Trouble::Refused {
            status: 401 | 403,
            ..
        }
    )
}

/// What a task can have for itself: a GPU, or all of a machine without any.
struct Slot {
    machine: Machine,
    orders: Orders,
    /// The server wants the machine to take nothing more.
    resting: watch::Receiver<bool>,
    number: usize,
    gpu: Option<String>,
}

impl Slot {
    async fn work(self, kept: Vec<(Folder, Kept)>) -> Result<(), Trouble> {
        for (folder, kept) in kept {
            tracing::info!(task = kept.assignment.task, "taken up again");
            perform(&self.machine, &self.orders, folder, kept).await;
        }
        loop {
            if self.orders.is_handing_back() {
                return Ok(());
            }
            let pulled = tokio::select! {
                () = self.orders.hand_back() => continue,
                pulled = self.pull_when_wanted() => pulled,
            };
            match pulled {
                Ok(Some(assignment)) => self.take(assignment).await,
                Ok(None) => {}
                Err(error) if is_unknown(&error) => return Err(error),
                Err(error) => {
                    tracing::warn!(%error, "no work could be asked for");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }

    /// Not while the machine is to rest; whoever wanted that may have it work again.
    async fn pull_when_wanted(&self) -> Result<Option<Assignment>, Trouble> {
        let mut resting = self.resting.clone();
        let may_work = resting.wait_for(|resting| !resting).await.map(drop);
        may_work.map_err(|_| Trouble::wrong("nobody says whether to work"))?;
        self.pull().await
    }

    async fn pull(&self) -> Result<Option<Assignment>, Trouble> {
        let body = json!({ "wait_seconds": WAIT_SECONDS });
        let wait = Duration::from_secs(WAIT_SECONDS);
        self.machine
            .server
            .post_and_wait("/tasks/pull", &body, wait)
            .await
    }

    async fn take(&self, assignment: Assignment) {
        let task = assignment.task.clone();
        tracing::info!(task, fence = assignment.fence, "leased");
        match Folder::of_task(&tasks(&self.machine.settings.folder), &task) {
            Ok(folder) => {
                // What an earlier lease left would be taken for this one's.
                if folder.path().exists() {
                    folder.remove().await;
                }
                let kept = Kept::new(assignment, self.number, self.gpu.clone());
                perform(&self.machine, &self.orders, folder, kept).await;
            }
            Err(error) => tracing::error!(%error, "nothing can be done with it"),
        }
    }
}
