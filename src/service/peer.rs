//! Who is at the other end: what the kernel says, and what this host calls them.
//!
//! It must not believe anything that the other end says.

use nix::unistd::{Gid, Group, Uid, User, getgrouplist};

/// The name of a user on this host; their number where there is none.
pub(super) fn name_of(uid: u32) -> String {
    let user = User::from_uid(Uid::from_raw(uid)).ok().flatten();
    user.map_or_else(|| format!("user {uid}"), |user| crate::http::clean(&user.name))
}

/// The number of a group on this host.
pub(super) fn group(name: &str) -> Option<Gid> {
    Group::from_name(name).ok().flatten().map(|group| group.gid)
}

/// Whether a user is in a group, as this host says now and not when they signed in. Where that cannot be told, the kernel's
/// word holds that let them in.
pub(super) fn is_in(uid: u32, gid: Gid) -> bool {
    let Ok(Some(user)) = User::from_uid(Uid::from_raw(uid)) else { return true };
    let Ok(name) = std::ffi::CString::new(user.name) else { return true };
    getgrouplist(&name, user.gid).map_or(true, |groups| groups.contains(&gid))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_left_a_group_is_told_from_who_is_in_it() {
        assert!(is_in(0, Gid::from_raw(0)), "root is in root's group on every host");
        assert!(!is_in(0, Gid::from_raw(64_999)), "and in none that there is not");
        assert!(
            is_in(64_321, Gid::from_raw(64_999)),
            "of whom nothing is known the kernel's word holds"
        );
    }

    #[test]
    fn a_user_without_a_name_is_a_number() {
        assert_eq!(name_of(0), "root");
        assert_eq!(name_of(64_321), "user 64321");
        assert_eq!(group("no-such-group-of-this-host"), None);
    }
}
