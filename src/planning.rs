//! Working out what to write. Pure: the same inputs give the same plan, in the same order. It must not await, read the store, or be random.
