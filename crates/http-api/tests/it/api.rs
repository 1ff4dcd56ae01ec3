//! A running API over fake stores, at a fixed time, with a small catalogue.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use actix_web::HttpServer;
use actix_web::dev::ServerHandle;
use adapter_memory::{MemoryCache, MemoryRateLimiter, MemoryReplayGuard};
use adapter_search::{InProcessIndex, SearchSettings};
use app::assistant::{AssistantEvents, Model, QuestionSettings, Source};
use app::limits::LimitSettings;
use app::tasks::{TaskDependencies, TaskLimits, TaskObserver, TaskSettings};
use app::{Application, Dependencies};
use auth::{MintRequest, Minter, Role, ScopeSet, TokenKey, TokenSettings, Verifier};
use domain::{FieldOfStudy, Quota, ScholarshipContent, Timestamp, UsState};
use http_api::{AgentActions, ApiSettings, ApiState, Connections};
use ports::{Clock, MicroUsd, ModelError, ScholarshipStore};
use serde_json::Value;
use telemetry::Metrics;
use testkit::{
    FixedClock, Interruptible, Interruption, MemoryInteractionStore, MemoryRevocationStore,
    MemoryScholarshipStore, MemoryTaskStore, SequentialIds, instant, scholarship,
};

use crate::client::{Answer, exchange, head};
use crate::conformance;

pub(crate) const SECRET: &str = "kT9vQ2mX7pLc4RzW8nYb3HsJ6dFg1AuE";
pub(crate) const NOW: &str = "2026-11-23T12:00:00Z";

/// Counts nothing.
struct Uncounted;

impl TaskObserver for Uncounted {
    fn task_received(&self) {}
    fn attempt_ended(&self, _: &'static str, _: Duration) {}
    fn center_called(&self, _: bool) {}
    fn notice_sent(&self, _: bool) {}
    fn notice_buried(&self) {}
    fn events_dropped(&self, _: u64) {}
}

impl AssistantEvents for Uncounted {
    fn model_called(&self, _: Option<&ModelError>, _: Duration) {}
    fn model_asked(&self, _: bool) {}
    fn answered(&self, _: Source) {}
    fn money_spent(&self, _: MicroUsd) {}
    fn budget_warned(&self) {}
}

pub(crate) struct Api {
    pub(crate) address: SocketAddr,
    pub(crate) admin: SocketAddr,
    pub(crate) clock: Arc<FixedClock>,
    /// While true, whatever looks at the clock panics.
    pub(crate) panicking: Arc<AtomicBool>,
    /// Begins and ends failures of both stores.
    pub(crate) interruption: Interruption,
    pub(crate) metrics: Metrics,
    pub(crate) state: ApiState,
    pub(crate) store: MemoryScholarshipStore,
    /// Tasks are worked at while it is there.
    _working: tokio::sync::watch::Sender<bool>,
    servers: [ServerHandle; 2],
    minter: Minter,
}

impl Drop for Api {
    fn drop(&mut self) {
        for server in &self.servers {
            // Sends the command at once; the future only waits for the end.
            drop(server.stop(false));
        }
    }
}

/// The clock of the use cases, which can be made to break.
struct BreakableClock {
    clock: Arc<FixedClock>,
    panicking: Arc<AtomicBool>,
}

impl Clock for BreakableClock {
    fn now(&self) -> Timestamp {
        assert!(
            !self.panicking.load(Ordering::SeqCst),
            "the clock is broken"
        );
        self.clock.now()
    }
}

/// How a test's API differs from the usual one.
pub(crate) struct Setup {
    pub(crate) settings: ApiSettings,
    pub(crate) limits: LimitSettings,
    pub(crate) tasks: TaskLimits,
    pub(crate) max_connections: usize,
    pub(crate) catalogue: Vec<ScholarshipContent>,
    pub(crate) load: bool,
    pub(crate) model: Option<Model>,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            settings: ApiSettings {
                version: "1.2.3".to_owned(),
                ..ApiSettings::default()
            },
            limits: limits(1_000_000),
            tasks: TaskLimits {
                per_owner: 1_000,
                in_all: 10_000,
            },
            max_connections: 1_000,
            catalogue: catalogue(),
            load: true,
            model: None,
        }
    }
}

