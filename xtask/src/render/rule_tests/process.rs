//! Processes, their certificate and the secret of their tokens, and rules of security. Time begins at 0.

use super::Case;

pub(super) fn cases() -> Vec<Case> {
    let new = |name| Case::new(name).up("1");
    let memory = |case: Case, used: &str| {
        case.series("1", "process_resident_memory_bytes", "", used)
            .series("1", "process_memory_limit_bytes", "", "1000x60")
    };
    let days = |days: i64, minutes: u32| format!("{}+0x{minutes}", days * 86_400);
    let certificate = |case: Case, left: i64| {
        case.series(
            "1",
            "certificate_expiry_timestamp_seconds",
            "",
            &days(left, 180),
        )
    };
    vec![
        memory(new("a leak"), "500x20 950x40")
            .at("22m")
            .silent(&["MemoryNearLimit"])
            .at("30m")
            .fires("MemoryNearLimit", "1"),
        memory(
            new("85 % stay in use, and all of it for a moment"),
            "850x20 990 850x40",
        )
        .at("21m")
        .silent(&["MemoryNearLimit"])
        .at("40m")
        .silent(&["MemoryNearLimit"]),
        new("there is no limit")
            .series("1", "process_resident_memory_bytes", "", "9000x60")
            .at("30m")
            .silent(&["MemoryNearLimit"]),
        new("a process that starts again and again")
            .series(
                "1",
                "process_start_time_seconds",
                "",
                "0x20 1200 1260 1320 1380 1380x40",
            )
            .at("26m")
            .fires("ProcessRestarting", "1")
            .at("50m")
            .silent(&["ProcessRestarting"]),
        new("three servers are restarted once, two of them in ten minutes")
            .series("1", "process_start_time_seconds", "", "0x20 1200x60")
            .of_instance("b", "1", "process_start_time_seconds", "", "0x25 1500x60")
            .of_instance("c", "1", "process_start_time_seconds", "", "0x40 2400x60")
            .at("30m")
            .silent(&["ProcessRestarting"])
            .at("45m")
            .silent(&["ProcessRestarting"]),
        new("three servers are restarted one after the other, within two minutes")
            .series("1", "process_start_time_seconds", "", "0x20 1200x40")
            .of_instance("b", "1", "process_start_time_seconds", "", "0x20 1230x40")
            .of_instance("c", "1", "process_start_time_seconds", "", "0x21 1260x40")
            .at("23m")
            .silent(&["ProcessRestarting"])
            .at("30m")
            .silent(&["ProcessRestarting"]),
        certificate(new("ten days are left"), 10)
            .at("30m")
            .silent(&["CertificateExpiring"])
            .at("90m")
            .fires_for_all("CertificateExpiring")
            .silent(&["CertificateAlmostExpired"]),
        certificate(new("a day is left"), 1)
            .at("90m")
            .fires_for_all("CertificateExpiring")
            .fires_for_all("CertificateAlmostExpired"),
        certificate(new("a new certificate, a new secret"), 90)
            .series(
                "1",
                "token_key_since_timestamp_seconds",
                "",
                &days(-30, 180),
            )
            .at("120m")
            .silent(&[
                "CertificateExpiring",
                "CertificateAlmostExpired",
                "TokenKeyOld",
            ]),
        new("a secret of a hundred days")
            .series(
                "1",
                "token_key_since_timestamp_seconds",
                "",
                &days(-100, 180),
            )
            .at("90m")
            .fires_for_all("TokenKeyOld"),
        new("a write that the audit log does not know")
            .series(
                "1",
                "security_policy_violations_total",
                "kind=\"audit_gap\"",
                "0x20 1x100",
            )
            .at("25m")
            .fires("SecurityPolicyViolation", "1"),
        new("attacks that were refused, and a restart after an old violation")
            .series(
                "1",
                "auth_rejections_total",
                "reason=\"TOKEN_EXPIRED\"",
                "0+600x60",
            )
            .series(
                "1",
                "security_policy_violations_total",
                "kind=\"audit_gap\"",
                "2x20 0x60",
            )
            .at("30m")
            .silent(&["SecurityPolicyViolation"]),
    ]
}
