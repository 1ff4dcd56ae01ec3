//! A server that does nothing but what every answer needs: no API on the same framework can be faster.
//!
//! `/hello` answers two bytes. `/fragments` puts an answer of about six thousand bytes together from ten ready fragments, as
//! the API's search answers are put together, without searching, parsing or middleware; `/same-size` does the same with as
//! many bytes as the API's answers have in the mean.

use std::cell::Cell;
use std::io::Read as _;
use std::sync::Arc;

use actix_web::http::header::{CACHE_CONTROL, ContentType};
use actix_web::{App, HttpResponse, HttpServer, web};
use anyhow::Context as _;
use domain::ScholarshipDocument;
use serde::Serialize;

use crate::{corpus, output};

/// Arguments of `ceiling`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Length of the answers of `/same-size`
    #[arg(long, default_value_t = 12_000)]
    same_size: usize,
}

/// Cards to choose from: more than fit the innermost cache.
const CARDS: usize = 2_000;
const CARDS_OF_AN_ANSWER: usize = 10;
/// What every answer has besides its cards, as an answer with facets has.
const FACETS: usize = 1_500;
const FRAGMENTS_BYTES: usize = 6_000;

#[derive(Serialize)]
struct Line {
    address: String,
}

/// Ready parts of answers of one length.
struct Fragments {
    cards: Vec<Vec<u8>>,
    tail: Vec<u8>,
}

impl Fragments {
    /// Cards are cut or repeated until ten of them, with the tail, have `bytes`.
    fn make(bytes: usize) -> anyhow::Result<Self> {
        let card_bytes = bytes.saturating_sub(FACETS) / CARDS_OF_AN_ANSWER;
        let mut cards = Vec::with_capacity(CARDS);
        for content in corpus::contents(CARDS)? {
            let card = serde_json::to_vec(&ScholarshipDocument::from(&content))?;
            cards.push(card.into_iter().cycle().take(card_bytes).collect());
        }
        let tail = b",{\"value\":\"NV\",\"count\":17}".iter().copied();
        Ok(Self {
            cards,
            tail: tail.cycle().take(FACETS).collect(),
        })
    }

    fn answer(&self, number: usize) -> Vec<u8> {
        let first =
            number.wrapping_mul(CARDS_OF_AN_ANSWER) % (self.cards.len() - CARDS_OF_AN_ANSWER);
        let cards = &self.cards[first..first + CARDS_OF_AN_ANSWER];
        let length: usize = cards.iter().map(|card| card.len() + 1).sum();
        let mut body = Vec::with_capacity(length + self.tail.len() + 16);
        body.extend_from_slice(b"{\"data\":[");
        for (at, card) in cards.iter().enumerate() {
            if at > 0 {
                body.push(b',');
            }
            body.extend_from_slice(card);
        }
        body.extend_from_slice(&self.tail);
        body
    }
}

/// Each worker counts for itself: nothing is shared that could contend.
struct Worker {
    fragments: Arc<Fragments>,
    same_size: Arc<Fragments>,
    answered: Cell<usize>,
}

impl Worker {
    fn answer(&self, fragments: &Fragments) -> HttpResponse {
        let number = self.answered.get();
        self.answered.set(number.wrapping_add(1));
        HttpResponse::Ok()
            .content_type(ContentType::json())
            .insert_header((CACHE_CONTROL, "no-cache"))
            .body(fragments.answer(number))
    }
}

async fn hello() -> HttpResponse {
    HttpResponse::Ok()
        .content_type(ContentType::plaintext())
        .body("ok")
}

async fn fragments(worker: web::Data<Worker>) -> HttpResponse {
    worker.answer(&worker.fragments)
}

async fn same_size(worker: web::Data<Worker>) -> HttpResponse {
    worker.answer(&worker.same_size)
}

/// Serves on a free port, which it prints, until standard input ends: so that it goes when its caller does.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let fragments = Arc::new(Fragments::make(FRAGMENTS_BYTES)?);
    let same_size = Arc::new(Fragments::make(arguments.same_size)?);
    actix_web::rt::System::new().block_on(async move {
        let server = HttpServer::new(move || {
            let worker = Worker {
                fragments: Arc::clone(&fragments),
                same_size: Arc::clone(&same_size),
                answered: Cell::new(0),
            };
            App::new()
                .app_data(web::Data::new(worker))
                .route("/hello", web::get().to(hello))
                .route("/fragments", web::get().to(self::fragments))
                .route("/same-size", web::get().to(self::same_size))
        })
        .disable_signals()
        .bind("127.0.0.1:0")
        .context("no port is free")?;
        let address = server.addrs().first().context("no address")?.to_string();
        output::print(&Line { address })?;
        let running = server.run();
        let handle = running.handle();
        std::thread::spawn(move || {
            let mut rest = Vec::new();
            // However reading ends, nobody is there any more.
            let _ = std::io::stdin().read_to_end(&mut rest);
            // Told to stop, it stops by itself; nobody needs to wait here.
            drop(handle.stop(false));
        });
        running.await.context("serving")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_have_the_length_asked_for() {
        for bytes in [FRAGMENTS_BYTES, 14_000] {
            let fragments = Fragments::make(bytes).expect("fragments");
            for number in [0, 1, 57, CARDS * 3] {
                let length = fragments.answer(number).len();
                assert!(length.abs_diff(bytes) < 100, "{length}");
            }
        }
        let fragments = Fragments::make(FRAGMENTS_BYTES).expect("fragments");
        assert_ne!(fragments.answer(0), fragments.answer(1));
    }
}
