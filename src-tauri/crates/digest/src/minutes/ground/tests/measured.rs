//! Lines as a good model and as a bad one would write them, of whole transcripts.

use super::*;

/// A transcript out of the library of the tests.
fn recorded(key: &str) -> Vec<Segment> {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../../tests/fixtures/finding/library.json"
    );
    let library: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let recordings = library["recordings"].as_array().unwrap();
    let found = recordings.iter().find(|recording| recording["key"] == key);
    let segments = found.unwrap()["segments"].as_array().unwrap();
    let text = |segment: &serde_json::Value, name: &str| segment[name].as_str().unwrap().to_owned();
    let segments = segments.iter().enumerate();
    segments
        .map(|(idx, segment)| said(idx, &text(segment, "speaker"), &text(segment, "text")))
        .collect()
}

/// What is borne out, what is marked and what is left out, of texts with the segments that they cite.
fn sorted<'a>(key: &str, lines: &[(&'a str, &[usize])]) -> [Vec<&'a str>; 3] {
    let segments = recorded(key);
    let part = one_part(&segments);
    let transcript = Transcript::new(&segments, &key[..2]);
    let ground = Ground::new(&transcript, &part);
    let mut sorted = [Vec::new(), Vec::new(), Vec::new()];
    for (text, cited) in lines {
        let cited: Vec<usize> = cited.iter().map(|idx| idx + 1).collect();
        let at = match ground.item(&raw(text, &cited)) {
            Some(item) if item.is_supported => 0,
            Some(_) => 1,
            None => 2,
        };
        sorted[at].push(*text);
    }
    sorted
}

