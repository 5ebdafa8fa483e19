//! One thread that does the jobs, and one that keeps their leases alive.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender};
use recordroute_core::{CancellationToken, Event, Job, JobId};
use recordroute_models::ModelFolder;
use recordroute_store::Library;
use recordroute_system::{Awake, Sleep};
use tokio::sync::broadcast;

use crate::QueueMode;
use crate::engine::{SharedSettings, settings_of};
use crate::meaning::Meaning;
use crate::worker::{WorkerCommand, WorkerProcess};

/// How long a job belongs to a program that stopped renewing: long enough for a stalled disk,
/// short enough that a crash costs seconds.
pub(crate) const LEASE: Duration = Duration::from_secs(10);
/// How often leases are renewed and other programs' wishes to cancel are read.
const HEARTBEAT: Duration = Duration::from_secs(1);
/// How often the library is asked for jobs that other programs queued or left behind.
const POLL: Duration = Duration::from_secs(1);

/// What the queue works with.
pub(crate) struct QueueContext {
    pub(crate) library: Arc<Library>,
    pub(crate) models: ModelFolder,
    pub(crate) events: broadcast::Sender<Event>,
    pub(crate) worker_command: WorkerCommand,
    pub(crate) owner: String,
    pub(crate) mode: QueueMode,
    pub(crate) settings: SharedSettings,
    pub(crate) meaning: Arc<Meaning>,
}

type Tokens = Arc<Mutex<HashMap<JobId, CancellationToken>>>;

enum Order {
    Run(JobId),
    Stop,
}

/// The handle to the two threads; dropping it stops them and gives the running job back.
pub(crate) struct Queue {
    orders: Sender<Order>,
    tokens: Tokens,
    stop: CancellationToken,
    mode: QueueMode,
    threads: Vec<JoinHandle<()>>,
}

impl Queue {
    pub(crate) fn start(context: QueueContext) -> Self {
        let (orders, inbox) = crossbeam_channel::unbounded();
        let tokens: Tokens = Arc::default();
        let stop = CancellationToken::new();
        let mode = context.mode;
        let (heart_stop, heart_inbox) = crossbeam_channel::bounded::<()>(0);
        let heart = Heart {
            library: Arc::clone(&context.library),
            owner: context.owner.clone(),
            tokens: Arc::clone(&tokens),
        };
        let heart = std::thread::spawn(move || heart.beat(&heart_inbox));
        let mut runner = Runner {
            context,
            stop: stop.clone(),
            tokens: Arc::clone(&tokens),
            own: VecDeque::new(),
            worker: None,
            worker_used: Instant::now(),
            awake: None,
        };
        let runner = std::thread::spawn(move || {
            runner.run(&inbox);
            // The heart beats until the last job was given back.
            drop(heart_stop);
        });
        Self {
            orders,
            tokens,
            stop,
            mode,
            threads: vec![runner, heart],
        }
    }

    pub(crate) fn mode(&self) -> QueueMode {
        self.mode
    }

    /// Tells the queue that a job is there for it.
    pub(crate) fn submit(&self, id: JobId) {
        if self.mode == QueueMode::Own {
            lock(&self.tokens).insert(id, self.stop.child_token());
        }
        // A queue that has stopped takes no more orders; the job waits in the library.
        let _ = self.orders.send(Order::Run(id));
    }

    /// Whether this program has the job in its hands.
    pub(crate) fn has(&self, id: JobId) -> bool {
        lock(&self.tokens).contains_key(&id)
    }

    /// Cancels a job of this program; `false` where it is none.
    pub(crate) fn cancel(&self, id: JobId) -> bool {
        lock(&self.tokens)
            .get(&id)
            .map(CancellationToken::cancel)
            .is_some()
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        self.stop.cancel();
        let _ = self.orders.send(Order::Stop);
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!("a thread of the queue panicked");
            }
        }
    }
}

fn lock(tokens: &Tokens) -> MutexGuard<'_, HashMap<JobId, CancellationToken>> {
    tokens.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Heart {
    library: Arc<Library>,
    owner: String,
    tokens: Tokens,
}

impl Heart {
    fn beat(&self, inbox: &Receiver<()>) {
        while inbox.recv_timeout(HEARTBEAT) == Err(crossbeam_channel::RecvTimeoutError::Timeout) {
            if lock(&self.tokens).is_empty() {
                continue;
            }
            match self.library.renew(&self.owner, LEASE) {
                Ok(cancelled) => {
                    let tokens = lock(&self.tokens);
                    for id in cancelled {
                        if let Some(token) = tokens.get(&id) {
                            token.cancel();
                        }
                    }
                }
                Err(error) => tracing::warn!(%error, "leases could not be renewed"),
            }
        }
    }
}

/// The thread that does the jobs; how one is done is in `run_job.rs`.
pub(crate) struct Runner {
    pub(crate) context: QueueContext,
    pub(crate) stop: CancellationToken,
    pub(crate) worker: Option<WorkerProcess>,
    tokens: Tokens,
    own: VecDeque<JobId>,
    worker_used: Instant,
    /// While there are jobs; asked for once and not for each.
    awake: Option<Awake>,
}

impl Runner {
    fn run(&mut self, inbox: &Receiver<Order>) {
        while !self.stop.is_cancelled() {
            let Some(job) = self.next_job() else {
                self.rest(inbox);
                continue;
            };
            let id = job.id;
            // A program that leaves cancels what it does; that it goes back into the queue is seen by `stop`.
            let token = lock(&self.tokens)
                .entry(id)
                .or_insert_with(|| self.stop.child_token())
                .clone();
            self.awake
                .get_or_insert_with(|| Awake::new(Sleep::Idle, "A recording is being worked on"));
            self.run_job(job, &token);
            lock(&self.tokens).remove(&id);
            self.worker_used = Instant::now();
            self.drain(inbox);
        }
        self.worker = None;
        if let Err(error) = self.context.library.release(&self.context.owner) {
            tracing::warn!(%error, "jobs could not be given back; they go on when their lease has run out");
        }
    }

    fn next_job(&mut self) -> Option<Job> {
        let claimed = match self.context.mode {
            QueueMode::Own => {
                let id = self.own.pop_front()?;
                self.context.library.job(id).map(Some)
            }
            QueueMode::All => self.context.library.claim_next(&self.context.owner, LEASE),
        };
        claimed.unwrap_or_else(|error| {
            tracing::warn!(%error, "the next job could not be claimed");
            None
        })
    }

    /// Waits for something to do, and lets an idle model go.
    fn rest(&mut self, inbox: &Receiver<Order>) {
        self.awake = None;
        let idle_minutes = settings_of(&self.context.settings).model_idle_minutes;
        let model_idle = Duration::from_secs(u64::from(idle_minutes) * 60);
        if self.worker.is_some() && self.worker_used.elapsed() >= model_idle {
            tracing::info!("the model leaves the memory after idle time");
            self.worker = None;
        }
        if let Ok(order) = inbox.recv_timeout(POLL) {
            self.take(order);
        }
        self.drain(inbox);
    }

    fn drain(&mut self, inbox: &Receiver<Order>) {
        while let Ok(order) = inbox.try_recv() {
            self.take(order);
        }
    }

    fn take(&mut self, order: Order) {
        match order {
            Order::Run(id) if self.context.mode == QueueMode::Own => self.own.push_back(id),
            // In the other mode the library itself is the queue, and a stop is seen by its token.
            Order::Run(_) | Order::Stop => {}
        }
    }
}
