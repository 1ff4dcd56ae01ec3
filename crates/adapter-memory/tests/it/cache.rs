//! The cache passes the contract of all caches, and stays within its bound.

use std::future::{Ready, ready};
use std::sync::Arc;
use std::time::Duration;

use adapter_memory::MemoryCache;
use ports::Cache;

fn open() -> Ready<(Arc<dyn Cache>, ())> {
    ready((Arc::new(MemoryCache::new(32 << 20)), ()))
}

testkit::cache_contract!(open);

#[tokio::test]
async fn the_cache_stays_within_its_bound() {
    let cache = MemoryCache::new(1 << 20);
    let size = 64 << 10;
    for at in 0..200 {
        let key = format!("key {at}");
        let set = cache.set(&key, vec![1; size], Duration::from_secs(60));
        set.await.expect("is kept");
    }
    let mut held = 0;
    // Evicting happens beside other work, a little at a time.
    for _ in 0..50 {
        held = 0;
        for at in 0..200 {
            let value = cache.get(&format!("key {at}")).await.expect("answers");
            held += value.map_or(0, |value| value.len());
        }
        if held <= 1 << 20 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(held > 0 && held <= 1 << 20, "{held} bytes");
}
