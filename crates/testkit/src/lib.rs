//! For tests only: contract suites, fakes and private servers.
