//! The few words that the system shows and not the page, in both languages of the interface.

use recordroute_engine::Settings;

pub struct Words {
    pub choose_files: &'static str,
    pub choose_folder: &'static str,
    pub choose_library: &'static str,
    pub choose_model: &'static str,
    pub export: &'static str,
    pub media: &'static str,
    pub all_files: &'static str,
    pub job_done: &'static str,
    pub job_failed: &'static str,
}

const ENGLISH: Words = Words {
    choose_files: "Add recordings",
    choose_folder: "Add the recordings in a folder",
    choose_library: "Choose a folder for the library",
    choose_model: "Choose a model",
    export: "Export the transcript",
    media: "Audio and video",
    all_files: "All files",
    job_done: "The transcript is ready.",
    job_failed: "The transcription failed.",
};

const KOREAN: Words = Words {
    choose_files: "녹음 추가",
    choose_folder: "폴더에 있는 녹음 추가",
    choose_library: "보관함 폴더 고르기",
    choose_model: "모델 고르기",
    export: "텍스트 내보내기",
    media: "오디오와 동영상",
    all_files: "모든 파일",
    job_done: "텍스트로 변환했습니다.",
    job_failed: "텍스트로 변환하지 못했습니다.",
};

impl Words {
    /// In the language of the window; English where the settings cannot be read.
    pub fn of(settings: Option<&Settings>) -> &'static Self {
        let is_korean = settings.is_some_and(|settings| settings.interface_language.is_korean());
        if is_korean { &KOREAN } else { &ENGLISH }
    }
}
