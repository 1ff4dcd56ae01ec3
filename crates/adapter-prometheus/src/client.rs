//! Prometheus over HTTP.

use std::fmt;
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, LOCATION};
use reqwest::{Client as HttpClient, Response, Url};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::answer::{Series, series};
use crate::promql::{Millis, seconds_text};
use crate::{OpenError, QueryError, Settings};

/// How much longer than Prometheus we wait, so that it is the one that says that it is too slow.
const GRACE: Duration = Duration::from_millis(500);

pub(crate) struct Client {
    http: HttpClient,
    query: Url,
    query_range: Url,
    patience: Duration,
    longest_answer: usize,
    /// Questions at a time.
    turns: Semaphore,
}

impl Client {
    /// Opens no connection.
    pub(crate) fn new(settings: &Settings) -> Result<Self, OpenError> {
        let query = endpoint(&settings.url, "query")?;
        let encrypts = query.scheme() == "https";
        let tls = match &settings.authorities {
            Some(pem) => outgoing_http::tls_configuration_trusting(pem)?,
            None => outgoing_http::tls_configuration(encrypts)?,
        };
        let http = outgoing_http::client_builder(tls)
            .default_headers(headers(settings)?)
            .build()
            .map_err(OpenError::Client)?;
        Ok(Self {
            http,
            query,
            query_range: endpoint(&settings.url, "query_range")?,
            patience: settings.limits.query,
            longest_answer: settings.limits.answer,
            turns: Semaphore::new(settings.limits.concurrency.clamp(1, Semaphore::MAX_PERMITS)),
        })
    }

    /// At a moment, or now by the clock of Prometheus.
    pub(crate) async fn at(
        &self,
        at: Option<Millis>,
        text: &str,
    ) -> Result<Vec<Series>, QueryError> {
        let time = at.map(seconds_text);
        let time = time.as_deref().map(|time| ("time", time));
        self.ask(&self.query, text, time.as_slice()).await
    }

    pub(crate) async fn range(
        &self,
        (from, to): (Millis, Millis),
        step: Millis,
        text: &str,
    ) -> Result<Vec<Series>, QueryError> {
        let (from, to, step) = (seconds_text(from), seconds_text(to), seconds_text(step));
        let bounds = [("start", from.as_str()), ("end", &to), ("step", &step)];
        self.ask(&self.query_range, text, &bounds).await
    }

    async fn ask(
        &self,
        url: &Url,
        text: &str,
        parameters: &[(&str, &str)],
    ) -> Result<Vec<Series>, QueryError> {
        let patience = format!("{}ms", self.patience.as_millis());
        let mut form = url.clone();
        form.query_pairs_mut()
            .append_pair("query", text)
            .append_pair("timeout", &patience)
            .extend_pairs(parameters);
        let request = self
            .http
            .post(url.clone())
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form.query().unwrap_or_default().to_owned());
        // Never closed, so it never fails; and without a turn one more question does no harm.
        let _turn = self.turns.acquire().await.ok();
        let answered = timeout(self.patience + GRACE, async {
            let response = request.send().await.map_err(failed)?;
            self.read(response).await
        });
        answered
            .await
            .unwrap_or(Err(QueryError::TimedOut(self.patience)))
    }

    async fn read(&self, mut response: Response) -> Result<Vec<Series>, QueryError> {
        let status = response.status();
        if status.is_redirection() {
            return Err(QueryError::Redirected {
                status: status.as_u16(),
                to: host_of(&response),
            });
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if body.len() + chunk.len() > self.longest_answer {
                let limit = self.longest_answer;
                return Err(QueryError::TooLong { limit });
            }
            body.extend_from_slice(&chunk);
        }
        series(status.as_u16(), &body)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Client")
            .field("query", &self.query.as_str())
            .finish_non_exhaustive()
    }
}

fn endpoint(url: &str, name: &str) -> Result<Url, OpenError> {
    let base = outgoing_http::base_url(url).ok_or(OpenError::Url)?;
    Ok(outgoing_http::below(base, ["api", "v1", name]))
}

fn headers(settings: &Settings) -> Result<HeaderMap, OpenError> {
    let mut headers = HeaderMap::new();
    for (name, value) in &settings.headers {
        let wrong = || OpenError::Header { name: name.clone() };
        let key = HeaderName::try_from(name.as_str()).map_err(|_| wrong())?;
        headers.append(key, secret(value.expose_secret()).ok_or_else(wrong)?);
    }
    if let Some(token) = &settings.bearer_token {
        headers.insert(AUTHORIZATION, bearer(token).ok_or(OpenError::Token)?);
    }
    Ok(headers)
}

fn bearer(token: &SecretString) -> Option<HeaderValue> {
    let token = token.expose_secret();
    let is_fine = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
    is_fine
        .then(|| secret(&format!("Bearer {token}")))
        .flatten()
}

fn secret(value: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(value).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// Only the host: the rest of a redirect to log in may hold secrets.
fn host_of(response: &Response) -> Option<String> {
    let location = response.headers().get(LOCATION)?.to_str().ok()?;
    let url = response.url().join(location).ok()?;
    url.host_str().map(str::to_owned)
}

fn failed(error: reqwest::Error) -> QueryError {
    let is_unreachable = error.is_connect();
    let error = error.without_url();
    if is_unreachable {
        QueryError::Unreachable(error)
    } else {
        QueryError::BrokenOff(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_before_the_interface_stays() {
        let url = |base| endpoint(base, "query").map(String::from);
        assert_eq!(
            url("http://localhost:9090").unwrap(),
            "http://localhost:9090/api/v1/query"
        );
        assert_eq!(
            url("https://a.example/p/").unwrap(),
            "https://a.example/p/api/v1/query"
        );
        for wrong in [
            "",
            "localhost:9090",
            "ftp://a/",
            "http://u:p@a/",
            "http://a/?x=1",
            "http://a/#b",
        ] {
            assert!(url(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn secrets_are_neither_printed_nor_accepted_in_any_form() {
        let mut settings = Settings::new("http://localhost:9090");
        settings.bearer_token = Some(SecretString::from("hidden"));
        settings.headers = vec![("x-scope".to_owned(), SecretString::from("hidden"))];
        let client = Client::new(&settings).unwrap();
        assert!(!format!("{settings:?} {client:?}").contains("hidden"));
        settings.bearer_token = Some(SecretString::from("hidden\nword"));
        let error = Client::new(&settings).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hidden"));
        settings.bearer_token = None;
        settings.headers = vec![("x scope".to_owned(), SecretString::from("hidden"))];
        let error = Client::new(&settings).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hidden"));
    }
}
