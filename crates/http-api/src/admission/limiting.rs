//! The exact limit: the last thing before a request is looked at.

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, web};

use super::headers;
use super::identity::Identity;
use crate::audit;
use crate::error::{ApiError, ErrorCode};
use crate::middleware::refused;
use crate::state::ApiState;

/// Counts the request, refuses it where that is too much or its token is bad, and tells the caller in the answer what is left.
pub(crate) async fn limit<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let identity = request.extensions_mut().remove::<Identity>();
    let state = request.app_data::<web::Data<ApiState>>().cloned();
    let (Some(identity), Some(state)) = (identity, state) else {
        // A probe.
        return Ok(next.call(request).await?.map_into_left_body());
    };
    let limits = &state.application.limits;
    let key = identity.key.text();
    let decision = limits.count(identity.class, &key).await;
    let refusal = match identity.caller {
        _ if decision.is_some_and(|decision| !decision.allowed) => {
            if state.floods.is_first_refusal(identity.key) {
                audit::limit_exceeded(identity.class.name(), &key, identity.network);
            }
            Some(ApiError::new(ErrorCode::RateLimited))
        }
        Err(refusal) => {
            audit::token_refused(refusal.code(), identity.network);
            Some(refusal)
        }
        Ok(caller) => {
            request.extensions_mut().insert(identity.key);
            if let Some(caller) = caller {
                request.extensions_mut().insert(caller);
            }
            None
        }
    };
    let mut response = match refusal {
        Some(refusal) => refused(request, refusal).map_into_right_body(),
        None => next.call(request).await?.map_into_left_body(),
    };
    let quota = limits.settings().quota(identity.class);
    if let (Some(decision), Some(quota)) = (decision, quota) {
        headers::add(response.headers_mut(), identity.class, quota, &decision);
    }
    Ok(response)
}
