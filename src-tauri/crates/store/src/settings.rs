use rusqlite::{OptionalExtension, params};
use serde_json::Value;

use crate::{Library, StoreError};

pub(crate) const SCHEMA_V1: &str = "
CREATE TABLE settings (
    key   TEXT PRIMARY KEY NOT NULL,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
";

impl Library {
    /// The value that was stored under `key`.
    pub fn setting(&self, key: &str) -> Result<Option<Value>, StoreError> {
        self.read(|connection| {
            let text: Option<String> = connection
                .prepare_cached("SELECT value FROM settings WHERE key = ?1")?
                .query_row([key], |row| row.get(0))
                .optional()?;
            Ok(text.map(|text| serde_json::from_str(&text)).transpose()?)
        })
    }

    /// Stores `value` under `key`; `null` removes it.
    pub fn set_setting(&self, key: &str, value: &Value) -> Result<(), StoreError> {
        self.write(|transaction| {
            if value.is_null() {
                transaction.execute("DELETE FROM settings WHERE key = ?1", [key])?;
            } else {
                transaction.execute(
                    "INSERT INTO settings (key, value) VALUES (?1, ?2)
                     ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                    params![key, value.to_string()],
                )?;
            }
            Ok(())
        })
    }

    /// All settings in the order of their keys.
    pub fn settings(&self) -> Result<Vec<(String, Value)>, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached("SELECT key, value FROM settings ORDER BY key")?;
            let rows =
                statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
            let mut settings = Vec::new();
            for row in rows {
                let (key, text) = row?;
                settings.push((key, serde_json::from_str(&text)?));
            }
            Ok(settings)
        })
    }
}
