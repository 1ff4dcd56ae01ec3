//! States of the United States and countries of the world.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::vocabulary;

vocabulary!(
    /// USPS codes: the fifty states, the District of Columbia and the territories.
    UsState {
        Alabama = "AL", Alaska = "AK", Arizona = "AZ", Arkansas = "AR", California = "CA", Colorado = "CO", Connecticut = "CT",
        Delaware = "DE", DistrictOfColumbia = "DC", Florida = "FL", Georgia = "GA", Hawaii = "HI", Idaho = "ID", Illinois = "IL",
        Indiana = "IN", Iowa = "IA", Kansas = "KS", Kentucky = "KY", Louisiana = "LA", Maine = "ME", Maryland = "MD",
        Massachusetts = "MA", Michigan = "MI", Minnesota = "MN", Mississippi = "MS", Missouri = "MO", Montana = "MT",
        Nebraska = "NE", Nevada = "NV", NewHampshire = "NH", NewJersey = "NJ", NewMexico = "NM", NewYork = "NY",
        NorthCarolina = "NC", NorthDakota = "ND", Ohio = "OH", Oklahoma = "OK", Oregon = "OR", Pennsylvania = "PA",
        RhodeIsland = "RI", SouthCarolina = "SC", SouthDakota = "SD", Tennessee = "TN", Texas = "TX", Utah = "UT",
        Vermont = "VT", Virginia = "VA", Washington = "WA", WestVirginia = "WV", Wisconsin = "WI", Wyoming = "WY",
        AmericanSamoa = "AS", Guam = "GU", NorthernMarianaIslands = "MP", PuertoRico = "PR", VirginIslands = "VI",
        Micronesia = "FM", MarshallIslands = "MH", Palau = "PW",
    }
);

impl UsState {
    /// The English name, e.g. `New York`, taken from the variant's own name.
    pub fn name(self) -> String {
        let variant = format!("{self:?}");
        let mut name = String::with_capacity(variant.len() + 2);
        for character in variant.chars() {
            if character.is_ascii_uppercase() && !name.is_empty() {
                name.push(' ');
            }
            name.push(character);
        }
        name.replace(" Of ", " of ")
    }
}

/// An officially assigned ISO 3166-1 alpha-2 code, upper case.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = String, pattern = "^[A-Z]{2}$", example = "US"))]
pub struct CountryCode([u8; 2]);

/// ISO 3166-1 alpha-2, officially assigned, as of 2025.
const ASSIGNED: &str = "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ \
CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL \
GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR \
LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK \
PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR \
TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW";

impl CountryCode {
    pub const UNITED_STATES: Self = Self(*b"US");

    /// What a rejected word should have been.
    pub const EXPECTED: &'static str =
        "must be an ISO 3166-1 alpha-2 country code in capitals, such as US";

    pub fn parse(code: &str) -> Option<Self> {
        let bytes: [u8; 2] = code.as_bytes().try_into().ok()?;
        ASSIGNED
            .split_ascii_whitespace()
            .any(|known| known.as_bytes() == bytes)
            .then_some(Self(bytes))
    }

    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("")
    }
}

impl std::fmt::Debug for CountryCode {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl Serialize for CountryCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for CountryCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?)
            .ok_or_else(|| D::Error::custom(Self::EXPECTED))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Term as _;

    #[test]
    fn there_are_249_countries_and_all_states_fit_one_word() {
        assert_eq!(ASSIGNED.split_ascii_whitespace().count(), 249);
        assert!(UsState::ALL.len() <= 64);
        assert_eq!(UsState::DistrictOfColumbia.name(), "District of Columbia");
    }
}
