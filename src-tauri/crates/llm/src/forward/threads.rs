//! Threads that stay for as long as a model is loaded. A forward pass has some hundred short steps a
//! token; starting threads for each, or waking sleeping ones, would take longer than the steps.
#![allow(unsafe_code)]

use std::cell::UnsafeCell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;

use recordroute_core::CancellationToken;

/// How often a waiting thread looks again before it sleeps: some ten microseconds, longer than what
/// lies between two steps and too short to matter to other programs.
const N_SPINS: usize = 2_000;

pub(crate) struct Pool {
    shared: Arc<Shared>,
    workers: Vec<JoinHandle<()>>,
}

struct Shared {
    job: UnsafeCell<Option<Job>>,
    /// A job is there and has tasks that nobody took.
    is_open: AtomicBool,
    next_task: AtomicUsize,
    /// Workers that may be looking at the job.
    n_inside: AtomicUsize,
    has_panicked: AtomicBool,
    is_ending: AtomicBool,
    n_asleep: AtomicUsize,
    sleep: Mutex<()>,
    wake: Condvar,
}

#[derive(Clone, Copy)]
struct Job {
    task: &'static (dyn Fn(usize) + Sync),
    n_tasks: usize,
}

// SAFETY: `job` is written by `Pool::run` only while `is_open` is false and `n_inside` is zero, and
// read by a worker only after it raised `n_inside` and then saw `is_open`. All four accesses are
// sequentially consistent, so the two never overlap.
unsafe impl Sync for Shared {}

impl Pool {
    /// With one thread, or where no more can be started, the calling thread does it alone.
    pub fn new(n_threads: usize) -> Self {
        let shared = Arc::new(Shared {
            job: UnsafeCell::new(None),
            is_open: AtomicBool::new(false),
            next_task: AtomicUsize::new(0),
            n_inside: AtomicUsize::new(0),
            has_panicked: AtomicBool::new(false),
            is_ending: AtomicBool::new(false),
            n_asleep: AtomicUsize::new(0),
            sleep: Mutex::new(()),
            wake: Condvar::new(),
        });
        let workers = (1..n_threads)
            .map_while(|i| {
                let shared = Arc::clone(&shared);
                std::thread::Builder::new()
                    .name(format!("forward-{i}"))
                    .spawn(move || shared.work())
                    .ok()
            })
            .collect();
        Self { shared, workers }
    }

    pub fn n_threads(&self) -> usize {
        self.workers.len() + 1
    }

    /// Calls `task` with every number below `n_tasks`, in any order, and returns when all are done.
    /// Once `cancel` is cancelled the rest is left out.
    pub fn run(&mut self, n_tasks: usize, cancel: &CancellationToken, task: &(dyn Fn(usize) + Sync)) {
        let task = |task_idx: usize| {
            if !cancel.is_cancelled() {
                task(task_idx);
            }
        };
        if self.workers.is_empty() || n_tasks < 2 {
            (0..n_tasks).for_each(task);
            return;
        }
        let task: &(dyn Fn(usize) + Sync) = &task;
        // SAFETY: the reference is used by workers inside the job only, and this function does not
        // return, nor unwind, before the job is closed and no worker is inside.
        let task: &'static (dyn Fn(usize) + Sync) = unsafe { std::mem::transmute(task) };
        let shared = &*self.shared;
        shared.next_task.store(0, SeqCst);
        let job = Job { task, n_tasks };
        // SAFETY: no job is open and no worker is inside; see `Sync for Shared`.
        unsafe { *shared.job.get() = Some(job) };
        shared.is_open.store(true, SeqCst);
        if shared.n_asleep.load(SeqCst) > 0 {
            drop(shared.sleep.lock().unwrap_or_else(PoisonError::into_inner));
            shared.wake.notify_all();
        }

        let own = catch_unwind(AssertUnwindSafe(|| shared.take_tasks(job)));
        shared.is_open.store(false, SeqCst);
        let mut n_looks = 0;
        while shared.n_inside.load(SeqCst) > 0 {
            n_looks += 1;
            if n_looks < N_SPINS {
                std::hint::spin_loop();
            } else {
                std::thread::yield_now();
            }
        }
        let others_panicked = shared.has_panicked.swap(false, SeqCst);
        if let Err(panic) = own {
            resume_unwind(panic);
        }
        assert!(!others_panicked, "a thread of the forward pass panicked");
    }

    /// Calls `task` with each chunk of `data` and its place in the row of chunks.
    pub fn for_each_chunk<T: Send>(
        &mut self,
        data: &mut [T],
        chunk_len: usize,
        cancel: &CancellationToken,
        task: &(dyn Fn(usize, &mut [T]) + Sync),
    ) {
        let n_total = data.len();
        let start = Start(data.as_mut_ptr());
        self.run(n_total.div_ceil(chunk_len), cancel, &|chunk_idx| {
            let from = chunk_idx * chunk_len;
            let n = chunk_len.min(n_total - from);
            // SAFETY: `run` hands out each number once, so no two chunks overlap; all lie inside
            // `data`, which is borrowed until `run` returns.
            let chunk = unsafe { std::slice::from_raw_parts_mut(start.get().add(from), n) };
            task(chunk_idx, chunk);
        });
    }
}