#[test]
fn minutes_that_sum_up_well_are_not_marked() {
    let korean = sorted(
        "ko-marketing-budget",
        &[
            ("2분기 예산 배분 논의", &[0, 6]),
            (
                "검색 광고비가 예상보다 많이 집행되었고 2월에 단가가 두 배 가까이 올랐다.",
                &[2, 3],
            ),
            (
                "2분기 전체 예산은 9천만 원으로 동결하며 증액은 불가하다.",
                &[5, 8],
            ),
            (
                "상반기 박람회에는 참가하지 않고 조찬 세미나를 두 번 열기로 했다.",
                &[14, 18],
            ),
            (
                "코엑스 박람회 부스에 2,700만 원을 썼으나 계약은 4건에 그쳤다.",
                &[10, 11],
            ),
            (
                "숏폼 영상 40편을 편당 80만 원, 총 3,200만 원에 외주 제작한다.",
                &[20, 22, 24],
            ),
            (
                "외주 계약서에 지체 보상 조항을 넣고 법무 검토를 받는다.",
                &[26, 27],
            ),
            (
                "검색 광고는 브랜드 키워드만 유지하고 월 예산을 900만 원에서 350만 원으로 축소한다.",
                &[34, 35],
            ),
            ("신규 유입이 20% 이상 감소하면 검색 광고를 재개한다.", &[36, 37]),
            ("최종 예산안을 금요일까지 본부장에게 보고한다.", &[40]),
        ],
    );
    let school = sorted(
        "ko-school-council",
        &[
            ("추경 예산안 원안 가결", &[14, 15]),
            (
                "급식실 환기 시설 개선 공사를 여름방학 중 7월 27일부터 진행한다.",
                &[4, 7],
            ),
            ("공사 지연에 대비해 도시락 업체를 사전에 섭외한다.", &[9]),
            (
                "주산반은 신청 인원이 4명으로 최소 인원에 미달하여 폐강 예정이다.",
                &[19, 21],
            ),
            (
                "바이올린반은 대기자가 17명이어서 목요일에 한 반을 증설한다.",
                &[23, 24, 25],
            ),
            ("후문 골목에 안전 지킴이 4명을 4월 6일부터 배치한다.", &[33, 35]),
            ("야간 속도 제한 완화에 반대 의견을 경찰서에 회신한다.", &[37, 38]),
            (
                "사서 육아휴직 대체 인력을 구하지 못하면 학부모 봉사단으로 도서실을 운영한다.",
                &[41, 43, 49],
            ),
            ("봉사단 참여자는 범죄 경력 조회가 필요하다.", &[47]),
            ("차기 회의는 5월 21일에 개최한다.", &[54]),
        ],
    );
    let english = sorted(
        "en-ops-budget",
        &[
            ("Server relocation, office lease and remaining budget", &[1]),
            (
                "The Slough data centre closes its second floor at the end of June, so both racks must leave.",
                &[4, 5],
            ),
            (
                "Servers move to the Reading site over the weekend of May 9.",
                &[7, 8],
            ),
            (
                "Internal wiki and build machines will be unavailable for about 11 hours.",
                &[13],
            ),
            (
                "Marcus starts copying the tapes to cold storage in March because invoices must be kept for seven years.",
                &[17, 18, 19],
            ),
            (
                "The landlord asks for $14,200 per month, an increase of nearly 14%.",
                &[21, 23],
            ),
            (
                "Lease only the ground floor for three years, with a break clause after 18 months.",
                &[31, 32],
            ),
            (
                "Of the 19,000 left this quarter, 6,000 is reserved for the mandatory fire alarm.",
                &[33, 34, 35],
            ),
            (
                "Remaining funds stay untouched until the heating bill is known.",
                &[38],
            ),
            (
                "Cleaning shifts to 6 a.m. because vacuuming disturbs late calls with Singapore.",
                &[39, 41, 43],
            ),
        ],
    );
    let leadership = sorted(
        "en-leadership-budget",
        &[
            (
                "First-half revenue was $4.1 million, below the planned $4.8 million.",
                &[1],
            ),
            (
                "Two delayed hospital deals explain most of the shortfall.",
                &[2, 4],
            ),
            (
                "Support contractors stay, since cutting them would increase churn.",
                &[11, 12, 13],
            ),
            (
                "Attend the Lisbon conference without a stand, sending four people.",
                &[16, 18],
            ),
            (
                "Hiring freeze until January, except for a security engineer.",
                &[23],
            ),
            (
                "Honor the designer's offer; inform the data analyst today.",
                &[26, 27, 28],
            ),
            (
                "Cloud resources without an owner tag are shut down after 14 days.",
                &[35],
            ),
            (
                "Raise renewal prices by 7% from October; small clinics keep the old price.",
                &[39, 41],
            ),
            (
                "Ask the five Denver employees before deciding whether to close the office.",
                &[43, 49, 51],
            ),
            (
                "Final numbers are due by the 13th, ahead of the board call on the 16th.",
                &[60],
            ),
        ],
    );
    let customer = sorted(
        "ko-customer-interview-1",
        &[
            (
                "한빛물류 이천 센터는 직원 42명, 현장 인력 약 30명 규모이다.",
                &[3, 4],
            ),
            (
                "재고를 거래처별 엑셀 파일 14개로 관리하며 매일 저녁 수작업으로 취합한다.",
                &[6, 8],
            ),
            ("취합에 1시간 30분이 소요되어 정시 퇴근이 어렵다.", &[9]),
            (
                "작년 추석 전 참치 선물 세트 수량을 잘못 입력해 재고 200박스를 2천 박스로 오인했다.",
                &[11, 12, 13],
            ),
            (
                "부산 창고에서 긴급 운송하여 380만 원의 비용이 발생했고 회사가 부담했다.",
                &[15, 17],
            ),
            (
                "바코드 스캐너가 노후하여 현장에서는 종이에 수기로 기록한다.",
                &[19, 20],
            ),
            (
                "유통기한 임박 상품을 먼저 출고해야 하나 육안 확인에 의존해 1,700만 원 폐기가 발생했다.",
                &[25, 26],
            ),
            (
                "유통기한 알림은 한 달 전과 열흘 전 두 차례를 희망한다.",
                &[27, 28],
            ),
            (
                "고령의 현장 반장도 쓸 수 있도록 큰 글자와 적은 버튼이 필요하다.",
                &[30, 31],
            ),
            (
                "냉동 창고에서 와이파이가 되지 않아 오프라인 지원이 필수이다.",
                &[33, 34, 35],
            ),
        ],
    );
    let sales = sorted(
        "en-sales-call",
        &[
            (
                "Average Monday phone wait is 22 minutes across six clinics.",
                &[3, 5],
            ),
            ("Most calls are requests to reschedule appointments.", &[7]),
            (
                "Patients can reply to plain text messages without installing an app.",
                &[10, 11],
            ),
            (
                "The clinics use Meridian version 9, which is no longer supported.",
                &[14, 16],
            ),
            (
                "Integration relies on a nightly export, with two slots a day held back as a buffer.",
                &[17, 19],
            ),
            (
                "List price is $290 per clinic monthly, $1,740 for six clinics.",
                &[23],
            ),
            (
                "A two-year contract lowers the monthly price to $1,470, within the $1,500 budget.",
                &[24, 25],
            ),
            (
                "The setup fee of $2,400 is not waived; Spanish messages are included for free.",
                &[27, 29],
            ),
            (
                "Security certification is expected in November; an interim auditor letter follows today.",
                &[32, 34],
            ),
            ("Start with a free six-week trial at Ferndale East.", &[35, 36]),
        ],
    );
    let all = [korean, school, english, leadership, customer, sales];
    let marked: Vec<&str> = all.iter().flat_map(|[_, marked, _]| marked.clone()).collect();
    let left_out: Vec<&str> = all.iter().flat_map(|[.., left_out]| left_out.clone()).collect();
    // What is reckoned, counted or written another way than it was said, and what is said in all other words.
    let told_otherwise = [
        "Of the 19,000 left this quarter, 6,000 is reserved for the mandatory fire alarm.",
        "Remaining funds stay untouched until the heating bill is known.",
        "취합에 1시간 30분이 소요되어 정시 퇴근이 어렵다.",
        "유통기한 임박 상품을 먼저 출고해야 하나 육안 확인에 의존해 1,700만 원 폐기가 발생했다.",
        "유통기한 알림은 한 달 전과 열흘 전 두 차례를 희망한다.",
        "List price is $290 per clinic monthly, $1,740 for six clinics.",
        "A two-year contract lowers the monthly price to $1,470, within the $1,500 budget.",
    ];
    assert_eq!(
        marked, told_otherwise,
        "of sixty that were said these alone are marked"
    );
    assert_eq!(left_out, [""; 0], "and none is left out");
}