/// The same for all, per minute.
pub(crate) fn limits(each: u32) -> LimitSettings {
    let quota = Quota::per_minute(each).expect("a quota");
    LimitSettings {
        public: quota,
        authenticated: quota,
        agent: quota,
        admin: quota,
        auth_failure: quota,
        model: quota,
        per_ip: true,
        per_token: true,
    }
}

/// Three scholarships that are open to different students, one that has expired and one draft; ids from 1 to 5.
pub(crate) fn catalogue() -> Vec<ScholarshipContent> {
    let date = |text: &str| text.parse().expect("a date");
    vec![
        scholarship("Silver State Engineering Award")
            .organization("Nevada Example Foundation")
            .description("For future engineers of Nevada.")
            .amount(500_000)
            .deadline(date("2027-03-01"))
            .states(&[UsState::Nevada])
            .fields(&[FieldOfStudy::Engineering])
            .min_gpa(300)
            .content(),
        scholarship("Golden Coast Nursing Grant")
            .organization("California Example Trust")
            .amount(250_000)
            .deadline(date("2027-01-15"))
            .states(&[UsState::California])
            .fields(&[FieldOfStudy::Medicine])
            .content(),
        scholarship("Open Door Scholarship").rolling().content(),
        scholarship("Yesterday Engineering Prize")
            .amount(100_000)
            .deadline(date("2026-11-01"))
            .content(),
        scholarship("Unfinished Engineering Fund")
            .status(domain::EditorialStatus::Draft)
            .content(),
    ]
}

/// The id of the n-th scholarship that the API made.
pub(crate) fn id(number: u128) -> String {
    domain::ScholarshipId::from_bits(number).to_string()
}

impl Api {
    pub(crate) async fn start() -> Self {
        Self::with(Setup::default()).await
    }

    pub(crate) async fn with(setup: Setup) -> Self {
        let clock = Arc::new(FixedClock::at(instant(NOW)));
        let panicking = Arc::new(AtomicBool::new(false));
        let interruption = Interruption::default();
        let store = MemoryScholarshipStore::default();
        for (number, content) in (1..).zip(setup.catalogue) {
            let id = domain::ScholarshipId::from_bits(number);
            let made = store
                .create(id, content, None, testkit::write_at(instant(NOW)))
                .await;
            made.expect("a new scholarship");
        }
        let ids = SequentialIds::default();
        for _ in 0..100 {
            ports::IdGenerator::scholarship_id(&ids);
        }
        let tasks = MemoryTaskStore::default();
        let application = Application::new(Dependencies {
            scholarships: Arc::new(Interruptible::new(store.clone(), &interruption)),
            interactions: Arc::new(Interruptible::new(
                MemoryInteractionStore::default(),
                &interruption,
            )),
            revocations: Arc::new(Interruptible::new(
                MemoryRevocationStore::default(),
                &interruption,
            )),
            index: Arc::new(InProcessIndex::new(SearchSettings::default())),
            cache: Arc::new(MemoryCache::new(1_000_000)),
            limiter: Arc::new(MemoryRateLimiter::new(
                Arc::clone(&clock) as Arc<dyn Clock>,
                10_000,
            )),
            limits: setup.limits,
            clock: Arc::new(BreakableClock {
                clock: Arc::clone(&clock),
                panicking: Arc::clone(&panicking),
            }),
            ids: Arc::new(ids),
            model: setup.model.clone(),
            questions: QuestionSettings {
                deadline: Duration::from_secs(5),
                remembered: Duration::from_secs(60),
            },
            assistant_events: Arc::new(Uncounted),
            probes: Vec::new(),
            tasks: TaskDependencies {
                store: Arc::new(tasks.clone()),
                outbox: Arc::new(tasks.clone()),
                guard: Arc::new(MemoryReplayGuard::new(
                    Arc::clone(&clock) as Arc<dyn Clock>,
                    1_000,
                )),
                center: None,
                observer: Arc::new(Uncounted),
                settings: TaskSettings {
                    agent_id: "agent".to_owned(),
                    version: "1.2.3".to_owned(),
                    at_once: 4,
                    kept_for: chrono::TimeDelta::days(7),
                    limits: setup.tasks,
                },
            },
        });
        if setup.load {
            application
                .follower
                .load()
                .await
                .expect("the fake store answers");
        }
        let key = TokenKey::new(SECRET.into()).expect("a secret");
        let tokens = TokenSettings::default();
        let verifier = Arc::new(Verifier::new(tokens.clone(), std::slice::from_ref(&key)));
        let metrics = Metrics::new("1.2.3", http_api::routes());
        let proxies = setup.settings.trusted_proxies.clone();
        let connections = Connections::new(setup.max_connections, proxies);
        let state = ApiState::new(
            Arc::new(application),
            verifier,
            metrics.clone(),
            setup.settings,
        );
        let workers = (state.application.tasks).workers(Arc::new(AgentActions::new(state.clone())));
        let (working, stopped) = tokio::sync::watch::channel(false);
        actix_web::rt::spawn(workers.run(stopped));
        let (admin_state, kept) = (state.clone(), state.clone());
        let watched = Arc::clone(&connections);
        actix_web::rt::spawn(async move {
            loop {
                actix_web::rt::time::sleep(Duration::from_millis(100)).await;
                watched.close_stalled();
            }
        });
        let public = HttpServer::new(move || http_api::application(state.clone()))
            .on_connect(move |connection, kept| connections.admit(connection, kept))
            .workers(1)
            .disable_signals()
            .bind(("127.0.0.1", 0))
            .expect("a free port");
        let admin = HttpServer::new(move || http_api::admin_application(admin_state.clone(), None))
            .workers(1)
            .disable_signals()
            .bind(("127.0.0.1", 0))
            .expect("a free port");
        let (address, admin_address) = (public.addrs()[0], admin.addrs()[0]);
        let (public, admin) = (public.run(), admin.run());
        let servers = [public.handle(), admin.handle()];
        actix_web::rt::spawn(public);
        actix_web::rt::spawn(admin);
        Self {
            address,
            admin: admin_address,
            clock,
            panicking,
            interruption,
            metrics,
            state: kept,
            store,
            _working: working,
            servers,
            minter: Minter::new(tokens, &key),
        }
    }

