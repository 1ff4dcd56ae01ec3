//! What no answer says: insults, threats, promises, and requests for money or secrets.

use std::sync::LazyLock;

use super::super::folding;
use super::super::phrases::Phrase;
use super::Facts;

static UNSAFE: LazyLock<Vec<Phrase>> = LazyLock::new(|| Phrase::all(PHRASES));

/// In the notation of [`super::super::phrases`].
const PHRASES: &[&str] = &[
    // Insults and obscenities.
    "fuck*|shit|shitty|bullshit|bitch*|cunt*|asshole*|nigg*|faggot*|fag|retard|retards|retarded|kike*|spic|spics|chink|chinks|tranny|trannies|whore*|slut*|bastard*|dumbass*|wetback*|towelhead*|gook|gooks",
    "porn*|nude|nudes|sexting|blowjob*|masturbat*|orgasm*|horny|erotic*|onlyfans|escort",
    "have|having|had sex",
    "sexual ~1 act|acts|favor|favors|content|intercourse|services",
    "you|youre|are ~2 stupid|idiot|idiots|worthless|moron|dumb|loser|pathetic",
    "inferior|subhuman race|races|people|students",
    // Violence against oneself and others.
    "kill|hurt|harm|cut|hang yourself|themselves|himself|herself|myself",
    "commit|committing suicide",
    "end|take your own life",
    "end your life",
    "kill|murder|shoot|stab|bomb|attack|poison|behead ~1 people|them|him|her|you|someone|everyone|somebody|students|teachers|jews|muslims|blacks|whites|immigrants",
    "build|make|making|buy ~2 bomb|bombs|explosive|explosives|weapon|weapons|meth|poison",
    // Promises.
    "!if|not|cant|cannot|whether|no|may|might|unlikely you ~1 will|are ~3 win|winning|awarded",
    "!if|not|cant|cannot|whether youll ~2 win|awarded",
    "!if|not|cant|cannot|whether you ~1 will|are|shall ~1 definitely|certainly|surely|undoubtedly|absolutely|certain|sure|bound ~2 get|receive|win|qualify|be|earn|to",
    "!if|not|cant|cannot|whether youll|youre|well|ill ~1 definitely|certainly|surely|undoubtedly|absolutely|certain|sure|bound|guaranteed ~3 get|receive|win|qualify|earn|success",
    "!not|no|never|nothing|none|cannot|cant|isnt|doesnt|dont|arent|without|nor|wont|neither|nobody guarantee*",
    "100|hundred ~1 chance|certain|sure|success",
    "!be|make|not sure|certain to ~1 win|get|receive",
    "a sure thing|win|winner",
    "!no|not|isnt|never risk free",
    "!if|when|once|list|any|that|which|honors|awards|unless you|youve|youre ~1 have|been|already|are ~2 won|winner|awarded",
    "congratulations ~3 you|youre ~3 won|win|winner|selected|awarded",
    "cannot|cant|wont|impossible ~1 lose|fail|rejected",
    // Money and secrets of the student.
    "!no|not|never|dont|without|nor|neither|nobody|avoid|legitimate|should|can|could|help|helps|used|may pay|send|wire|transfer|submit|remit ~4 fee|deposit|processing|bitcoin|crypto*|zelle|paypal|venmo|gift|prepayment|upfront",
    "!no|not|never|dont|without|nor|neither|nobody|avoid send|wire|transfer ~2 money|payment|cash|funds|dollars|usd|your ~1 to|by|via|before|through|payment|money",
    "!no|not|never|dont|without|nor|neither|nobody|avoid|should send|share|give|provide|enter|tell|reply|submit|email|text|confirm|type|include|verify|need|write ~5 ssn|password|passwords|passcode|cvv|pin",
    "!no|not|never|dont|without|nor|neither|nobody|avoid|should send|share|give|provide|enter|tell|reply|submit|email|text|confirm|type|include|verify|need|write ~5 social|credit|debit|bank|card|routing|account security|card|account|number|details|information|login",
    "what ~1 is|are|s your ~1 ssn|password|passwords|social|pin|login|bank|credit",
    "whats your ~1 ssn|password|social|pin|login|bank|credit",
    "!no|not|never|dont|without your ssn|password|passcode|cvv",
    "buy|purchase ~3 gift|bitcoin|crypto* ~1 card|cards|to|and|first|.",
    "!no|not|never|without processing|application|activation|registration fee|fees ~2 must|required",
    // What a model is told.
    "system|hidden|initial|developer|secret prompt|prompts",
    "as an ai|large|language",
    "language model",
    "ignore|disregard|forget|override ~3 previous|prior|above|earlier|all|system ~2 instructions|instruction|prompt|rules",
    "i was|am|were|been ~1 instructed|told|programmed|prompted",
    "my ~1 instructions|prompt|programming|guidelines",
    "jailbreak*",
    "developer|dan|god mode",
    "^ system|assistant|user|developer :",
];

/// Whether `text` says something unsafe outside the names of given scholarships, or repeats what a model is told.
pub(super) fn is_in(text: &str, facts: &Facts) -> bool {
    let words = without_names(folding::words(text), facts);
    let latin = folding::without_lookalikes(&folding::plain(text));
    let read = without_names(folding::words(&folding::without_leetspeak(&latin)), facts);
    UNSAFE
        .iter()
        .any(|phrase| phrase.is_in(&words) || phrase.is_in(&read))
}

/// Names may hold words such as "guaranteed".
fn without_names(words: Vec<String>, facts: &Facts) -> Vec<String> {
    let mut left = Vec::with_capacity(words.len());
    let mut at = 0;
    while at < words.len() {
        let name = facts
            .names()
            .iter()
            .filter(|name| name.len() > 1 && words[at..].starts_with(name))
            .map(Vec::len)
            .max();
        match name {
            Some(length) => {
                left.push("it".to_owned());
                at += length;
            }
            None => {
                left.push(words[at].clone());
                at += 1;
            }
        }
    }
    left
}
