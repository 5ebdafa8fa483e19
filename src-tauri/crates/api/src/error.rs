use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use recordroute_engine::Error;
use recordroute_engine::core::ErrorCode;
use serde_json::json;

/// The one place where an error becomes an answer.
pub(crate) struct ApiError {
    status: StatusCode,
    code: ErrorCode,
    message: String,
}

impl ApiError {
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            code: ErrorCode::InvalidInput,
            message: message.into(),
        }
    }

    pub(crate) fn forbidden(message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::FORBIDDEN,
            code: ErrorCode::InvalidInput,
            message: message.into(),
        }
    }

    /// A use case that did not come back: a bug, and logged as one.
    pub(crate) fn lost(error: &tokio::task::JoinError) -> Self {
        tracing::error!(%error, "a use case panicked");
        let message = "The request failed inside RecordRoute. Its log says more.".to_owned();
        Self {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            code: ErrorCode::Other,
            message,
        }
    }
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        let code = error.code();
        let status = match code {
            ErrorCode::NotFound => StatusCode::NOT_FOUND,
            ErrorCode::InvalidInput => StatusCode::BAD_REQUEST,
            ErrorCode::Duplicate => StatusCode::CONFLICT,
            ErrorCode::UnsupportedMedia | ErrorCode::NoAudio => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            ErrorCode::DiskFull => StatusCode::INSUFFICIENT_STORAGE,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Self {
            status,
            code,
            message: error.to_string(),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = json!({ "error": { "code": self.code, "message": self.message } });
        (self.status, Json(body)).into_response()
    }
}
