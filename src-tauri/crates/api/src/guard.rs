use axum::extract::Request;
use axum::http::header::HOST;
use axum::middleware::Next;
use axum::response::Response;

use crate::error::ApiError;

/// Refuses requests that came by another name than this computer's own: a page on the web may
/// make its name lead here (DNS rebinding), but cannot make the browser send `localhost`.
pub(crate) async fn loopback_names_only(request: Request, next: Next) -> Result<Response, ApiError> {
    let host = request
        .uri()
        .host()
        .or_else(|| request.headers().get(HOST).and_then(|host| host.to_str().ok()))
        .unwrap_or_default();
    if is_loopback(host) {
        Ok(next.run(request).await)
    } else {
        Err(ApiError::forbidden(
            "This door answers only to localhost. Call it by that name.",
        ))
    }
}

fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(bracketed) => bracketed.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name.eq_ignore_ascii_case("localhost")
        || name
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_computers_own_names_pass() {
        for host in [
            "localhost",
            "localhost:7373",
            "127.0.0.1:80",
            "[::1]:7373",
            "LOCALHOST",
        ] {
            assert!(is_loopback(host), "{host} is this computer");
        }
        for host in [
            "evil.example",
            "localhost.evil.example",
            "192.168.0.2:80",
            "",
            "[",
            "[fe80::1]:80",
        ] {
            assert!(!is_loopback(host), "{host} could be a page's own name");
        }
    }
}
