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
