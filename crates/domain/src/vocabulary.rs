//! The closed vocabularies of the catalogue and small sets over them.

use std::marker::PhantomData;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// One value of a closed vocabulary with a stable code and a position below 64.
pub trait Term: Copy + Eq + Ord + std::fmt::Debug + Send + Sync + 'static {
    /// Every term, in the order of its index.
    const ALL: &'static [Self];
    /// The word that callers use, e.g. `merit_based`.
    fn code(self) -> &'static str;
    /// Position in [`Self::ALL`].
    fn index(self) -> usize;

    fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|term| term.code() == code)
    }

    /// The terms that a word of a caller stands for: one, unless the vocabulary has broader words.
    fn terms_of(word: &str) -> Option<TermSet<Self>> {
        let exact = Self::from_code(word).map(|term| TermSet::of(&[term]));
        exact.or_else(|| {
            Self::broader_words()
                .iter()
                .find(|(broad, _)| *broad == word)
                .map(|(_, members)| TermSet::of(members))
        })
    }

    /// Words with more than one term, with their terms.
    fn broader_words() -> &'static [(&'static str, &'static [Self])] {
        &[]
    }

    /// Every accepted word, for messages.
    fn choices() -> String {
        Self::ALL
            .iter()
            .map(|term| term.code())
            .chain(Self::broader_words().iter().map(|(word, _)| *word))
            .collect::<Vec<_>>()
            .join(", ")
    }
}

/// Declares an enum whose variants have stable codes and that implements [`Term`].
#[macro_export]
macro_rules! vocabulary {
    ($(#[$meta:meta])* $name:ident { $($variant:ident = $code:literal),+ $(,)? } $(broader { $($word:literal = [$($member:ident),+]),+ $(,)? })?) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($variant),+ }

        impl $crate::vocabulary::Term for $name {
            const ALL: &'static [Self] = &[$(Self::$variant),+];
            fn code(self) -> &'static str { match self { $(Self::$variant => $code),+ } }
            fn index(self) -> usize { self as usize }
            $(fn broader_words() -> &'static [(&'static str, &'static [Self])] {
                &[$(($word, &[$(Self::$member),+])),+]
            })?
        }

        impl $crate::serde::Serialize for $name {
            fn serialize<S: $crate::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str($crate::Term::code(*self))
            }
        }

        impl<'de> $crate::serde::Deserialize<'de> for $name {
            fn deserialize<D: $crate::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::vocabulary::deserialize_term(deserializer)
            }
        }

        #[cfg(feature = "openapi")]
        impl $crate::utoipa::PartialSchema for $name {
            fn schema() -> $crate::utoipa::openapi::RefOr<$crate::utoipa::openapi::schema::Schema> {
                $crate::vocabulary::term_schema::<Self>()
            }
        }

        #[cfg(feature = "openapi")]
        impl $crate::utoipa::ToSchema for $name {}
    };
}

vocabulary!(
    /// Broad fields of study; whatever fits none of them is `other`.
    FieldOfStudy {
        Engineering = "engineering", Medicine = "medicine", Business = "business", Arts = "arts", Science = "science",
        Technology = "technology", Education = "education", Law = "law", SocialSciences = "social_sciences", Other = "other",
    }
);

vocabulary!(
    /// What an award is given for in the first place.
    ScholarshipType {
        MeritBased = "merit_based", NeedBased = "need_based", Athletic = "athletic", Minority = "minority",
        AcademicAchievement = "academic_achievement", CommunityService = "community_service", Other = "other",
    }
);

vocabulary!(
    /// Where a student stands on the educational ladder.
    GradeLevel {
        MiddleSchool = "middle_school",
        HighSchoolFreshman = "high_school_freshman", HighSchoolSophomore = "high_school_sophomore",
        HighSchoolJunior = "high_school_junior", HighSchoolSenior = "high_school_senior",
        UndergraduateFreshman = "undergraduate_freshman", UndergraduateSophomore = "undergraduate_sophomore",
        UndergraduateJunior = "undergraduate_junior", UndergraduateSenior = "undergraduate_senior",
        Graduate = "graduate", Doctoral = "doctoral", Vocational = "vocational", Adult = "adult",
    }
    broader {
        "high_school" = [HighSchoolFreshman, HighSchoolSophomore, HighSchoolJunior, HighSchoolSenior],
        "undergraduate" = [UndergraduateFreshman, UndergraduateSophomore, UndergraduateJunior, UndergraduateSenior],
    }
);

vocabulary!(
    /// The editor's decision about a record; expiry is computed from the deadline instead.
    EditorialStatus { Draft = "draft", Active = "active", Archived = "archived" }
);

