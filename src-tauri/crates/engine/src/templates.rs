//! The templates of minutes: those of the program, and those that the user wrote.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use recordroute_digest::Template;

use crate::{Engine, Error};

/// Longest file that is read as a template.
const MAX_TEMPLATE_BYTES: u64 = 256 * 1024;
/// Where the program's own templates lie beside the user's, for copying.
const EXAMPLES: &str = "examples";
/// Most templates of the user's own.
const MAX_TEMPLATES: usize = 200;

/// The templates, and what is wrong with those that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Templates {
    /// The usual one first; one of the user's own takes the place of the program's with the same id.
    pub templates: Vec<Template>,
    /// A sentence for each file that cannot be used.
    pub problems: Vec<String>,
}

impl Engine {
    /// The templates that minutes can be made by.
    pub fn templates(&self) -> Templates {
        let found = templates_in(&self.settings().templates);
        for problem in &found.problems {
            tracing::warn!("{problem}");
        }
        found
    }

    /// The folder for the user's own templates, with the program's beside them as examples: a copy of one that
    /// lies right in the folder is used.
    pub fn templates_folder(&self) -> Result<PathBuf, Error> {
        let folder = self.settings().templates.clone();
        with_examples(&folder).map_err(|source| Error::Unwritable {
            path: folder.clone(),
            source,
        })?;
        Ok(folder)
    }

    /// The template with that id; none takes the one in the settings.
    pub(crate) fn template(&self, id: Option<&str>) -> Result<Template, Error> {
        let settings = self.settings();
        find(&settings.templates, id.unwrap_or(&settings.minutes_template))
    }
}

/// The template with that id, whether the program's or the user's own.
pub(crate) fn find(dir: &Path, id: &str) -> Result<Template, Error> {
    let Templates { templates, problems } = templates_in(dir);
    let known: Vec<&str> = templates.iter().map(|template| template.id.as_str()).collect();
    if let Some(place) = known.iter().position(|known| *known == id) {
        return Ok(templates[place].clone());
    }
    let known = known.join(", ");
    let mut sentences = vec![format!("There is no template “{id}”. Use one of {known}.")];
    // A file that cannot be read may be the one that is missed.
    sentences.extend(problems);
    Err(Error::Invalid(sentences.join(" ")))
}

fn templates_in(dir: &Path) -> Templates {
    let mut templates = Template::built_in();
    let mut problems = Vec::new();
    for path in files_in(dir) {
        match read(&path) {
            Ok(own) => match templates.iter_mut().find(|template| template.id == own.id) {
                Some(template) => *template = own,
                None => templates.push(own),
            },
            Err(reason) => {
                let sentence = format!("The template {} cannot be used.", path.display());
                problems.push(format!("{sentence} {reason}"));
            }
        }
    }
    Templates { templates, problems }
}

fn with_examples(folder: &Path) -> io::Result<()> {
    let examples = folder.join(EXAMPLES);
    fs::create_dir_all(&examples)?;
    for (name, text) in Template::built_in_files() {
        // One that was changed in its place is kept.
        match fs::File::create_new(examples.join(name)) {
            Ok(mut file) => file.write_all(text.as_bytes())?,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// In the order of their names, which is the same everywhere.
fn files_in(dir: &Path) -> Vec<PathBuf> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) => {
            if error.kind() != io::ErrorKind::NotFound {
                tracing::warn!(%error, "the folder of templates cannot be read");
            }
            return Vec::new();
        }
    };
    let is_template = |path: &PathBuf| {
        path.extension()
            .is_some_and(|ending| ending.eq_ignore_ascii_case("toml"))
    };
    let mut paths: Vec<PathBuf> = entries
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(is_template)
        .collect();
    paths.sort();
    paths.truncate(MAX_TEMPLATES);
    paths
}

#[expect(clippy::needless_pass_by_value, reason = "it is given to map_err")]
fn unreadable(error: io::Error) -> String {
    format!("The file cannot be read ({error}).")
}

fn read(path: &Path) -> Result<Template, String> {
    let bytes = fs::metadata(path).map_err(unreadable)?.len();
    if bytes > MAX_TEMPLATE_BYTES {
        return Err("It is longer than 256 kB.".to_owned());
    }
    let text = fs::read_to_string(path).map_err(unreadable)?;
    Template::parse(&text).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_of_the_user_come_beside_and_before_those_of_the_program() {
        let folder = tempfile::tempdir().unwrap();
        let built_in = Template::built_in();
        let (name, text) = Template::built_in_files()[0];
        let id = &built_in[0].id;
        let own = text.replacen(&format!("\"{id}\""), "\"standup\"", 1);
        fs::write(folder.path().join("standup.toml"), own).unwrap();
        fs::write(folder.path().join(name), text).unwrap();
        fs::write(folder.path().join("broken.toml"), "id = [").unwrap();
        fs::write(folder.path().join("notes.txt"), "not a template").unwrap();
        let found = templates_in(folder.path());
        assert_eq!(
            found.templates.len(),
            built_in.len() + 1,
            "one is new and one takes the place of the program's"
        );
        assert!(find(folder.path(), "standup").is_ok(), "the new one can be used");
        assert!(
            matches!(&found.problems[..], [problem] if problem.contains("broken.toml")),
            "the file that is wrong is named: {:?}",
            found.problems
        );
        with_examples(folder.path()).unwrap();
        let (example, _) = Template::built_in_files()[1];
        assert!(folder.path().join(EXAMPLES).join(example).is_file());
        assert_eq!(
            templates_in(folder.path()),
            found,
            "examples are no templates until they are copied"
        );
        let missing = find(folder.path(), "brokn").unwrap_err().to_string();
        assert!(
            missing.contains("standup") && missing.contains("broken.toml"),
            "who looks for one learns what there is and what could not be read: {missing}"
        );
    }
}
