//! The language model behind the OpenAI HTTP API, or behind any service that speaks its Chat Completions.
//!
//! One question is one `POST {base_url}/chat/completions` with a JSON schema of the answer, stored nowhere by the service. No
//! redirect is followed and no proxy of the environment is used, since both would see the key. Nothing that is printed, logged
//! or returned as an error holds the key, the question or the answer.

mod answer;
mod endpoint;
mod failure;
mod open_ai_model;
mod refusal;
mod request;
mod settings;

pub use self::endpoint::check_base_url;
pub use self::failure::{AnswerError, OpenError};
pub use self::open_ai_model::OpenAiModel;
pub use self::settings::{DEFAULT_BASE_URL, OpenAiSettings, TokenLimit};
