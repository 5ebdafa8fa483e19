//! Cancelling inside of whisper.cpp. The crate's own safe setter hands the closure over with a
//! wrong type, so the callback is set here.
#![allow(unsafe_code)]

use std::ffi::c_void;

use recordroute_core::CancellationToken;
use whisper_rs::FullParams;

/// Lets `token` end the call that runs with `params`: ggml asks before each node of its graph.
///
/// The token must live until the call has ended; the borrow sees to that.
pub(crate) fn cancel_by<'a>(params: &mut FullParams<'a, 'a>, token: &'a CancellationToken) {
    unsafe extern "C" fn is_cancelled(token: *mut c_void) -> bool {
        // SAFETY: the pointer is the one set below, to a token that is borrowed for as long as the
        // parameters live, and `is_cancelled` takes it by shared reference only.
        let token = unsafe { &*token.cast::<CancellationToken>() };
        token.is_cancelled()
    }
    // SAFETY: the callback has the signature that ggml asks for and its data is a valid pointer to
    // a `CancellationToken` for the lifetime 'a of the parameters. It does not unwind.
    unsafe {
        params.set_abort_callback(Some(is_cancelled));
        params.set_abort_callback_user_data(std::ptr::from_ref(token).cast_mut().cast());
    }
}

/// Maps a file for reading.
pub(crate) fn map_file(file: &std::fs::File) -> std::io::Result<memmap2::Mmap> {
    // SAFETY: the map is only read. Another process that truncates the file meanwhile would end
    // this one with a signal; this is the worker, whose death is an ordinary failure of its job.
    unsafe { memmap2::Mmap::map(file) }
}
