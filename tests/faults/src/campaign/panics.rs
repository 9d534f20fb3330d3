//! Panics, wherever they happen: tokio and the store's thread turn those of tasks into errors, so a hook listens.

use std::cell::RefCell;
use std::panic::{PanicHookInfo, set_hook, take_hook};
use std::sync::{Mutex, Once, PoisonError};
use std::thread;

thread_local! {
    static HERE: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Those of threads that play no session themselves.
static ELSEWHERE: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Listens from now on.
pub(crate) fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = take_hook();
        set_hook(Box::new(move |info| {
            heard(info);
            before(info);
        }));
    });
}

fn heard(info: &PanicHookInfo<'_>) {
    let text = info.to_string();
    if thread::current().name() == Some("lumbra-store") {
        ELSEWHERE.lock().unwrap_or_else(PoisonError::into_inner).push(text);
    } else {
        HERE.with_borrow_mut(|heard| heard.push(text));
    }
}

/// What was heard on this thread and on the stores', since the last time.
pub(crate) fn take() -> Vec<String> {
    let mut heard = HERE.take();
    heard.append(&mut ELSEWHERE.lock().unwrap_or_else(PoisonError::into_inner));
    heard
}
