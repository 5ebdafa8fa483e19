//! Where settings come from, and how the window writes the file among these sources.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use directories::ProjectDirs;
use toml_edit::{DocumentMut, Item};

use crate::settings::{Overrides, Settings, SettingsError};

const FILE_NAME: &str = "config.toml";

/// The sources of the settings; reading them again gives what is in force now.
#[derive(Debug, Clone)]
pub struct SettingsSources {
    file: PathBuf,
    data_dir: PathBuf,
    environment: HashMap<String, String>,
    overrides: Overrides,
}

impl SettingsSources {
    /// Those of the user who runs the program.
    pub fn of_user(overrides: &Overrides) -> Result<Self, SettingsError> {
        let dirs = ProjectDirs::from("", "", "RecordRoute").ok_or(SettingsError::NoHome)?;
        // `.env` is read without touching the process's environment; the real environment wins.
        let mut environment: HashMap<String, String> = dotenvy::dotenv_iter()
            .map(|pairs| pairs.filter_map(Result::ok).collect())
            .unwrap_or_default();
        environment.extend(
            std::env::vars_os()
                .filter_map(|(key, value)| Some((key.into_string().ok()?, value.into_string().ok()?))),
        );
        environment.retain(|_, value| !value.trim().is_empty());
        Ok(Self {
            file: dirs.config_dir().join(FILE_NAME),
            data_dir: dirs.data_dir().to_owned(),
            environment,
            overrides: overrides.clone(),
        })
    }

    /// Everything in one folder and nothing from outside, such as for a portable copy or a test.
    pub fn in_folder(dir: &Path) -> Self {
        Self {
            file: dir.join(FILE_NAME),
            data_dir: dir.to_owned(),
            environment: HashMap::new(),
            overrides: Overrides::default(),
        }
    }

    /// The file that can be written.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// Reads them all.
    pub fn load(&self) -> Result<Settings, SettingsError> {
        let mut builder = config::Config::builder()
            .set_default("library", text(&self.data_dir.join("library")))?
            .set_default("models", text(&self.data_dir.join("models")))?
            .set_default("logs", text(&self.data_dir.join("logs")))?
            .set_default("templates", text(&self.data_dir.join("templates")))?
            .set_default("language", "auto")?
            .set_default("vocabulary", Vec::<String>::new())?
            .set_default("media", "copy")?
            .set_default("trash_days", 30)?
            .set_default("model_idle_minutes", 5)?
            .set_default("log", "info")?
            .set_default("interface_language", "system")?
            .set_default("theme", "system")?
            .set_default("record_microphone", true)?
            .set_default("record_system", false)?
            .set_default("record_transcribe", true)?
            .set_default("record_live", false)?
            .set_default("language_context", 8_192)?
            .set_default("minutes_template", "meeting")?
            .set_default("auto_correct", false)?
            .set_default("auto_title", false)?
            .set_default("auto_minutes", false)?
            .set_default("notify", true)?
            .set_default("welcomed", false)?
            .add_source(config::File::from(self.file.as_path()).required(false))
            .add_source(
                config::Environment::with_prefix("RECORDROUTE")
                    .source(Some(self.environment.clone()))
                    .try_parsing(true)
                    .list_separator(",")
                    .with_list_parse_key("vocabulary"),
            );
        if let Some(library) = &self.overrides.library {
            builder = builder.set_override("library", text(library))?;
        }
        if let Some(models) = &self.overrides.models {
            builder = builder.set_override("models", text(models))?;
        }
        Ok(builder.build()?.try_deserialize()?)
    }

    /// Writes what differs from what is in force into the file, whose other values, comments and
    /// order stay, and tells what is in force then: flags and environment still win.
    pub fn save(&self, wanted: &Settings) -> Result<Settings, SettingsError> {
        let unwritable = |source| SettingsError::Unwritable {
            path: self.file.clone(),
            source,
        };
        let before = table(&self.load()?).map_err(unwritable)?;
        let after = table(wanted).map_err(unwritable)?;
        let mut document = self.document()?;
        let mut changed = false;
        let keys = before.iter().chain(after.iter()).map(|(key, _)| key);
        for key in keys {
            let (old, new) = (before.get(key), after.get(key));
            if old.map(ToString::to_string) == new.map(ToString::to_string) {
                continue;
            }
            changed = true;
            match new {
                Some(new) => put(&mut document, key, new.clone()),
                None => drop(document.remove(key)),
            }
        }
        if changed {
            self.write(&document.to_string()).map_err(unwritable)?;
        }
        self.load()
    }

