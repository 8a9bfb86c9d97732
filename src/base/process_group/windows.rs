//! A child that ends with this process, together with its own children: they form a job, which the
//! system ends when its last handle is closed.
#![expect(unsafe_code, reason = "the standard library knows no jobs")]

use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};
use std::ptr;

use tokio::process::{Child, Command};
use windows_sys::Win32::System::JobObjects::{
    AssignProcessToJobObject, CreateJobObjectW, JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE,
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION, JobObjectExtendedLimitInformation,
    SetInformationJobObject,
};

/// Exists as long as somebody waits for the child.
#[derive(Debug)]
pub struct ProcessGroup {
    /// None where the system gives none: then the child alone is ended.
    job: Option<OwnedHandle>,
}

impl ProcessGroup {
    /// Prepares a command so that its child ends when nobody waits for it.
    pub fn prepare(command: &mut Command) -> Self {
        command.kill_on_drop(true);
        Self { job: None }
    }

    /// Takes charge of the child. What it has started before is not of the job.
    pub fn with(self, child: &Child) -> Self {
        let job = new_job().filter(|job| {
            set_limit(job, JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE);
            let process = child.raw_handle().unwrap_or(ptr::null_mut());
            // SAFETY: both are handles of this process; one of a child that has ended is refused.
            unsafe { AssignProcessToJobObject(job.as_raw_handle(), process) != 0 }
        });
        Self { job: job.or(self.job) }
    }

    /// Windows never stops a process that reads from a console.
    #[expect(clippy::unused_self, reason = "the same question as on other systems")]
    pub fn has_stopped(&self) -> bool {
        false
    }

    /// The child ended by itself. Processes that it left running were meant to stay.
    pub fn let_go(self) {
        if let Some(job) = &self.job {
            set_limit(job, 0);
        }
    }
}

/// The system ends all jobs with this process.
pub fn end_all() {}

fn new_job() -> Option<OwnedHandle> {
    // SAFETY: without a name and attributes; the handle is this function's to give away.
    unsafe {
        let job = CreateJobObjectW(ptr::null(), ptr::null());
        (!job.is_null()).then(|| OwnedHandle::from_raw_handle(job))
    }
}

fn set_limit(job: &OwnedHandle, flags: u32) {
    let mut limit = JOBOBJECT_EXTENDED_LIMIT_INFORMATION::default();
    limit.BasicLimitInformation.LimitFlags = flags;
    let size = u32::try_from(size_of_val(&limit)).unwrap_or_default();
    // SAFETY: the structure is of the kind that is named, and lives through the call.
    unsafe {
        SetInformationJobObject(
            job.as_raw_handle(),
            JobObjectExtendedLimitInformation,
            ptr::from_ref(&limit).cast(),
            size,
        );
    }
}
