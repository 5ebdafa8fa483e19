/// The few words that the system shows and not the page, in both languages of the interface.
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
    pub begin: &'static str,
    pub pause: &'static str,
    pub resume: &'static str,
    pub stop: &'static str,
    pub show: &'static str,
    pub quit: &'static str,
    pub recording: &'static str,
    pub paused: &'static str,
    pub recording_saved: &'static str,
    pub not_recorded: &'static str,
    pub see_window: &'static str,
    pub no_shortcut: &'static str,
    pub see_settings: &'static str,
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
    begin: "Start recording",
    pause: "Pause",
    resume: "Go on",
    stop: "Stop recording",
    show: "Show RecordRoute",
    quit: "Quit",
    recording: "Recording",
    paused: "Paused",
    recording_saved: "The recording is in the library.",
    not_recorded: "Recording did not work",
    see_window: "The window of RecordRoute says why.",
    no_shortcut: "The shortcut for recording does not work",
    see_settings: "Choose another one in the settings of RecordRoute.",
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
    begin: "녹음 시작",
    pause: "일시 정지",
    resume: "이어서 녹음",
    stop: "녹음 끝내기",
    show: "RecordRoute 보기",
    quit: "종료",
    recording: "녹음 중",
    paused: "일시 정지됨",
    recording_saved: "녹음을 보관함에 담았습니다.",
    not_recorded: "녹음하지 못했습니다",
    see_window: "까닭은 RecordRoute 창에 나옵니다.",
    no_shortcut: "녹음 단축키를 쓸 수 없습니다",
    see_settings: "RecordRoute 설정에서 다른 단축키를 고르세요.",
};

impl Words {
    /// In the language of the interface.
    pub fn of(is_korean: bool) -> &'static Self {
        if is_korean { &KOREAN } else { &ENGLISH }
    }
}
