//! Callbacks inside of whisper.cpp. The crate's own safe setters hand the closure over with a wrong type,
//! or there are none, so they are set here.
#![allow(unsafe_code)]

use std::ffi::c_void;
use std::sync::atomic::{AtomicBool, Ordering};

use recordroute_core::CancellationToken;
use whisper_rs::{FullParams, WhisperSysContext, WhisperSysState};

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

/// Lets a call encode once. Where a window has more text than whisper.cpp has room for, it would begin
/// another pass in the same call, with times that count from where that one begins.
///
/// The flag must be unset at first and live until the call has ended; the borrow sees to that.
pub(crate) fn encode_once<'a>(params: &mut FullParams<'a, 'a>, has_encoded: &'a AtomicBool) {
    unsafe extern "C" fn may_encode(
        _: *mut WhisperSysContext,
        _: *mut WhisperSysState,
        has_encoded: *mut c_void,
    ) -> bool {
        // SAFETY: the pointer is the one set below, to a flag that is borrowed for as long as the parameters
        // live, and `swap` takes it by shared reference.
        let has_encoded = unsafe { &*has_encoded.cast::<AtomicBool>() };
        !has_encoded.swap(true, Ordering::Relaxed)
    }
    // SAFETY: the callback has the signature that whisper.cpp asks for and its data is a valid pointer to
    // an `AtomicBool` for the lifetime 'a of the parameters. It does not unwind.
    unsafe {
        params.set_start_encoder_callback(Some(may_encode));
        params.set_start_encoder_callback_user_data(std::ptr::from_ref(has_encoded).cast_mut().cast());
    }
}

/// Maps a file for reading.
pub(crate) fn map_file(file: &std::fs::File) -> std::io::Result<memmap2::Mmap> {
    // SAFETY: the map is only read. Another process that truncates the file meanwhile would end
    // this one with a signal; this is the worker, whose death is an ordinary failure of its job.
    unsafe { memmap2::Mmap::map(file) }
}
