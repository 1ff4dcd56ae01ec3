//! Who sent a request, as far as limits care.

use std::net::{IpAddr, Ipv4Addr};

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header;
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpRequest, web};
use app::limits::CallerClass;
use auth::{Caller, Role};
use sha2::{Digest as _, Sha256};

use super::client_address::limited_address;
use crate::audit;
use crate::error::{ApiError, ErrorCode};
use crate::middleware::is_probe;
use crate::state::ApiState;

/// Tells one caller from all others of its class. A digest, so that counters hold neither subjects nor addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct CallerKey(u128);

impl CallerKey {
    fn of(kind: &str, name: &str) -> Self {
        let digest = Sha256::new_with_prefix(kind).chain_update(name).finalize();
        let beginning = digest.iter().take(16);
        Self(beginning.fold(0, |key, byte| key << 8 | u128::from(*byte)))
    }

    pub(crate) fn text(self) -> String {
        format!("{:032x}", self.0)
    }

    /// Of whoever sent the request, as the limits told them apart; empty for probes.
    pub(crate) fn text_of(request: &HttpRequest) -> String {
        let key = request.extensions().get::<Self>().copied();
        key.map(Self::text).unwrap_or_default()
    }
}

/// Of every request but probes.
pub(super) struct Identity {
    pub(super) class: CallerClass,
    pub(super) key: CallerKey,
    /// Not the address itself: see [`audit::network`].
    pub(super) network: IpAddr,
    /// The verified caller, nobody, or why the token is refused.
    pub(super) caller: Result<Option<Caller>, ApiError>,
}

/// Puts the [`Identity`] where the layers within find it.
pub(crate) async fn identify<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    if let Some(state) = request.app_data::<web::Data<ApiState>>()
        && !is_probe(request.path())
    {
        let identity = identity(&request, state);
        // Its class stays when the limits have taken the rest.
        request.extensions_mut().insert(identity.class);
        request.extensions_mut().insert(identity);
    }
    next.call(request).await
}

fn identity(request: &ServiceRequest, state: &ApiState) -> Identity {
    let caller = caller(request, state);
    let class = match &caller {
        Ok(None) => CallerClass::Public,
        Ok(Some(caller)) => match caller.role {
            Role::Student | Role::Partner => CallerClass::Authenticated,
            Role::Agent => CallerClass::Agent,
            Role::Admin => CallerClass::Admin,
        },
        Err(_) => CallerClass::AuthFailure,
    };
    let address = client_address(request, state);
    let key = match &caller {
        Ok(Some(caller)) => CallerKey::of("subject:", &caller.subject),
        Ok(None) | Err(_) => CallerKey::of("address:", &limited_address(address).to_string()),
    };
    Identity {
        class,
        key,
        network: audit::network(address),
        caller,
    }
}

fn client_address(request: &ServiceRequest, state: &ApiState) -> IpAddr {
    let peer = request.peer_addr();
    let peer = peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip());
    state
        .settings
        .trusted_proxies
        .client(peer, request.headers())
}

/// A request that carries a token must carry a good one, whatever it asks for.
fn caller(request: &ServiceRequest, state: &ApiState) -> Result<Option<Caller>, ApiError> {
    let mut headers = request.headers().get_all(header::AUTHORIZATION);
    let Some(value) = headers.next() else {
        return Ok(None);
    };
    let malformed = |detail: &'static str| ApiError::new(ErrorCode::TokenMalformed).detail(detail);
    if headers.next().is_some() {
        return Err(malformed("Authorization is given more than once."));
    }
    let token = value
        .to_str()
        .ok()
        .and_then(|text| text.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim());
    let Some(token) = token else {
        return Err(malformed(
            "Authorization must be the word Bearer and a token.",
        ));
    };
    let now = state.application.clock.now();
    let caller = state.verifier.verify(token, now)?;
    let id = caller.token_id.as_deref();
    let revocations = &state.application.revocations;
    if revocations.is_revoked(id, &caller.subject, caller.issued_at) {
        return Err(ApiError::token_revoked());
    }
    Ok(Some(caller))
}
