//! Scripts that Redis carries out as one step. The server caches them by digest; after a restart they are sent again.

use std::sync::LazyLock;

use redis::Script;

macro_rules! scripts {
    ($($name:ident = $file:literal),+ $(,)?) => {
        $(pub(crate) static $name: LazyLock<Script> =
            LazyLock::new(|| Script::new(include_str!(concat!("scripts/", $file))));)+
    };
}

scripts! {
    CHECK_LIMIT = "check_limit.lua",
    CLAIM_TOKEN = "claim_token.lua",
    LOOK_OR_LOCK = "look_or_lock.lua",
    RESERVE = "reserve.lua",
    SETTLE = "settle.lua",
    STORE_AND_UNLOCK = "store_and_unlock.lua",
    UNLOCK = "unlock.lua",
}