    /// A token for `sub` "someone", valid for ten minutes.
    pub(crate) fn token(&self, role: Role, scopes: &str) -> String {
        self.token_of("someone", role, scopes)
    }

    pub(crate) fn token_of(&self, subject: &str, role: Role, scopes: &str) -> String {
        self.token_with_id("token-1", subject, role, scopes)
    }

    pub(crate) fn token_with_id(
        &self,
        token_id: &str,
        subject: &str,
        role: Role,
        scopes: &str,
    ) -> String {
        let request = MintRequest {
            subject: subject.to_owned(),
            role,
            scopes: ScopeSet::from_claim(scopes),
            lifetime: Duration::from_secs(600),
            token_id: token_id.to_owned(),
        };
        let now = self.clock.now();
        format!(
            "Bearer {}",
            self.minter.mint(&request, now).expect("a token")
        )
    }

    pub(crate) fn editor(&self) -> String {
        self.token(Role::Partner, "scholarships:write")
    }

    /// Sends one request, and holds the answer against the OpenAPI document.
    pub(crate) async fn send(
        &self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: Option<&[u8]>,
    ) -> Answer {
        let head = head(method, target, headers, body.map(<[u8]>::len));
        let answer = exchange(self.address, method, &head, body.unwrap_or_default()).await;
        conformance::check(method, target, &answer);
        answer
    }

    pub(crate) async fn get(&self, target: &str) -> Answer {
        self.send("GET", target, &[], None).await
    }

    pub(crate) async fn get_as(&self, token: &str, target: &str) -> Answer {
        self.send("GET", target, &[("Authorization", token)], None)
            .await
    }

    pub(crate) async fn post(&self, target: &str, body: &Value) -> Answer {
        self.post_text(target, &body.to_string()).await
    }

    pub(crate) async fn post_text(&self, target: &str, body: &str) -> Answer {
        let headers = [("Content-Type", "application/json")];
        self.send("POST", target, &headers, Some(body.as_bytes()))
            .await
    }

    pub(crate) async fn post_as(&self, token: &str, target: &str, body: &Value) -> Answer {
        let headers = [
            ("Content-Type", "application/json"),
            ("Authorization", token),
        ];
        let body = body.to_string();
        self.send("POST", target, &headers, Some(body.as_bytes()))
            .await
    }
}