#[test]
fn invented_minutes_are_marked() {
    let korean = sorted(
        "ko-marketing-budget",
        &[
            ("이 글은 1956년에 시작된 기후변화의 소중한 책입니다.", &[0]),
            ("2분기 전체 예산은 8천만 원으로 동결한다.", &[5]),
            ("김민수 팀장이 전체 예산을 동결한다.", &[5, 6]),
            ("검색 광고는 5월부터 다시 켠다.", &[34, 37]),
            ("최종안은 수요일까지 본부장에게 올린다.", &[40]),
            (
                "회의 참석자들은 예산의 중요성과 지속 가능한 성장 전략을 공유하였다.",
                &[0, 6],
            ),
            ("조찬 세미나는 세 번 진행한다.", &[18]),
            ("영상 제작은 사내 디자인팀에서 직접 진행한다.", &[22, 24]),
            ("유입이 30% 이상 빠지면 검색 광고를 다시 켠다.", &[37]),
            (
                "박람회에서 얻은 명함을 활용하여 신규 고객 데이터베이스를 구축할 계획이다.",
                &[13],
            ),
        ],
    );
    let english = sorted(
        "en-leadership-budget",
        &[
            (
                "This book is a precious story about climate change that began in 1956.",
                &[0],
            ),
            ("Revenue reached 5.1 million against the plan.", &[1]),
            ("The company opens a new office in Tokyo.", &[43]),
            ("Hiring is frozen until March.", &[23]),
            ("Everyone gets a raise of seven percent starting October.", &[39]),
            ("The board call is on the eighteenth.", &[60]),
            (
                "The team discussed the importance of innovation and teamwork for long-term success.",
                &[0, 7],
            ),
            ("Maria Lopez will close the Denver office.", &[43, 47]),
            (
                "Support is moved to an external call center with faster response.",
                &[12],
            ),
            ("Travel is limited to twelve flights per quarter.", &[53, 55]),
        ],
    );
    let customer = sorted(
        "ko-customer-interview-1",
        &[
            (
                "참석자들은 물류 혁신의 필요성에 공감하고 향후 협력을 강화하기로 하였다.",
                &[0],
            ),
            ("이천 센터에는 직원이 쉰두 명 있다.", &[4]),
            ("재고는 ERP로 관리한다.", &[6]),
            ("참치 선물 세트 3천 박스가 폐기되었다.", &[12]),
            ("운송비 380만 원은 거래처가 절반을 부담했다.", &[15, 17]),
            ("대전 창고에서 트럭으로 실어 왔다.", &[15]),
            ("유통기한 알림은 일주일 전에 한 번 보낸다.", &[28]),
            ("냉동 창고에 와이파이 공유기를 추가로 설치하기로 했다.", &[33]),
            ("박정호 상무가 도입을 승인했다.", &[37]),
            ("시범 운영은 6월에 시작한다.", &[38, 39]),
        ],
    );
    let sales = sorted(
        "en-sales-call",
        &[
            (
                "Participants emphasized the value of partnership and customer satisfaction.",
                &[0, 2],
            ),
            ("Patients wait forty minutes on Mondays.", &[3]),
            ("The clinics run Epic as their records system.", &[14]),
            ("The price is $350 per clinic.", &[23]),
            ("Denise signed the contract for three years.", &[25]),
            ("The certification was completed in March.", &[32]),
            ("Helen will send the security report by email.", &[34]),
            ("The trial lasts eight weeks.", &[36]),
            ("A new chatbot will diagnose patients automatically.", &[8]),
            ("Doctor Abernathy supports the proposal enthusiastically.", &[37]),
        ],
    );
    let all = [korean, english, customer, sales];
    let borne_out: Vec<&str> = all.iter().flat_map(|[borne_out, ..]| borne_out.clone()).collect();
    // Who did what to whom is not seen, nor one ordinary word among those that were said.
    let not_seen = [
        "Everyone gets a raise of seven percent starting October.",
        "운송비 380만 원은 거래처가 절반을 부담했다.",
        "대전 창고에서 트럭으로 실어 왔다.",
        "유통기한 알림은 일주일 전에 한 번 보낸다.",
        "냉동 창고에 와이파이 공유기를 추가로 설치하기로 했다.",
        "Doctor Abernathy supports the proposal enthusiastically.",
    ];
    assert_eq!(
        borne_out, not_seen,
        "of forty that nobody said these alone are not marked"
    );
}
