//! Words that say nothing about which scholarship is meant.

use std::collections::HashSet;
use std::sync::LazyLock;

/// Not searched for: function words, courtesies, and what every record is about.
const FILLER: &str = "a an the this that these those it its it's and or but so if then than as at by for from in into of on onto off \
to with within about around near while during under over per via up out \
i i'm im i've ive i'd i'll me my mine we we're we've our us you your he she his her hers him they their them there here \
am is are was were be been being do does did doing have has had having got get gets getting can could may might must should \
will would shall want wants wanted wanting need needs needed wish like looking look search searching seeking seek find show \
give list tell help suggest recommend retrieve return fetch know see let please pls plz hi hello hey thanks thank ok okay \
what what's which who whom whose where when how why any anything anyone anybody some something someone someone's all every each \
both either also too just only really very quite ideally preferably currently now right still yet even \
scholarship scholarships award awards grant grants bursary bursaries prize prizes fund funds funding money cash dollars bucks \
aid opportunity opportunities option options program programs amount amounts worth value deadline deadlines due closing \
closes close date dates apply applying application applications applicant applicants accepting available eligible eligibility \
qualify qualifies qualified open require requires required requirement requirements minimum maximum least most \
student students counselor counsellor user someone people person \
person's major majors majoring degree degrees study studies studying studied pursue pursuing pursues course courses field fields \
state states resident residents residency reside living live lives living based year years month week day \
college school schools university universities going go goes attend attending enrolled enrolling entering incoming rising current \
gpa average grade level grades score interested plan planning plans hoping hope love loves enjoy enjoys \
who's that's there's candidate candidates more less greater higher lower or above below between up plus exclusively \
here ones class classes accept accepts exactly lot old finish asap best top biggest cheap easy quick weighted unweighted play plays dad \
pay pays paying eligible status holder holders citizen citizens citizenship eligible recipient recipients restricted limited";

/// Words that may stand with a capital beside a state without making a name of it.
const CAPITALISED: &str = "nursing high senior seniors junior juniors freshman freshmen sophomore sophomores undergraduate \
undergraduates graduate graduates women men girls boys veterans first low merit minority athletic community vocational trade \
native south north east west western eastern southern northern city county dc beach before after until not except based";

static FILLERS: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| FILLER.split_ascii_whitespace().collect());
static COMMON: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    FILLER
        .split_ascii_whitespace()
        .chain(CAPITALISED.split_ascii_whitespace())
        .collect()
});

/// Whose scholarships somebody asks for: "my son".
pub(super) fn is_child(word: &str) -> bool {
    matches!(
        word,
        "kid" | "kids" | "son" | "sons" | "daughter" | "daughters" | "child" | "children"
    )
}

/// Words that need not be searched for.
pub(super) fn is_filler(word: &str) -> bool {
    FILLERS.contains(word)
}

/// Words that make no name.
pub(super) fn is_common(word: &str) -> bool {
    COMMON.contains(word)
}
