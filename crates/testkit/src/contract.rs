//! The macro behind the contracts' macros.

/// Makes one test of each promise of a contract.
#[doc(hidden)]
#[macro_export]
macro_rules! contract_tests {
    ($contract:ident, $open:expr, [$($promise:ident),+ $(,)?]) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $promise() {
                let (adapter, _kept) = $open().await;
                $crate::$contract::$promise(adapter).await;
            }
        )+
    };
}
