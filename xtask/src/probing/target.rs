//! One request to the service at a time, with a bound for everything.

use std::time::{Duration, Instant};

use outgoing_http::{TlsError, base_url, tls_configuration};
use reqwest::header::HeaderMap;
use reqwest::{Client, RequestBuilder, StatusCode, Url, redirect};

/// For one request, and to connect.
const TIMEOUT: Duration = Duration::from_secs(10);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// The most that is read of an answer.
const LONGEST_BODY: usize = 4 * 1024 * 1024;

/// The service could not be probed; whether it is good, nobody knows.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CannotProbe {
    #[error(
        "{0:?} is no URL of a service, such as http://localhost:5000 or https://api.example.org"
    )]
    NoTarget(String),
    #[error(
        "JWT_SECRET is not set: set it to the secret that the service runs with, so that tokens can be made to probe with"
    )]
    NoSecret,
    #[error(
        "JWT_SECRET is too short to sign with: set it to the secret that the service runs with"
    )]
    WeakSecret,
    #[error("no token can be made")]
    TokenSettings(#[source] anyhow::Error),
    #[error(
        "the service refuses a good token ({0}): JWT_SECRET, JWT_ISSUER and JWT_AUDIENCE must be those that it runs with"
    )]
    TokenRefused(String),
    #[error("{0} does not answer; is the service running there?")]
    Unreachable(String, #[source] reqwest::Error),
    #[error("{0} cannot be connected to; is the service running there?")]
    Unconnected(String, #[source] std::io::Error),
    #[error("the answer to {0} has more than {LONGEST_BODY} bytes: is this the right service?")]
    TooLong(String),
    #[error(
        "{0} was answered with 429: the service's rate limits are lower than what is asked here, which says nothing about it. Raise \
         RATE_LIMIT_ADMIN (or RATE_LIMIT_AUTH_FAILURE where a bad token was refused), or wait a minute and try again"
    )]
    Limited(String),
    #[error(
        "{limited} of {requests} requests were answered with 429: the service's rate limit for administrators is lower than what is \
         asked here, which says nothing about it. Raise RATE_LIMIT_ADMIN above {requests}/minute, or wait a minute and try again"
    )]
    LoadLimited { limited: usize, requests: usize },
    #[error("https cannot be spoken")]
    Tls(#[from] TlsError),
    #[error("the HTTP client cannot be set up")]
    Client(#[source] reqwest::Error),
}

#[derive(Clone)]
pub(crate) struct Target {
    base: Url,
    client: Client,
    /// Whether 429 is an answer like others.
    may_limit: bool,
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    /// From the first byte sent to the last one read, in milliseconds.
    pub(crate) milliseconds: f64,
}

impl Answer {
    /// One member of a JSON object, as it would be written; `nothing` when there is none.
    pub(crate) fn member(&self, name: &str) -> serde_json::Value {
        let body: serde_json::Value = serde_json::from_slice(&self.body).unwrap_or_default();
        body.get(name).cloned().unwrap_or_default()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The status and, of a problem, its code.
    pub(crate) fn shown(&self) -> String {
        match self.member("code").as_str() {
            Some(code) => format!("{} {code}", self.status.as_u16()),
            None => self.status.as_u16().to_string(),
        }
    }
}

/// Of a command line: wrong usage is told apart from a machine that cannot speak https.
///
/// # Errors
/// When it is not the URL of a service.
pub(crate) fn service_url(text: &str) -> Result<Url, CannotProbe> {
    let base = base_url(text).filter(|base| base.path() == "/");
    base.ok_or_else(|| CannotProbe::NoTarget(text.to_owned()))
}

impl Target {
    /// # Errors
    /// When the URL is not that of a service, or no client can be made.
    pub(crate) fn new(url: &str) -> Result<Self, CannotProbe> {
        Self::at(service_url(url)?)
    }

    /// # Errors
    /// When no client can be made.
    pub(crate) fn at(base: Url) -> Result<Self, CannotProbe> {
        let client = Client::builder()
            .user_agent("scholarship-api-probes")
            .tls_backend_preconfigured(tls_configuration(base.scheme() == "https")?)
            .redirect(redirect::Policy::none())
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(TIMEOUT)
            .build()
            .map_err(CannotProbe::Client)?;
        Ok(Self {
            base,
            client,
            may_limit: true,
        })
    }

    /// From now on a 429 is no answer: for probes that are not about limits.
    pub(crate) fn without_limits(self) -> Self {
        Self {
            may_limit: false,
            ..self
        }
    }

    pub(crate) fn shown(&self) -> String {
        self.base.to_string()
    }

    pub(crate) fn url(&self) -> &Url {
        &self.base
    }

    /// # Errors
    /// When there is no answer at all. Whatever the answer says is no error.
    pub(crate) async fn get(&self, path: &str, token: Option<&str>) -> Result<Answer, CannotProbe> {
        self.find(path, &[], token).await
    }

    /// With parameters.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub(crate) async fn find(
        &self,
        path: &str,
        parameters: &[(&str, &str)],
        token: Option<&str>,
    ) -> Result<Answer, CannotProbe> {
        let mut url = self.base.clone();
        url.set_path(path);
        if !parameters.is_empty() {
            url.query_pairs_mut().extend_pairs(parameters);
        }
        self.ask(self.client.get(url), path, token).await
    }

    /// # Errors
    /// As [`Self::get`].
    pub(crate) async fn post(
        &self,
        path: &str,
        body: &serde_json::Value,
        token: Option<&str>,
    ) -> Result<Answer, CannotProbe> {
        let mut url = self.base.clone();
        url.set_path(path);
        self.ask(self.client.post(url).json(body), path, token)
            .await
    }

    async fn ask(
        &self,
        mut request: RequestBuilder,
        path: &str,
        token: Option<&str>,
    ) -> Result<Answer, CannotProbe> {
        let shown = format!("{}{}", self.base, path.trim_start_matches('/'));
        let unreachable =
            |error: reqwest::Error| CannotProbe::Unreachable(shown.clone(), error.without_url());
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let begun = Instant::now();
        let mut response = request.send().await.map_err(unreachable)?;
        let (status, headers) = (response.status(), response.headers().clone());
        if status == StatusCode::TOO_MANY_REQUESTS && !self.may_limit {
            return Err(CannotProbe::Limited(shown));
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
            if body.len() + chunk.len() > LONGEST_BODY {
                return Err(CannotProbe::TooLong(shown));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer {
            status,
            headers,
            body,
            milliseconds: begun.elapsed().as_secs_f64() * 1e3,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_the_roots_of_services() {
        for good in ["http://localhost:5000", "https://api.example.org/"] {
            assert!(Target::new(good).is_ok(), "{good}");
        }
        for bad in [
            "localhost:5000",
            "ftp://api.example.org",
            "http://me@api.example.org",
            "http://api.example.org/path",
            "http://api.example.org/?a=b",
            "",
        ] {
            assert!(
                matches!(Target::new(bad), Err(CannotProbe::NoTarget(_))),
                "{bad}"
            );
        }
    }
}
