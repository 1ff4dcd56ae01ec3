//! Request bodies: bounded, of the right media type, strict JSON.

use std::marker::PhantomData;

use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use actix_web::{FromRequest, HttpRequest, web};
use bytes::{Bytes, BytesMut};
use domain::json_input::read_json;
use futures_util::StreamExt;
use futures_util::future::LocalBoxFuture;
use serde::de::DeserializeOwned;

use crate::error::{ApiError, ErrorCode};
use crate::state::ApiState;

/// A media type that a body must have.
pub(crate) trait MediaType {
    const NAME: &'static str;
}

/// `application/json`.
pub(crate) struct Json;
/// `application/merge-patch+json` (RFC 7396).
pub(crate) struct MergePatch;

impl MediaType for Json {
    const NAME: &'static str = "application/json";
}

impl MediaType for MergePatch {
    const NAME: &'static str = "application/merge-patch+json";
}

/// A JSON body of the media type `M`.
pub(crate) struct JsonBody<T, M = Json> {
    pub(crate) value: T,
    /// As it was sent.
    pub(crate) bytes: Bytes,
    media_type: PhantomData<M>,
}

impl<T: DeserializeOwned + 'static, M: MediaType + 'static> FromRequest for JsonBody<T, M> {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let body = Body::<M>::from_request(request, payload);
        Box::pin(async move {
            let bytes = body.await?.bytes;
            Ok(Self {
                value: read_json(&bytes)?,
                bytes,
                media_type: PhantomData,
            })
        })
    }
}

/// A body of the media type `M`, unread.
pub(crate) struct Body<M = Json> {
    pub(crate) bytes: Bytes,
    media_type: PhantomData<M>,
}

impl<M: MediaType + 'static> FromRequest for Body<M> {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let payload = payload.take();
        Box::pin(async move {
            if media_type(&request).as_deref() != Some(M::NAME) {
                return Err(ApiError::new(ErrorCode::UnsupportedMediaType)
                    .detail(format!("The body must be {} in UTF-8.", M::NAME)));
            }
            let limit = request
                .app_data::<web::Data<ApiState>>()
                .map_or(0, |state| state.settings.max_body);
            Ok(Self {
                bytes: read_body(&request, payload, limit).await?,
                media_type: PhantomData,
            })
        })
    }
}

/// The media type in lower case without parameters; `None` when absent, or encoded or in a charset other than UTF-8.
pub(crate) fn media_type(request: &HttpRequest) -> Option<String> {
    let encoded = is_encoded(request);
    let text = request
        .headers()
        .get(CONTENT_TYPE)
        .filter(|_| !encoded)?
        .to_str()
        .ok()?
        .to_ascii_lowercase();
    let mut parts = text.split(';').map(str::trim);
    let name = parts.next()?.to_owned();
    let utf8 = parts
        .filter_map(|parameter| parameter.strip_prefix("charset="))
        .all(|charset| matches!(charset.trim_matches('"'), "utf-8" | "utf8"));
    utf8.then_some(name)
}

/// Whether the body is compressed, which none may be.
pub(crate) fn is_encoded(request: &HttpRequest) -> bool {
    let encodings = request.headers().get_all(CONTENT_ENCODING);
    encodings
        .map(|encoding| encoding.as_bytes())
        .any(|encoding| !encoding.eq_ignore_ascii_case(b"identity"))
}

async fn read_body(
    request: &HttpRequest,
    mut payload: Payload,
    limit: usize,
) -> Result<Bytes, ApiError> {
    let too_large = || {
        ApiError::new(ErrorCode::BodyTooLarge)
            .detail(format!("The body may have at most {limit} bytes."))
    };
    let announced = request
        .headers()
        .get(CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > limit as u64) {
        return Err(too_large());
    }
    let mut body = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|error| unreadable(&error))?;
        if body.len() + chunk.len() > limit {
            return Err(too_large());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// The refusal for a body that did not arrive.
pub(crate) fn unreadable(error: &PayloadError) -> ApiError {
    match error {
        PayloadError::Overflow => ApiError::new(ErrorCode::BodyTooLarge),
        _ => ApiError::new(ErrorCode::BadRequest).detail("The body could not be read to its end."),
    }
}
