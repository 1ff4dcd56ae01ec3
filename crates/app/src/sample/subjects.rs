//! What the sample scholarships are for.

use domain::FieldOfStudy::{
    self, Arts, Business, Education, Engineering, Law, Medicine, Other, Science, SocialSciences,
    Technology,
};

/// A field of study as catalogues print it.
#[derive(Debug)]
pub(super) struct Subject {
    pub(super) title: &'static str,
    /// Those who study it, in the plural.
    pub(super) people: &'static str,
    pub(super) fields: &'static [FieldOfStudy],
    pub(super) topics: [&'static str; 3],
}

const fn subject(
    title: &'static str,
    people: &'static str,
    fields: &'static [FieldOfStudy],
    topics: [&'static str; 3],
) -> Subject {
    Subject {
        title,
        people,
        fields,
        topics,
    }
}

pub(super) const SUBJECTS: &[Subject] = &[
    subject(
        "Mechanical Engineering",
        "Engineers",
        &[Engineering],
        ["robotics", "energy-efficient machines", "manufacturing"],
    ),
    subject(
        "Civil Engineering",
        "Bridge Builders",
        &[Engineering],
        ["safe bridges", "clean water systems", "public transit"],
    ),
    subject(
        "Electrical Engineering",
        "Innovators",
        &[Engineering],
        ["power grids", "signal processing", "embedded systems"],
    ),
    subject(
        "Aerospace Engineering",
        "Aviators",
        &[Engineering],
        ["flight testing", "satellites", "propulsion"],
    ),
    subject(
        "Environmental Engineering",
        "Stewards",
        &[Engineering, Science],
        ["river restoration", "air quality", "waste treatment"],
    ),
    subject(
        "Mining and Geological Engineering",
        "Miners",
        &[Engineering],
        ["mine safety", "mineral processing", "land reclamation"],
    ),
    subject(
        "Computer Science",
        "Programmers",
        &[Technology],
        [
            "software for the public good",
            "machine learning",
            "open-source work",
        ],
    ),
    subject(
        "Cybersecurity",
        "Defenders",
        &[Technology],
        ["secure networks", "digital forensics", "privacy"],
    ),
    subject(
        "Data Science",
        "Analysts",
        &[Technology, Science],
        ["open data", "statistics for health", "climate models"],
    ),
    subject(
        "Information Systems",
        "Technologists",
        &[Technology, Business],
        ["hospital records", "supply chains", "accessibility"],
    ),
    subject(
        "Nursing",
        "Nurses",
        &[Medicine],
        ["bedside care", "rural clinics", "patient safety"],
    ),
    subject(
        "Pre-Medicine",
        "Physicians",
        &[Medicine, Science],
        ["family medicine", "emergency care", "medical research"],
    ),
    subject(
        "Public Health",
        "Health Advocates",
        &[Medicine],
        ["vaccination", "maternal health", "health education"],
    ),
    subject(
        "Dental Hygiene",
        "Dental Hygienists",
        &[Medicine],
        ["preventive care", "school visits", "community clinics"],
    ),
    subject(
        "Pharmacy",
        "Pharmacists",
        &[Medicine],
        ["patient counselling", "drug safety", "hospital practice"],
    ),
    subject(
        "Physical Therapy",
        "Therapists",
        &[Medicine],
        ["rehabilitation", "sports medicine", "care for older people"],
    ),
    subject(
        "Veterinary Science",
        "Animal Doctors",
        &[Medicine, Science],
        [
            "large-animal practice",
            "wildlife health",
            "animal shelters",
        ],
    ),
    subject(
        "Accounting",
        "Accountants",
        &[Business],
        ["auditing", "financial literacy", "nonprofit accounting"],
    ),
    subject(
        "Finance",
        "Investors",
        &[Business],
        ["community banking", "retirement planning", "microcredit"],
    ),
    subject(
        "Marketing",
        "Marketers",
        &[Business],
        [
            "market research",
            "small-business promotion",
            "brand strategy",
        ],
    ),
    subject(
        "Entrepreneurship",
        "Founders",
        &[Business],
        ["new ventures", "family businesses", "social enterprise"],
    ),
    subject(
        "Hospitality Management",
        "Hosts",
        &[Business],
        ["hotel operations", "event planning", "sustainable tourism"],
    ),
    subject(
        "Supply Chain Management",
        "Logisticians",
        &[Business],
        ["port operations", "warehousing", "freight rail"],
    ),
    subject(
        "Music Performance",
        "Musicians",
        &[Arts],
        ["chamber music", "jazz", "choral conducting"],
    ),
    subject(
        "Visual Arts",
        "Artists",
        &[Arts],
        ["painting", "ceramics", "public murals"],
    ),
    subject(
        "Theater",
        "Performers",
        &[Arts],
        ["stage design", "acting", "playwriting"],
    ),
    subject(
        "Creative Writing",
        "Writers",
        &[Arts],
        ["short fiction", "poetry", "oral history"],
    ),
    subject(
        "Architecture",
        "Architects",
        &[Arts, Engineering],
        [
            "affordable housing",
            "historic preservation",
            "green building",
        ],
    ),
    subject(
        "Film and Media",
        "Storytellers",
        &[Arts],
        ["documentary film", "animation", "sound design"],
    ),
    subject(
        "Biology",
        "Biologists",
        &[Science],
        ["marine life", "genetics", "conservation"],
    ),
    subject(
        "Chemistry",
        "Chemists",
        &[Science],
        ["green chemistry", "materials", "laboratory teaching"],
    ),
    subject(
        "Physics",
        "Physicists",
        &[Science],
        ["optics", "particle detectors", "astronomy outreach"],
    ),
    subject(
        "Mathematics",
        "Mathematicians",
        &[Science],
        ["number theory", "applied statistics", "tutoring"],
    ),
    subject(
        "Environmental Science",
        "Naturalists",
        &[Science],
        ["wetlands", "forest fires", "citizen science"],
    ),
    subject(
        "Agriculture",
        "Growers",
        &[Science, Business],
        ["soil health", "farm management", "irrigation"],
    ),
    subject(
        "Elementary Education",
        "Teachers",
        &[Education],
        [
            "early reading",
            "bilingual classrooms",
            "small rural schools",
        ],
    ),
    subject(
        "Special Education",
        "Educators",
        &[Education],
        [
            "inclusive teaching",
            "speech support",
            "assistive technology",
        ],
    ),
    subject(
        "STEM Education",
        "STEM Teachers",
        &[Education, Science],
        [
            "science fairs",
            "hands-on laboratories",
            "mathematics coaching",
        ],
    ),
    subject(
        "Law",
        "Advocates",
        &[Law],
        ["public-interest law", "immigration clinics", "legal aid"],
    ),
    subject(
        "Criminal Justice",
        "Public Servants",
        &[Law, SocialSciences],
        ["victim support", "restorative justice", "forensic work"],
    ),
    subject(
        "Social Work",
        "Social Workers",
        &[SocialSciences],
        ["foster care", "community organizing", "counselling"],
    ),
    subject(
        "Psychology",
        "Psychologists",
        &[SocialSciences],
        ["child development", "trauma care", "school counselling"],
    ),
    subject(
        "Journalism",
        "Reporters",
        &[SocialSciences, Arts],
        ["local news", "investigative reporting", "photojournalism"],
    ),
    subject(
        "Political Science",
        "Civic Leaders",
        &[SocialSciences],
        ["local government", "voter education", "public policy"],
    ),
    subject(
        "Anthropology",
        "Scholars",
        &[SocialSciences],
        ["cultural heritage", "language revival", "museum work"],
    ),
    subject(
        "Welding Technology",
        "Welders",
        &[Other],
        ["structural welding", "pipefitting", "shipbuilding"],
    ),
    subject(
        "Culinary Arts",
        "Chefs",
        &[Other, Arts],
        ["regional cooking", "baking", "restaurant management"],
    ),
    subject(
        "Automotive Technology",
        "Technicians",
        &[Other, Technology],
        ["electric vehicles", "diesel engines", "fleet maintenance"],
    ),
    subject(
        "Electrical Apprenticeship",
        "Electricians",
        &[Other],
        [
            "solar installation",
            "residential wiring",
            "job-site safety",
        ],
    ),
    subject(
        "Forestry",
        "Foresters",
        &[Science, Other],
        ["trail work", "fire ecology", "timber management"],
    ),
];

/// Fields in other languages: Spanish, Vietnamese, Chinese.
pub(super) const SPANISH: &[(&str, FieldOfStudy)] = &[
    ("ingeniería", Engineering),
    ("enfermería", Medicine),
    ("educación bilingüe", Education),
    ("derecho", Law),
    ("ciencias ambientales", Science),
    ("administración de empresas", Business),
    ("periodismo", SocialSciences),
    ("informática", Technology),
    ("música", Arts),
];
pub(super) const VIETNAMESE: &[(&str, FieldOfStudy)] = &[
    ("kỹ thuật", Engineering),
    ("điều dưỡng", Medicine),
    ("sư phạm", Education),
    ("luật", Law),
    ("khoa học máy tính", Technology),
    ("kinh doanh", Business),
    ("mỹ thuật", Arts),
    ("sinh học", Science),
];
pub(super) const CHINESE: &[(&str, FieldOfStudy)] = &[
    ("工程", Engineering),
    ("护理", Medicine),
    ("教育", Education),
    ("法律", Law),
    ("计算机科学", Technology),
    ("商业管理", Business),
    ("音乐", Arts),
    ("化学", Science),
    ("社会工作", SocialSciences),
];
