//! What is not there at all: servers, versions, traffic.

use super::Case;

pub(super) fn cases() -> Vec<Case> {
    let route = "/api/v1/scholarships/{id}";
    let outages = ["ServiceDown", "VersionDown", "TargetDown"];
    vec![
        Case::new("nothing is scraped any more")
            .series("1", "up", "", "1x20 0x40")
            .requests("1", route, "GET", "200", "0+600x20 _x40")
            .at("30m")
            .fires_for_all("ServiceDown")
            .fires("VersionDown", "1")
            .fires("TargetDown", "1"),
        Case::new("nobody knows of a server")
            .series("1", "unrelated", "", "1x60")
            .at("30m")
            .fires_for_all("ServiceDown")
            .silent(&["VersionDown", "TargetDown"]),
        Case::new("the canary is gone, the stable version serves")
            .up("1")
            .series("2", "up", "", "1x20 0x40")
            .at("30m")
            .fires("VersionDown", "2")
            .fires("TargetDown", "2")
            .silent(&["ServiceDown"]),
        Case::new("one server of two is gone")
            .up("1")
            .of_instance("b", "1", "up", "", "1x20 0x40")
            .at("30m")
            .fires("TargetDown", "1")
            .silent(&["ServiceDown", "VersionDown"]),
        Case::new("one scrape is lost")
            .series("1", "up", "", "1x20 0 1x40")
            .at("20m")
            .silent(&outages)
            .at("21m")
            .silent(&outages),
        Case::new("the router lost the servers")
            .up("1")
            .requests("1", route, "GET", "200", "0+60x90 5400+0x60")
            .requests("1", "/readyz", "GET", "200", "0+6x150")
            .at("80m")
            .silent(&["NoTraffic"])
            .at("110m")
            .fires_for_all("NoTraffic"),
        Case::new("a quiet night has a request now and then, or none")
            .up("1")
            .requests("1", route, "GET", "200", "0+0x60 1x10 2x90")
            .at("120m")
            .silent(&["NoTraffic"]),
        Case::new("a new service waits for its first request")
            .up("1")
            .requests("1", "/readyz", "GET", "200", "0+6x120")
            .at("100m")
            .silent(&["NoTraffic", "ServiceDown"]),
    ]
}
