//! Deterministic chance: every figure of a world follows from its seed and from what it is for, never from the order of calls.

use uuid::Uuid;

/// What a random stream is for, so that streams never meet.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Purpose {
    Product = 1,
    Customer,
    Tenant,
    Subscription,
    History,
    Invoice,
    Agreement,
    Contract,
    Access,
    Foreign,
    Program,
}

/// Mixes numbers into one (splitmix64).
pub(crate) fn mix(parts: &[u64]) -> u64 {
    parts.iter().fold(0x9E37_79B9_7F4A_7C15, |state, part| {
        let mut value = (state ^ part).wrapping_add(0x9E37_79B9_7F4A_7C15);
        value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        value ^ (value >> 31)
    })
}

/// A random stream for one thing.
pub(crate) fn stream(seed: u64, purpose: Purpose, index: usize, part: u64) -> fastrand::Rng {
    fastrand::Rng::with_seed(mix(&[seed, purpose as u64, index as u64, part]))
}

/// The GUID of one thing.
pub(crate) fn guid(seed: u64, purpose: Purpose, index: usize) -> Uuid {
    let high = mix(&[seed, purpose as u64, index as u64, 1]);
    let low = mix(&[seed, purpose as u64, index as u64, 2]);
    let bits = (u128::from(high) << 64) | u128::from(low);
    uuid::Builder::from_random_bytes(bits.to_be_bytes()).into_uuid()
}
