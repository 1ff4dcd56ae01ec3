//! How much memory the process's control group may use, of version 2 or 1.

use std::fs;
use std::path::Path;

/// Version 1 says "no limit" with the largest number of whole pages.
const NO_LIMIT: f64 = 9e18;

/// The lowest limit of the group and of those that it is in, in bytes; `None` where there is none.
pub(super) fn memory_limit(proc: &Path, groups: &Path) -> Option<f64> {
    let memberships = fs::read_to_string(proc.join("self/cgroup")).ok()?;
    let limits = memberships.lines().filter_map(|line| {
        let mut parts = line.splitn(3, ':');
        let (_, controllers, path) = (parts.next()?, parts.next()?, parts.next()?);
        match controllers {
            "" => lowest(groups, path, "memory.max"),
            controllers if controllers.split(',').any(|one| one == "memory") => {
                lowest(&groups.join("memory"), path, "memory.limit_in_bytes")
            }
            _ => None,
        }
    });
    limits.min_by(f64::total_cmp)
}

/// In a container the path may be that of the host: then only the root is there to be read.
fn lowest(root: &Path, path: &str, file: &str) -> Option<f64> {
    let own = root.join(path.trim_start_matches('/'));
    let groups = own
        .ancestors()
        .take_while(|group| group.starts_with(root))
        .filter(|group| !group.components().any(|part| part.as_os_str() == ".."));
    groups
        .filter_map(|group| {
            let text = fs::read_to_string(group.join(file)).ok()?;
            let bytes: f64 = text.trim().parse().ok()?;
            (bytes < NO_LIMIT).then_some(bytes)
        })
        .min_by(f64::total_cmp)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(membership: &str, files: &[(&str, &str)]) -> Option<f64> {
        let folder = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write("proc/self/cgroup", membership);
        for (path, text) in files {
            write(&format!("groups/{path}"), text);
        }
        memory_limit(&folder.path().join("proc"), &folder.path().join("groups"))
    }

    #[test]
    fn the_lowest_limit_on_the_way_up_counts() {
        let files = [
            ("memory.max", "max\n"),
            ("pods/memory.max", "1000000\n"),
            ("pods/api/memory.max", "max\n"),
        ];
        assert_eq!(limit("0::/pods/api\n", &files), Some(1_000_000.0));
        assert_eq!(limit("0::/\n", &files), None);
        // The namespace hides where the group is.
        assert_eq!(
            limit("0::/../elsewhere\n", &[("memory.max", "5\n")]),
            Some(5.0)
        );
    }

    #[test]
    fn version_1_has_a_tree_for_memory() {
        let files = [
            ("memory/memory.limit_in_bytes", "9223372036854771712\n"),
            ("memory/docker/memory.limit_in_bytes", "2048\n"),
        ];
        let membership = "5:cpu,cpuacct:/docker\n4:memory:/docker\n";
        assert_eq!(limit(membership, &files), Some(2_048.0));
        assert_eq!(limit("4:memory:/\n", &files), None);
        assert_eq!(limit("", &files), None);
    }
}
