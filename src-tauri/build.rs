//! Makes what the shell needs before it compiles: the folder of the page and the permissions of its commands.

/// The one list of commands.
const LIST: &str = "src-tauri/src/ipc.rs";

/// The names in `collect_commands!`, which stand as `module::name`.
fn commands(list: &str) -> Vec<&str> {
    let after = list.split("collect_commands![").nth(1).unwrap_or_default();
    let within = after.split(']').next().unwrap_or_default();
    let paths = within.split(',').map(str::trim).filter(|path| !path.is_empty());
    paths
        .filter_map(|path| path.split("::<").next()?.rsplit("::").next())
        .collect()
}

fn main() {
    // Tauri embeds this folder and refuses to compile without it; Vite fills it. An empty page says
    // how, so that the Rust side also compiles alone.
    let page = std::path::Path::new("ui/dist/index.html");
    if !page.exists() {
        let folder = page.parent().unwrap_or(page);
        let text = "<!doctype html><title>RecordRoute</title><p>The page is not built: run npm start.</p>";
        if let Err(error) = std::fs::create_dir_all(folder).and_then(|()| std::fs::write(page, text)) {
            println!("cargo::error=ui/dist cannot be written: {error}");
        }
    }
    println!("cargo::rerun-if-changed=ui/dist");

    // Naming the commands makes a permission of each; tauri.conf.json grants them to the window.
    let list = std::fs::read_to_string(LIST).unwrap_or_default();
    println!("cargo::rerun-if-changed={LIST}");
    let commands: &'static [&'static str] = commands(list.leak()).leak();
    let manifest = tauri_build::AppManifest::new().commands(commands);
    if let Err(error) = tauri_build::try_build(tauri_build::Attributes::new().app_manifest(manifest)) {
        println!("cargo::error={error:#}");
    }
}
