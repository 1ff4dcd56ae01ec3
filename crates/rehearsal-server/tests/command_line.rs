//! The command line of the server with faults. That there is a test of the program also has it built with the tests, for the checks
//! that follow them.

use std::process::Command;

fn ended(arguments: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_rehearsal-server"))
        .args(arguments)
        .output()
        .expect("starts");
    let text = [output.stdout, output.stderr].concat();
    (
        output.status.code(),
        String::from_utf8(text).expect("is UTF-8"),
    )
}

#[test]
fn all_that_can_go_wrong_is_listed() {
    let (code, help) = ended(&["--help"]);
    assert_eq!(code, Some(0));
    for fault in ["--errors", "--slow", "--delay", "--leak", "--flap"] {
        assert!(help.contains(fault), "{help}");
    }
}

#[test]
fn what_makes_no_sense_is_refused_by_its_name() {
    for (option, value) in [("--errors", "101"), ("--slow", "some"), ("--leak", "-1")] {
        let (code, said) = ended(&[&format!("{option}={value}")]);
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains(option), "{said}");
    }
}
