//! Who calls and what they may: permissions are extractors, so that a handler's signature shows them.

use std::future::{Ready, ready};
use std::marker::PhantomData;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use app::catalogue::Viewer;
use auth::{Caller, Role, Scope};
use ports::{Actor, ActorRole};

use crate::admission::CallerKey;
use crate::audit;
use crate::error::{ApiError, ErrorCode};

/// The verified caller of a request, put there by the gate; absent for anonymous ones.
fn caller_of(request: &HttpRequest) -> Option<Caller> {
    request.extensions().get::<Caller>().cloned()
}

/// Anybody, with or without a token.
#[derive(Clone)]
pub(crate) struct Anyone(Option<Caller>);

impl Anyone {
    /// Somebody without a token, for what is not asked over HTTP.
    pub(crate) const ANONYMOUS: Self = Self(None);

    pub(crate) fn may(&self, scope: Scope) -> bool {
        self.0.as_ref().is_some_and(|caller| caller.may(scope))
    }

    pub(crate) fn viewer(&self) -> Viewer {
        if self.may(Scope::ScholarshipsWrite) {
            Viewer::Editor
        } else {
            Viewer::Public
        }
    }
}

impl FromRequest for Anyone {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self(caller_of(request))))
    }
}

/// A caller whose token allows what `P` names.
pub(crate) struct Allowed<P> {
    pub(crate) caller: Caller,
    permission: PhantomData<P>,
}

impl<P> Allowed<P> {
    /// Who writes, as the catalogue's audit log names them.
    pub(crate) fn actor(&self) -> Actor {
        let role = match self.caller.role {
            Role::Student => ActorRole::Student,
            Role::Partner => ActorRole::Partner,
            Role::Agent => ActorRole::Agent,
            Role::Admin => ActorRole::Admin,
        };
        Actor::named(self.caller.subject.as_str(), role)
    }
}

pub(crate) trait Permission {
    /// Under which name its use is audited, if it is.
    const AUDITED: Option<&'static str>;

    /// # Errors
    /// 403.
    fn check(caller: &Caller) -> Result<(), ApiError>;
}

impl<P: Permission> FromRequest for Allowed<P> {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(allowed(request))
    }
}

fn allowed<P: Permission>(request: &HttpRequest) -> Result<Allowed<P>, ApiError> {
    let caller = caller_of(request).ok_or_else(|| ApiError::new(ErrorCode::TokenMissing))?;
    let key = CallerKey::text_of(request);
    match (P::check(&caller), P::AUDITED) {
        (Ok(()), Some(name)) => audit::permission_used(name, caller.role, &key),
        (Ok(()), None) => {}
        (Err(refusal), name) => {
            audit::permission_refused(name.unwrap_or("role"), caller.role, &key);
            return Err(refusal);
        }
    }
    Ok(Allowed {
        caller,
        permission: PhantomData,
    })
}

fn require(caller: &Caller, scope: Scope) -> Result<(), ApiError> {
    if caller.may(scope) {
        Ok(())
    } else {
        Err(ApiError::insufficient_scope(scope))
    }
}

/// The scope `scholarships:write`.
pub(crate) struct WriteScholarships;

impl Permission for WriteScholarships {
    const AUDITED: Option<&'static str> = Some("scholarships:write");

    fn check(caller: &Caller) -> Result<(), ApiError> {
        require(caller, Scope::ScholarshipsWrite)
    }
}

/// The scope `analytics:read`.
pub(crate) struct ReadAnalytics;

impl Permission for ReadAnalytics {
    const AUDITED: Option<&'static str> = Some("analytics:read");

    fn check(caller: &Caller) -> Result<(), ApiError> {
        require(caller, Scope::AnalyticsRead)
    }
}

/// The scope `agent:tasks`.
pub(crate) struct SendTasks;

impl Permission for SendTasks {
    const AUDITED: Option<&'static str> = Some("agent:tasks");

    fn check(caller: &Caller) -> Result<(), ApiError> {
        require(caller, Scope::AgentTasks)
    }
}

/// The role admin.
pub(crate) struct RunTasks;

impl Permission for RunTasks {
    const AUDITED: Option<&'static str> = Some("tasks");

    fn check(caller: &Caller) -> Result<(), ApiError> {
        if caller.role == Role::Admin {
            return Ok(());
        }
        Err(ApiError::new(ErrorCode::RoleNotAllowed).detail("This is for the role admin."))
    }
}

/// The roles student, partner and admin.
pub(crate) struct RecordInteractions;

impl Permission for RecordInteractions {
    /// It is what students do all the time.
    const AUDITED: Option<&'static str> = None;

    fn check(caller: &Caller) -> Result<(), ApiError> {
        match caller.role {
            Role::Student | Role::Partner | Role::Admin => Ok(()),
            Role::Agent => Err(ApiError::new(ErrorCode::RoleNotAllowed)
                .detail("Interactions are for the roles student, partner and admin.")),
        }
    }
}
