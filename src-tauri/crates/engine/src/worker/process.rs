//! The program's side: starts the worker, talks to it, and tells why it died.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError};

use super::protocol::{Message, Request, read_frame, write_frame};

/// Lines of the worker's stderr that are kept to tell why it died.
const STDERR_TAIL_LINES: usize = 12;
/// How long a worker that was asked to leave may take.
const GOODBYE: Duration = Duration::from_millis(500);

/// How the worker is started.
#[derive(Debug, Clone)]
pub struct WorkerCommand {
    /// The executable; usually the running program itself.
    pub program: PathBuf,
    /// Its arguments; usually just `worker`.
    pub arguments: Vec<OsString>,
}

impl WorkerCommand {
    /// The running program, started again with the argument `worker`.
    pub fn this_program() -> std::io::Result<Self> {
        Ok(Self {
            program: std::env::current_exe()?,
            arguments: vec!["worker".into()],
        })
    }
}

/// The worker cannot be talked to.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// The process could not be started: the installation is damaged or the system is out of processes.
    #[error("The model's process could not be started ({0}). Install RecordRoute again if this stays.")]
    Start(#[source] std::io::Error),
    /// The process ended by itself: the job fails with the reason, and a new worker can be started.
    #[error("{0}")]
    Died(String),
}

/// A running worker. Dropping it ends the process.
pub struct WorkerProcess {
    child: Child,
    stdin: Option<ChildStdin>,
    messages: Receiver<Message>,
    stderr_tail: Arc<Mutex<VecDeque<String>>>,
    next_seq: u64,
}

impl WorkerProcess {
    /// Starts the process.
    pub fn spawn(command: &WorkerCommand) -> Result<Self, WorkerError> {
        let mut process = Command::new(&command.program);
        process
            .args(&command.arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        // Ctrl-C in a terminal goes to the whole group; the one who is asked to end tells the worker.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut process, 0);
        #[cfg(windows)]
        {
            use std::os::windows::process::CommandExt;
            const CREATE_NO_WINDOW: u32 = 0x0800_0000;
            process.creation_flags(CREATE_NO_WINDOW);
        }
        let mut child = process.spawn().map_err(WorkerError::Start)?;
        let stdin = child.stdin.take();
        let (sender, messages) = crossbeam_channel::unbounded();
        if let Some(mut stdout) = child.stdout.take() {
            std::thread::spawn(move || {
                loop {
                    match read_frame::<Message>(&mut stdout) {
                        Ok(Some(message)) => {
                            if sender.send(message).is_err() {
                                break;
                            }
                        }
                        Ok(None) => break,
                        Err(error) => {
                            tracing::warn!(%error, "the worker's answer cannot be read");
                            break;
                        }
                    }
                }
            });
        }
        let stderr_tail = Arc::new(Mutex::new(VecDeque::new()));
        if let Some(stderr) = child.stderr.take() {
            let tail = Arc::clone(&stderr_tail);
            std::thread::spawn(move || keep_tail(BufReader::new(stderr), &tail));
        }
        tracing::debug!(pid = child.id(), "worker started");
        Ok(Self {
            child,
            stdin,
            messages,
            stderr_tail,
            next_seq: 1,
        })
    }

    /// The process's id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends the request that `make` builds from its number, and gives the number back.
    pub fn send(&mut self, make: impl FnOnce(u64) -> Request) -> Result<u64, WorkerError> {
        let seq = self.next_seq;
        self.next_seq += 1;
        self.write(&make(seq))?;
        Ok(seq)
    }

    /// Asks the worker to end a request early; it answers [`Message::Cancelled`].
    pub fn cancel(&mut self, seq: u64) -> Result<(), WorkerError> {
        self.write(&Request::Cancel { seq })
    }

    fn write(&mut self, request: &Request) -> Result<(), WorkerError> {
        let written = match &mut self.stdin {
            Some(stdin) => write_frame(stdin, request),
            None => Err(std::io::ErrorKind::BrokenPipe.into()),
        };
        written.map_err(|_| self.death())
    }

    /// The next message; `None` when there was none for `timeout`.
    pub fn receive(&mut self, timeout: Duration) -> Result<Option<Message>, WorkerError> {
        match self.messages.recv_timeout(timeout) {
            Ok(message) => Ok(Some(message)),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => Err(self.death()),
        }
    }

    /// Ends the process at once.
    pub fn kill(&mut self) {
        self.stdin = None;
        if let Err(error) = self.child.kill() {
            tracing::debug!(%error, "the worker was gone already");
        }
        if let Err(error) = self.child.wait() {
            tracing::warn!(%error, "the worker's end could not be awaited");
        }
    }

    /// Ends a process that stopped talking, and says what is known about why.
    fn death(&mut self) -> WorkerError {
        self.stdin = None;
        let status = self.wait_or_kill();
        let mut reason = status.map_or_else(
            || "The model's process stopped answering and was ended. Retry the job.".to_owned(),
            describe_exit,
        );
        let tail = self.stderr_tail.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(last) = tail.iter().rev().find(|line| !line.trim().is_empty()) {
            reason.push_str(&format!(" The last it said was “{}”.", last.trim()));
        }
        WorkerError::Died(reason)
    }

    fn wait_or_kill(&mut self) -> Option<ExitStatus> {
        let deadline = Instant::now() + GOODBYE;
        while Instant::now() < deadline {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Some(status);
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        self.kill();
        None
    }
}

impl Drop for WorkerProcess {
    fn drop(&mut self) {
        // A closed stdin tells the worker to leave; one that is deep in native code is ended.
        self.stdin = None;
        self.wait_or_kill();
    }
}

fn keep_tail(stderr: impl BufRead, tail: &Mutex<VecDeque<String>>) {
    for line in stderr.lines() {
        let Ok(line) = line else { break };
        tracing::debug!(target: "recordroute::worker", "{line}");
        let mut tail = tail.lock().unwrap_or_else(PoisonError::into_inner);
        if tail.len() == STDERR_TAIL_LINES {
            tail.pop_front();
        }
        tail.push_back(line.chars().take(300).collect());
    }
}

fn describe_exit(status: ExitStatus) -> String {
    #[cfg(unix)]
    {
        use std::os::unix::process::ExitStatusExt;
        match status.signal() {
            Some(9) => {
                return "The model's process was killed, which the system does when memory runs out. \
                        Close other programs or choose a smaller model, then retry."
                    .to_owned();
            }
            Some(signal) => {
                return format!(
                    "The model's process crashed (signal {signal}). Retry, and check the model with \
                     `recordroute models verify` if it crashes again."
                );
            }
            None => {}
        }
    }
    format!(
        "The model's process ended unexpectedly ({status}). Retry, and check the model with \
         `recordroute models verify` if it happens again."
    )
}