struct Start<T>(*mut T);

impl<T> Start<T> {
    fn get(&self) -> *mut T {
        self.0
    }
}

// SAFETY: only `for_each_chunk` uses it, which gives each thread other elements of a type that may be
// sent.
unsafe impl<T: Send> Sync for Start<T> {}

impl Shared {
    fn take_tasks(&self, job: Job) {
        loop {
            let task_idx = self.next_task.fetch_add(1, SeqCst);
            if task_idx >= job.n_tasks {
                return;
            }
            (job.task)(task_idx);
        }
    }

    fn has_work(&self) -> bool {
        self.is_ending.load(SeqCst) || self.is_open.load(SeqCst)
    }

    fn work(&self) {
        loop {
            self.wait();
            if self.is_ending.load(SeqCst) {
                return;
            }
            self.n_inside.fetch_add(1, SeqCst);
            if self.is_open.load(SeqCst) {
                // SAFETY: inside an open job; see `Sync for Shared`.
                if let Some(job) = unsafe { *self.job.get() } {
                    if catch_unwind(AssertUnwindSafe(|| self.take_tasks(job))).is_err() {
                        self.has_panicked.store(true, SeqCst);
                    }
                    // Nothing is left to take: this thread need not come back to this job.
                    self.is_open.store(false, SeqCst);
                }
            }
            self.n_inside.fetch_sub(1, SeqCst);
        }
    }

    fn wait(&self) {
        for _ in 0..N_SPINS {
            if self.has_work() {
                return;
            }
            std::hint::spin_loop();
        }
        let mut guard = self.sleep.lock().unwrap_or_else(PoisonError::into_inner);
        self.n_asleep.fetch_add(1, SeqCst);
        while !self.has_work() {
            guard = self.wake.wait(guard).unwrap_or_else(PoisonError::into_inner);
        }
        self.n_asleep.fetch_sub(1, SeqCst);
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.is_ending.store(true, SeqCst);
        drop(self.shared.sleep.lock().unwrap_or_else(PoisonError::into_inner));
        self.shared.wake.notify_all();
        for worker in self.workers.drain(..) {
            // A worker catches its tasks' panics and has none of its own.
            let _ = worker.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_chunk_is_visited_once() {
        let mut pool = Pool::new(3);
        let cancel = CancellationToken::new();
        for n in [0, 1, 5, 1_000] {
            let mut data = vec![0_usize; n];
            pool.for_each_chunk(&mut data, 3, &cancel, &|chunk_idx, chunk| {
                for (i, value) in chunk.iter_mut().enumerate() {
                    *value += chunk_idx * 3 + i + 1;
                }
            });
            assert!(
                data.iter().enumerate().all(|(i, &value)| value == i + 1),
                "each of {n} elements is written once"
            );
        }
    }

    #[test]
    fn many_short_jobs_and_pauses_lose_none() {
        let mut pool = Pool::new(2);
        let cancel = CancellationToken::new();
        let n_done = AtomicUsize::new(0);
        for round in 0..2_000 {
            if round % 500 == 0 {
                std::thread::sleep(std::time::Duration::from_millis(5));
            }
            pool.run(7, &cancel, &|_| {
                n_done.fetch_add(1, SeqCst);
            });
        }
        assert_eq!(n_done.into_inner(), 14_000, "each task of each job ran once");
    }

    #[test]
    fn a_cancelled_job_leaves_the_rest_out() {
        let mut pool = Pool::new(2);
        let cancel = CancellationToken::new();
        let n_done = AtomicUsize::new(0);
        pool.run(1_000, &cancel, &|_| {
            n_done.fetch_add(1, SeqCst);
            cancel.cancel();
        });
        assert!(
            n_done.into_inner() <= 2,
            "no thread begins a task after the first"
        );
    }

    #[test]
    fn a_panic_reaches_the_caller_and_the_threads_live_on() {
        let mut pool = Pool::new(2);
        let cancel = CancellationToken::new();
        let result = catch_unwind(AssertUnwindSafe(|| {
            pool.run(100, &cancel, &|task_idx| {
                assert!(task_idx != 50, "on purpose");
            });
        }));
        assert!(result.is_err(), "a panic is not swallowed");
        let n_done = AtomicUsize::new(0);
        pool.run(100, &cancel, &|_| {
            n_done.fetch_add(1, SeqCst);
        });
        assert_eq!(n_done.into_inner(), 100, "the next job runs as ever");
    }
}
