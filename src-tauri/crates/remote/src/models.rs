//! What a server tells of itself: its models, their context, how many tokens a text has.

use recordroute_core::CancellationToken;
use reqwest::Method;
use serde_json::{Value, json};

use crate::error::{Miss, cleaned};
use crate::http::Server;

/// Models that are listed, and characters of a name.
const MAX_MODELS: usize = 500;
const MAX_NAME_CHARS: usize = 200;

/// A model that a server offers.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct RemoteModel {
    /// Its name there.
    pub id: String,
}

/// The models that it offers, in its own order.
pub(crate) async fn list(server: &Server, cancel: &CancellationToken) -> Result<Vec<RemoteModel>, Miss> {
    let answer = server.json(Method::GET, "v1/models", None, cancel).await?;
    let models = answer.get("data").and_then(Value::as_array).ok_or_else(|| {
        Miss::Failed(format!(
            "What answers at {} is no model server. Check the address and the port.",
            server.address.host
        ))
    })?;
    Ok(models
        .iter()
        .filter_map(|model| model.get("id")?.as_str())
        .filter(|id| id.chars().count() <= MAX_NAME_CHARS && !id.chars().any(char::is_control))
        .take(MAX_MODELS)
        .map(|id| RemoteModel { id: id.to_owned() })
        .collect())
}

/// The model that is meant, as the server calls it.
pub(crate) fn chosen(models: &[RemoteModel], wanted: &str, host: &str) -> Result<String, Miss> {
    let wanted = wanted.trim();
    let found = match models {
        [only] if wanted.is_empty() => Some(only),
        _ => models.iter().find(|model| is_same(&model.id, wanted)),
    };
    if let Some(model) = found {
        return Ok(model.id.clone());
    }
    let names: Vec<String> = models
        .iter()
        .take(5)
        .map(|model| cleaned(&model.id, 60))
        .collect();
    let offered = if names.is_empty() {
        "It has none yet: get one there.".to_owned()
    } else {
        format!("It offers {}.", names.join(", "))
    };
    Err(Miss::Failed(if wanted.is_empty() {
        format!("No model is chosen for the server at {host}. {offered}")
    } else {
        format!(
            "The server at {host} does not have the model “{}”. {offered}",
            cleaned(wanted, 80)
        )
    }))
}

/// Ollama adds `:latest` to names that have no tag.
pub(crate) fn is_same(id: &str, wanted: &str) -> bool {
    id == wanted || id.strip_suffix(":latest") == Some(wanted) || wanted.strip_suffix(":latest") == Some(id)
}

/// Tokens by llama.cpp's `/tokenize`; none where the server does not have it.
pub(crate) async fn count(server: &Server, text: &str, cancel: &CancellationToken) -> Option<usize> {
    let body = json!({ "content": text });
    let answer = server
        .json(Method::POST, "tokenize", Some(&body), cancel)
        .await
        .ok()?;
    answer.get("tokens")?.as_array().map(Vec::len)
}

/// The context that llama.cpp's server gives each request.
pub(crate) async fn props_context(server: &Server, cancel: &CancellationToken) -> Option<usize> {
    let props = server.json(Method::GET, "props", None, cancel).await.ok()?;
    let n = props.pointer("/default_generation_settings/n_ctx")?.as_u64()?;
    usize::try_from(n).ok().filter(|n| *n > 0)
}
