//! Stand-ins for servers run on threads of their own, so that they go on whatever the test's runtime does.

use std::net::SocketAddr;
use std::thread::JoinHandle;

/// Runs what `serve` makes on a runtime of its own, until it ends, and answers the address that it says it listens on.
///
/// # Panics
/// When it ends without having said one.
pub(crate) fn listen<Serving: Future<Output = ()>>(
    serve: impl FnOnce(std::sync::mpsc::Sender<SocketAddr>) -> Serving + Send + 'static,
) -> (SocketAddr, JoinHandle<()>) {
    let (say, heard) = std::sync::mpsc::channel();
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime starts");
        runtime.block_on(serve(say));
    });
    (heard.recv().expect("it listens"), thread)
}