    fn document(&self) -> Result<DocumentMut, SettingsError> {
        let unreadable = |reason: String| SettingsError::Unreadable {
            path: self.file.clone(),
            reason,
        };
        let text = match fs::read_to_string(&self.file) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(unreadable(error.to_string())),
        };
        text.parse()
            .map_err(|error: toml_edit::TomlError| unreadable(error.message().to_owned()))
    }

    /// Under another name first: a full disk must not leave half a file.
    fn write(&self, text: &str) -> io::Result<()> {
        if let Some(folder) = self.file.parent() {
            fs::create_dir_all(folder)?;
        }
        let draft = self.file.with_extension("toml.part");
        fs::write(&draft, text)?;
        fs::rename(&draft, &self.file)
    }
}

fn table(settings: &Settings) -> io::Result<toml_edit::Table> {
    let document = toml_edit::ser::to_document(settings).map_err(io::Error::other)?;
    Ok(document.as_table().clone())
}

/// Changes a value and leaves the comment behind it.
fn put(document: &mut DocumentMut, key: &str, mut new: Item) {
    let there = document.get(key).and_then(Item::as_value);
    if let (Some(there), Some(new)) = (there, new.as_value_mut()) {
        *new.decor_mut() = there.decor().clone();
    }
    match document.get_mut(key) {
        Some(place) => *place = new,
        None => drop(document.insert(key, new)),
    }
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use recordroute_core::Language;

    use super::*;
    use crate::settings::{InterfaceLanguage, Theme};

    fn with_environment(pairs: &[(&str, &str)]) -> SettingsSources {
        let mut sources = SettingsSources::in_folder(Path::new("recordroute-settings-test"));
        let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        sources.environment = pairs.iter().map(owned).collect();
        sources
    }

    #[test]
    fn flags_win_over_the_environment_which_wins_over_defaults() {
        let mut sources = with_environment(&[
            ("RECORDROUTE_LIBRARY", "/from/environment"),
            ("RECORDROUTE_LANGUAGE", "ko"),
            ("RECORDROUTE_THREADS", "3"),
            ("RECORDROUTE_VOCABULARY", "김하늘,RecordRoute"),
        ]);
        let plain = sources.load().unwrap();
        assert_eq!(
            plain.library,
            PathBuf::from("/from/environment"),
            "the environment beats the default"
        );
        assert_eq!(plain.language, Language::KOREAN, "codes are read as languages");
        assert_eq!(plain.threads, Some(3), "numbers in the environment are text");
        assert_eq!(
            plain.vocabulary,
            ["김하늘", "RecordRoute"],
            "lists are parted by commas"
        );
        assert_eq!(plain.trash_days, 30, "what nobody sets keeps its default");

        sources.overrides.library = Some("/from/flag".into());
        let flagged = sources.load().unwrap();
        assert_eq!(
            flagged.library,
            PathBuf::from("/from/flag"),
            "a flag beats everything"
        );
    }

    #[test]
    fn a_wrong_value_is_refused_by_name() {
        let error = with_environment(&[("RECORDROUTE_LANGUAGE", "klingon")])
            .load()
            .unwrap_err();
        assert!(
            error.to_string().contains("klingon"),
            "the user must find the value: {error}"
        );
    }

    #[test]
    fn saving_keeps_what_people_and_other_versions_wrote() {
        let folder = tempfile::tempdir().unwrap();
        let sources = SettingsSources::in_folder(folder.path());
        let written =
            "# mine\ntrash_days = 90 # a quarter\nfuture_key = \"stays\"\nmodel = \"whisper-base\"\n";
        fs::write(sources.file(), written).unwrap();
        let mut wanted = sources.load().unwrap();
        wanted.trash_days = 7;
        wanted.model = None;
        wanted.theme = Theme::Dark;
        wanted.interface_language = InterfaceLanguage::Ko;
        wanted.vocabulary = vec!["김하늘".to_owned()];
        assert_eq!(
            sources.save(&wanted).unwrap(),
            wanted,
            "what was saved is in force"
        );
        let text = fs::read_to_string(sources.file()).unwrap();
        assert!(
            text.starts_with("# mine\ntrash_days = 7 # a quarter\n"),
            "comments stay: {text}"
        );
        assert!(
            text.contains("future_key = \"stays\""),
            "unknown keys stay: {text}"
        );
        assert!(
            !text.contains("model ="),
            "what is left to the program is taken out: {text}"
        );
        assert!(
            !text.contains("notify"),
            "what was not changed is not written: {text}"
        );
    }

    #[test]
    fn a_file_that_is_no_toml_is_never_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let sources = SettingsSources::in_folder(folder.path());
        let wanted = sources.load().unwrap();
        fs::write(sources.file(), "trash_days = = 3").unwrap();
        assert!(sources.save(&wanted).is_err(), "the user is told");
        let text = fs::read_to_string(sources.file()).unwrap();
        assert_eq!(text, "trash_days = = 3", "and finds what they wrote");
    }
}
