use super::*;

fn written() -> (State, String) {
    let mut bench = Bench::running();
    bench.looks(Outcome::Hold, 3);
    let text = bench.state.to_json();
    (bench.state, text)
}

#[test]
fn a_state_is_read_as_it_was_written() {
    let (state, text) = written();
    assert_eq!(State::from_json(&text).unwrap(), state);
}

#[test]
fn a_torn_state_is_refused_wherever_it_was_torn() {
    let (_, text) = written();
    for length in 0..text.len() {
        assert!(State::from_json(&text[..length]).is_err(), "{length}");
    }
}

#[test]
fn every_changed_byte_of_a_state_is_found() {
    let (_, text) = written();
    for place in 0..text.len() {
        let mut bytes = text.clone().into_bytes();
        bytes[place] = if bytes[place] == b'7' { b'8' } else { b'7' };
        let changed = String::from_utf8(bytes).unwrap();
        assert!(State::from_json(&changed).is_err(), "{changed}");
    }
}

#[test]
fn a_state_of_another_form_is_told_from_an_edited_one() {
    let (_, text) = written();
    let newer = text.replacen("\"schema\":1", "\"schema\":2", 1);
    assert!(matches!(
        State::from_json(&newer),
        Err(StateError::OtherSchema { found: 2 })
    ));
    let edited = text.replacen("\"canary\":5", "\"canary\":9", 1);
    let edited = edited.replacen("\"stable\":95", "\"stable\":91", 1);
    assert!(matches!(State::from_json(&edited), Err(StateError::Edited)));
}

#[test]
fn a_state_with_a_stage_that_is_not_planned_is_refused() {
    let mut bench = Bench::running();
    if let Phase::Running(running) = &mut bench.state.phase {
        running.stage = 2;
    }
    assert!(matches!(
        State::from_json(&bench.state.to_json()),
        Err(StateError::NoSuchStage)
    ));
}
