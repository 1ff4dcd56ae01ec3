//! The sentences of the samples.

/// Replaces each `{name}` by what `value` answers for it.
pub(super) fn filled(template: &str, mut value: impl FnMut(&str) -> String) -> String {
    let mut text = String::with_capacity(template.len() + 40);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        let (name, behind) = after.split_once('}').unwrap_or((after, ""));
        text.push_str(&value(name));
        rest = behind;
    }
    text.push_str(rest);
    text
}

/// Whether what the template makes speaks of a field of study, or of those who study it.
pub(super) fn names_field(template: &str) -> bool {
    ["{subject}", "{people}", "{profession}"]
        .iter()
        .any(|word| template.contains(word))
}

pub(super) const ORGANIZATIONS: &[&str] = &[
    "{surname} Family Foundation",
    "{place} Community Foundation",
    "{surname} & {surname2} Charitable Trust",
    "{place} Education Fund",
    "{place} Chamber of Commerce",
    "Friends of {place} Schools",
    "{given} {surname} Memorial Fund",
    "{surname} Foundation",
    "{place} Women’s League",
    "{place} Lions’ Den Club",
    "{surname} Industries",
    "{place} Credit Union",
    "{place} Garden Society",
    "Society of {place} {people}",
    "{surname} Health Network",
    "{place} Electric Cooperative",
    "{place} Farm Alliance",
    "{surname} Legacy Trust",
    "Guild of {people}",
    "{place} Veterans’ Association",
    "{place} State College Alumni",
    "{surname} Brothers Builders",
    "{place} Public Library Trust",
    "{people} United",
];

pub(super) const NAMES: &[&str] = &[
    "{given} {surname} Memorial Scholarship",
    "{given} {surname} Scholarship in {subject}",
    "{place} {subject} Scholarship",
    "Future {people} Scholarship of {place}",
    "{surname} {subject} Award",
    "{given} and {given2} {surname} Scholarship",
    "{surname} Fellowship in {subject}",
    "{place} Promise for {people}",
    "{surname} Prize in {subject}",
    "{subject} Grant of {place}",
    "{given} {surname} Opportunity Scholarship",
    "{place} Bright Path Award",
    "{surname} Apprenticeship Grant in {subject}",
    "{people} of Tomorrow Award by {surname}",
    "{place} Second Chance Scholarship",
    "{surname} Leadership Scholarship",
];

/// What a description begins with.
pub(super) const OPENINGS: &[&str] = &[
    "{org} awards this scholarship to students of {subject} who care about {topic}.",
    "This award honors {given} {surname}, who worked for {topic} in {place} for more than thirty years.",
    "Created by friends of {given} {surname}, the scholarship helps future {profession} to pay for tuition, books and fees.",
    "For students who plan a career in {subject} and want to bring {topic} to communities like {place}.",
    "The {surname} family supports young people from {place} on their way to a degree in {subject}.",
    "{org} invests in people who will shape {topic}.",
    "A scholarship for hard-working students with an interest in {topic} or {topic2}.",
    "Each spring, {org} recognizes students whose work in {subject} has made a difference in {place}.",
    "Named for {given} {surname} of {place}, this fund opens doors to {subject}.",
    "{org} offers financial support to students who want to make {topic} their life’s work.",
];

/// What it goes on with.
pub(super) const DETAILS: &[&str] = &[
    "Applicants write a short essay about {topic2} and how they hope to use what they learn.",
    "The money may be used for tuition, housing, books or a computer.",
    "Preference is given to graduates of {place} High School, {place2} High School and {surname} Academy.",
    "Finalists are invited to a conversation with the committee, in person or online.",
    "Recipients may apply again each year as long as they remain in good standing.",
    "Schools in {place2}, {place3}, {place4} and {surname2} County take part.",
    "The committee looks at character and persistence as much as at grades.",
    "Past recipients have gone on to work on {topic}, {topic2} and {topic3}.",
    "Community service in {place2} or a neighboring town is a plus.",
    "A letter from a teacher, employer or coach should describe the applicant’s contribution to {topic3}.",
    "Students at two-year and four-year colleges are welcome – trade programs, too.",
    "Winners present their projects at the annual dinner in {place2}.",
    "The fund was started with a gift from {given} {surname} and grows with donations from {surname2} Hall alumni.",
    "Members of the {surname2} Society and their children receive extra consideration.",
    "No application fee is charged, and all documents can be sent online.",
    "Mentors from {org} and {surname2} & {surname3} Partners stay in touch with recipients during their first year.",
    "Applicants from {place}, {place2} and {place3} are especially encouraged.",
    "Transcripts and proof of enrollment are required before the first payment.",
    "The award honors the memory of {given} {surname2}, a lifelong resident of {place3}.",
];

pub(super) const SPANISH: &[&str] = &[
    "{org} apoya a estudiantes de {subject} que quieren servir a su comunidad en {place}.",
    "La beca cubre parte de la matrícula y de los libros.",
    "Se valoran el esfuerzo, la participación comunitaria y el dominio de dos idiomas.",
    "Los solicitantes deben presentar un ensayo breve y una carta de recomendación.",
    "La familia {surname} creó esta beca para la primera generación universitaria.",
];
pub(super) const SPANISH_NAMES: &[&str] = &[
    "Beca {given} {surname} para estudiantes de {subject}",
    "Beca Futuro de {place} en {subject}",
    "Premio {surname} de {subject}",
];
pub(super) const VIETNAMESE: &[&str] = &[
    "Học bổng dành cho sinh viên ngành {subject} có thành tích học tập tốt.",
    "{org} hỗ trợ học phí và sách vở cho sinh viên tại {place}.",
    "Ưu tiên sinh viên là người đầu tiên trong gia đình học đại học.",
    "Hồ sơ gồm một bài luận ngắn và một thư giới thiệu.",
];
pub(super) const VIETNAMESE_NAMES: &[&str] = &[
    "Học bổng {surname} ngành {subject}",
    "Học bổng Tương Lai {place} – {subject}",
    "Quỹ học bổng {given} {surname} ({subject})",
];
pub(super) const CHINESE: &[&str] = &[
    "本奖学金支持学习{subject}的学生。",
    "由{org}设立，用于支付学费和书籍费用。",
    "优先考虑家庭经济困难和第一代大学生。",
    "申请人须提交一篇短文和一封推荐信。",
    "获奖者将参加在{place}举行的年度交流活动。",
];
pub(super) const CHINESE_NAMES: &[&str] = &[
    "{surname}{subject}奖学金",
    "{place}未来{subject}人才奖学金",
    "{given} {surname} 纪念奖学金（{subject}）",
];
