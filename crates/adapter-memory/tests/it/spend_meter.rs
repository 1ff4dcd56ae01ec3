//! The meter passes the contract of all meters.

use std::future::{Ready, ready};
use std::sync::Arc;

use adapter_memory::MemorySpendMeter;
use ports::SpendMeter;

fn open() -> Ready<(Arc<dyn SpendMeter>, ())> {
    ready((Arc::new(MemorySpendMeter::default()), ()))
}

testkit::spend_meter_contract!(open);
