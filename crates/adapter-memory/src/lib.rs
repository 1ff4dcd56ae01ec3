//! The ports of the Redis adapter in one process, for the embedded default and as fallback.
