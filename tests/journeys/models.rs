//! Models as people bring them: quantised, copied from another computer, with names of their own.

use recordroute_testkit::{Home, installed_models};
use serde_json::Value;

use crate::support::{MULTILINGUAL_MODEL, QUICK_MODEL, arg, fixture, recordroute, run, run_well};

fn json(text: &str) -> Value {
    serde_json::from_str(text.trim()).unwrap_or_else(|error| panic!("{error} in {text}"))
}

/// Word error rate of the sample with a model out of a folder.
fn word_error_rate(home: &Home, models: &str, id: &str) -> f64 {
    let args = ["bench", "--model", id, "--models", models, "--json"];
    json(&run_well(home, &args))["scores"]["wer"]
        .as_f64()
        .expect("the sample has a reference")
}

#[test]
fn quantised_models_still_transcribe_the_sample() {
    let home = Home::new().unwrap();
    let models = home.join("models");
    let models = arg(&models);
    let original = installed_models().join(format!("{MULTILINGUAL_MODEL}.bin"));
    let whole = word_error_rate(&home, arg(&installed_models()), MULTILINGUAL_MODEL);
    for quantization in ["q8_0", "q5_1"] {
        let args = [
            "models",
            "import",
            arg(&original),
            "--id",
            quantization,
            "--quantize",
            quantization,
            "--models",
            models,
            "--json",
        ];
        let imported = json(&run_well(&home, &args));
        assert!(
            imported["description"]
                .as_str()
                .is_some_and(|text| text.contains(quantization)),
            "the model says how it is stored: {imported}"
        );
        let smaller = imported["bytes"].as_u64().unwrap();
        assert!(
            smaller * 3 < std::fs::metadata(&original).unwrap().len() * 2,
            "it is smaller by a third at least: {smaller}"
        );
        let rate = word_error_rate(&home, models, quantization);
        assert!(
            rate <= whole + 0.05,
            "{quantization} hears the sample as well as 16 bits do: WER {rate:.2}, not {whole:.2}"
        );
    }
}

#[test]
fn a_folder_that_was_copied_here_just_works() {
    let home = Home::new().unwrap();
    // Nothing but the file: no side files, and a name that the catalogue does not know.
    let models = home.join("USB 모델");
    std::fs::create_dir(&models).unwrap();
    let from = installed_models().join(format!("{QUICK_MODEL}.bin"));
    std::fs::copy(from, models.join("내 모델.bin")).unwrap();
    let listed = json(&run_well(
        &home,
        &["models", "list", "--models", arg(&models), "--json"],
    ));
    assert_eq!(
        listed["installed"].as_array().map(Vec::len),
        Some(1),
        "it is found: {listed}"
    );
    let id = listed["installed"][0]["id"].as_str().unwrap().to_owned();
    let sample = fixture("short-en.wav");
    // The network is out of reach, as on the computer that the folder is for.
    let output = recordroute(&home)
        .args([
            "transcribe",
            arg(&sample),
            "--model",
            &id,
            "--language",
            "en",
            "--models",
            arg(&models),
        ])
        .env("HTTPS_PROXY", "http://127.0.0.1:9")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).to_lowercase();
    assert!(said.contains("library"), "it transcribes: {said}");
    let verified = json(&run_well(
        &home,
        &["models", "verify", "--models", arg(&models), "--json"],
    ));
    assert_eq!(verified[0]["ok"], true, "it is whole: {verified}");
}

#[test]
fn what_is_no_model_is_not_imported() {
    let home = Home::new().unwrap();
    let models = home.join("models");
    let empty_folder = home.join("empty folder");
    std::fs::create_dir(&empty_folder).unwrap();
    let page = home.join("model.bin");
    std::fs::write(
        &page,
        "<!doctype html><html><body>Sign in to continue</body></html>",
    )
    .unwrap();
    let original = installed_models().join(format!("{QUICK_MODEL}.bin"));
    let cut = home.join("cut.bin");
    let bytes = std::fs::read(original).unwrap();
    std::fs::write(&cut, &bytes[..bytes.len() - 1]).unwrap();
    for path in [
        home.join("nowhere"),
        empty_folder,
        page,
        cut,
        fixture("sample-en.m4a"),
    ] {
        let output = run(&home, &["models", "import", arg(&path), "--models", arg(&models)]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(
            output.status.code(),
            Some(1),
            "{} is refused: {said}",
            path.display()
        );
        assert!(!said.contains("panicked"), "no panic reaches the user: {said}");
    }
    let listed = json(&run_well(
        &home,
        &["models", "list", "--models", arg(&models), "--json"],
    ));
    assert_eq!(
        listed["installed"],
        json("[]"),
        "and nothing of it is left behind"
    );
}