/// Reads a term by its code; the error names all codes.
///
/// # Errors
/// When the text is no code of the vocabulary.
pub fn deserialize_term<'de, T: Term, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    let code = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
    T::from_code(&code)
        .ok_or_else(|| D::Error::custom(format!("{code:?} is none of {}", T::choices())))
}

/// A string schema that lists the codes.
#[cfg(feature = "openapi")]
pub fn term_schema<T: Term>() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
    utoipa::openapi::ObjectBuilder::new()
        .schema_type(utoipa::openapi::schema::Type::String)
        .enum_values(Some(T::ALL.iter().map(|term| term.code())))
        .into()
}

/// A set of terms in one machine word.
pub struct TermSet<T> {
    mask: u64,
    term: PhantomData<T>,
}

impl<T> Clone for TermSet<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for TermSet<T> {}
impl<T> PartialEq for TermSet<T> {
    fn eq(&self, other: &Self) -> bool {
        self.mask == other.mask
    }
}
impl<T> Eq for TermSet<T> {}
impl<T> PartialOrd for TermSet<T> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
/// Some total order, for sorting and searching.
impl<T> Ord for TermSet<T> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.mask.cmp(&other.mask)
    }
}
impl<T> std::hash::Hash for TermSet<T> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.mask.hash(state);
    }
}
impl<T> Default for TermSet<T> {
    fn default() -> Self {
        Self {
            mask: 0,
            term: PhantomData,
        }
    }
}
impl<T: Term> std::fmt::Debug for TermSet<T> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_set()
            .entries(self.iter().map(Term::code))
            .finish()
    }
}

impl<T: Term> TermSet<T> {
    pub fn of(terms: &[T]) -> Self {
        terms.iter().copied().collect()
    }

    pub fn is_empty(self) -> bool {
        self.mask == 0
    }

    pub fn len(self) -> usize {
        self.mask.count_ones() as usize
    }

    pub fn insert(&mut self, term: T) {
        self.mask |= 1 << term.index();
    }

    pub fn contains(self, term: T) -> bool {
        self.mask & (1 << term.index()) != 0
    }

    pub fn intersects(self, other: Self) -> bool {
        self.mask & other.mask != 0
    }

    pub fn is_subset_of(self, other: Self) -> bool {
        self.mask & !other.mask == 0
    }

    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self {
            mask: self.mask | other.mask,
            term: PhantomData,
        }
    }

    /// One bit per term, by [`Term::index`]: for storing sets in flat columns.
    pub fn mask(self) -> u64 {
        self.mask
    }

    /// The set with these bits; bits that stand for no term are ignored.
    pub fn from_mask(mask: u64) -> Self {
        let known = if T::ALL.len() < 64 {
            (1 << T::ALL.len()) - 1
        } else {
            u64::MAX
        };
        Self {
            mask: mask & known,
            term: PhantomData,
        }
    }

    pub fn iter(self) -> impl Iterator<Item = T> {
        let mut rest = self.mask;
        std::iter::from_fn(move || {
            let term = T::ALL.get(rest.trailing_zeros() as usize).copied()?;
            rest &= rest - 1;
            Some(term)
        })
    }

    /// `a, b`, for messages.
    pub fn codes(self) -> String {
        self.iter().map(Term::code).collect::<Vec<_>>().join(", ")
    }
}

impl<T: Term> FromIterator<T> for TermSet<T> {
    fn from_iter<I: IntoIterator<Item = T>>(terms: I) -> Self {
        let mut set = Self::default();
        for term in terms {
            set.insert(term);
        }
        set
    }
}

impl<'de, T: Term> Deserialize<'de> for TermSet<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut set = Self::default();
        for word in Vec::<String>::deserialize(deserializer)? {
            let terms = T::terms_of(&word)
                .ok_or_else(|| D::Error::custom(format!("{word:?} is none of {}", T::choices())))?;
            set = set.union(terms);
        }
        Ok(set)
    }
}

impl<T: Term> Serialize for TermSet<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter().map(Term::code))
    }
}

/// A grade-point average on the 4.0 scale, in hundredths: 0 to 400.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = f64, minimum = 0, maximum = 4, example = 3.5))]
pub struct Gpa(u16);

/// The number is not a grade-point average.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be a number from 0 to 4 (a grade-point average on the 4.0 scale)")]
pub struct InvalidGpa;

impl Gpa {
    /// # Errors
    /// [`InvalidGpa`] above 400.
    pub fn from_hundredths(hundredths: u16) -> Result<Self, InvalidGpa> {
        if hundredths <= 400 {
            Ok(Self(hundredths))
        } else {
            Err(InvalidGpa)
        }
    }

