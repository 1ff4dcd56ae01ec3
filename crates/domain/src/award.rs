//! Money: currencies, amounts in minor units, and awards.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Number;

/// An amount in the minor unit of its currency (cents for USD, yen for JPY); never negative, at most [`MAX_MINOR_UNITS`].
pub type MinorUnits = i64;

/// Ten thousand million of a currency with cents: far above any award, far below overflow of sums over a catalogue.
pub const MAX_MINOR_UNITS: MinorUnits = 1_000_000_000_000;

/// An ISO 4217 currency code, upper case.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = String, pattern = "^[A-Z]{3}$", example = "USD"))]
pub struct Currency([u8; 3]);

/// Active ISO 4217 codes of circulating currencies, as of 2025.
const CODES: &str = "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP CNY \
COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY \
KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR \
PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH \
UGX USD UYU UZS VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWG";
const WITHOUT_MINOR_UNIT: &str = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF";
const WITH_THOUSANDTHS: &str = "BHD IQD JOD KWD LYD OMR TND";

impl Currency {
    pub const USD: Self = Self(*b"USD");

    /// What a rejected word should have been.
    pub const EXPECTED: &'static str = "must be an ISO 4217 currency code in capitals, such as USD";

    pub fn parse(code: &str) -> Option<Self> {
        let bytes: [u8; 3] = code.as_bytes().try_into().ok()?;
        CODES
            .split_ascii_whitespace()
            .any(|known| known.as_bytes() == bytes)
            .then_some(Self(bytes))
    }

    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("")
    }

    /// Decimal places of the minor unit (ISO 4217): 0, 2 or 3.
    pub fn decimals(self) -> u32 {
        if WITHOUT_MINOR_UNIT.contains(self.as_str()) {
            0
        } else if WITH_THOUSANDTHS.contains(self.as_str()) {
            3
        } else {
            2
        }
    }

    /// Reads a plain decimal number of major units such as `1500` or `1500.5`, exactly.
    ///
    /// # Errors
    /// A sentence that says what is wrong: negative, too large, or more decimals than the currency has.
    pub fn minor_units(self, major: &str) -> Result<MinorUnits, String> {
        let (whole, fraction) = major.split_once('.').unwrap_or((major, ""));
        let decimals = self.decimals() as usize;
        let fraction = fraction.trim_end_matches('0');
        if whole.is_empty()
            || !whole
                .bytes()
                .chain(fraction.bytes())
                .all(|byte| byte.is_ascii_digit())
        {
            return Err("must be a number of at least 0".to_owned());
        }
        if fraction.len() > decimals {
            return Err(format!(
                "must have at most {decimals} decimals in {}",
                self.as_str()
            ));
        }
        let minor = format!("{whole}{fraction:0<decimals$}")
            .parse::<MinorUnits>()
            .ok()
            .filter(|minor| *minor <= MAX_MINOR_UNITS);
        minor.ok_or_else(|| format!("must be at most {}", self.major_units(MAX_MINOR_UNITS)))
    }

    /// Like [`Self::minor_units`], from a JSON number.
    ///
    /// # Errors
    /// As [`Self::minor_units`].
    pub fn minor_units_of(self, number: &Number) -> Result<MinorUnits, String> {
        let text = match (number.as_u64(), number.as_f64()) {
            (Some(whole), _) => whole.to_string(),
            (None, Some(float)) if float >= 0.0 => format!("{float}"),
            _ => return Err("must be a number of at least 0".to_owned()),
        };
        self.minor_units(&text)
    }

    /// The amount in major units as a JSON number: an integer where it is whole.
    #[expect(
        clippy::cast_precision_loss,
        reason = "amounts are bounded far below 2^53"
    )]
    pub fn major_units(self, minor: MinorUnits) -> Number {
        let factor = 10_i64.pow(self.decimals());
        if minor % factor == 0 {
            return Number::from(minor / factor);
        }
        Number::from_f64(minor as f64 / factor as f64)
            .unwrap_or_else(|| Number::from(minor / factor))
    }
}

impl std::fmt::Debug for Currency {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?)
            .ok_or_else(|| D::Error::custom(Self::EXPECTED))
    }
}

/// What one student gets. Both bounds may be unknown; the text is kept as the source printed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Award {
    pub minimum: Option<MinorUnits>,
    pub maximum: Option<MinorUnits>,
    pub currency: Currency,
    pub text: Option<String>,
}

impl Default for Award {
    fn default() -> Self {
        Self {
            minimum: None,
            maximum: None,
            currency: Currency::USD,
            text: None,
        }
    }
}

impl Award {
    /// The most that a student can get: the maximum, or the only amount known.
    pub fn most(&self) -> Option<MinorUnits> {
        self.maximum.or(self.minimum)
    }

    /// The least that a winner gets: the minimum, or the only amount known.
    pub fn least(&self) -> Option<MinorUnits> {
        self.minimum.or(self.maximum)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn major_units_are_read_exactly() {
        assert_eq!(Currency::USD.minor_units("1500.5"), Ok(150_050));
        assert_eq!(
            Currency::USD.minor_units_of(&Number::from_f64(19.99).expect("finite")),
            Ok(1_999)
        );
        assert!(Currency::USD.minor_units("1.005").is_err());
        assert!(Currency::USD.minor_units("-1").is_err());
        assert!(Currency::USD.minor_units("99999999999999999999").is_err());
        let yen = Currency::parse("JPY").expect("a currency");
        assert_eq!(yen.minor_units("1000"), Ok(1_000));
        assert!(yen.minor_units("1000.5").is_err());
    }

    #[test]
    fn minor_units_are_shown_as_whole_numbers_where_they_are() {
        assert_eq!(Currency::USD.major_units(1_000_000).to_string(), "10000");
        assert_eq!(Currency::USD.major_units(1_999).to_string(), "19.99");
    }
}