    /// Rounds to hundredths, as transcripts do.
    ///
    /// # Errors
    /// [`InvalidGpa`] outside 0 to 4 or when not finite.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the range is checked first"
    )]
    pub fn from_points(points: f64) -> Result<Self, InvalidGpa> {
        if (0.0..=4.0).contains(&points) {
            Ok(Self((points * 100.0).round() as u16))
        } else {
            Err(InvalidGpa)
        }
    }

    pub fn hundredths(self) -> u16 {
        self.0
    }

    pub fn points(self) -> f64 {
        f64::from(self.0) / 100.0
    }
}

impl std::fmt::Display for Gpa {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{:.2}", self.points())
    }
}

impl Serialize for Gpa {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.points())
    }
}

impl<'de> Deserialize<'de> for Gpa {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_points(f64::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// Citizenship or immigration status: a status in the United States, or a country's code.
///
/// Codes: `us_citizen` (also `US`), `us_permanent_resident`, `daca`, `undocumented`, `refugee_or_asylee`, `international`
/// (any citizenship but the United States'), or an ISO 3166-1 alpha-2 code such as `CA`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Citizenship {
    UsCitizen,
    UsPermanentResident,
    Daca,
    Undocumented,
    RefugeeOrAsylee,
    International,
    /// A country other than the United States.
    Country(crate::CountryCode),
}

impl Citizenship {
    const STATUSES: &'static [(&'static str, Self)] = &[
        ("us_citizen", Self::UsCitizen),
        ("us_permanent_resident", Self::UsPermanentResident),
        ("daca", Self::Daca),
        ("undocumented", Self::Undocumented),
        ("refugee_or_asylee", Self::RefugeeOrAsylee),
        ("international", Self::International),
    ];

    /// What a rejected word should have been.
    pub const EXPECTED: &'static str = "must be us_citizen, us_permanent_resident, daca, undocumented, refugee_or_asylee, international, or an ISO 3166-1 alpha-2 country code such as CA";

    pub fn from_code(code: &str) -> Option<Self> {
        if let Some((_, status)) = Self::STATUSES.iter().find(|(word, _)| *word == code) {
            return Some(*status);
        }
        let country = crate::CountryCode::parse(code)?;
        Some(if country == crate::CountryCode::UNITED_STATES {
            Self::UsCitizen
        } else {
            Self::Country(country)
        })
    }

    pub fn code(&self) -> &str {
        match self {
            Self::Country(country) => country.as_str(),
            status => Self::STATUSES
                .iter()
                .find(|(_, known)| known == status)
                .map_or("", |(word, _)| word),
        }
    }
}

#[cfg(feature = "openapi")]
impl utoipa::PartialSchema for Citizenship {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        let statuses = Self::STATUSES
            .iter()
            .map(|(code, _)| *code)
            .collect::<Vec<_>>()
            .join("|");
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .pattern(Some(format!("^({statuses}|[A-Z]{{2}})$")))
            .examples(["us_citizen"])
            .into()
    }
}

#[cfg(feature = "openapi")]
impl utoipa::ToSchema for Citizenship {}

impl Serialize for Citizenship {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Citizenship {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = String::deserialize(deserializer)?;
        Self::from_code(&code).ok_or_else(|| D::Error::custom(Self::EXPECTED))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_read_back_as_its_term() {
        for level in GradeLevel::ALL {
            assert_eq!(GradeLevel::from_code(level.code()), Some(*level));
            assert_eq!(GradeLevel::ALL[level.index()], *level);
        }
    }

    #[test]
    fn broader_grade_words_include_their_members() {
        let levels = GradeLevel::terms_of("undergraduate").expect("a broader word");
        assert_eq!(levels.len(), 4);
        assert!(levels.contains(GradeLevel::UndergraduateJunior));
        assert!(GradeLevel::terms_of("kindergarten").is_none());
    }

    #[test]
    fn gpa_is_kept_in_hundredths_and_bounded() {
        assert_eq!(Gpa::from_points(3.667).map(Gpa::hundredths), Ok(367));
        assert!(Gpa::from_points(4.01).is_err());
        assert!(Gpa::from_points(f64::NAN).is_err());
        assert!(Gpa::from_points(-0.1).is_err());
    }

    #[test]
    fn the_us_country_code_means_us_citizen() {
        assert_eq!(Citizenship::from_code("US"), Some(Citizenship::UsCitizen));
        assert_eq!(
            Citizenship::from_code("CA").map(|value| value.code().to_owned()),
            Some("CA".to_owned())
        );
        assert_eq!(Citizenship::from_code("ZZ"), None);
    }
}
