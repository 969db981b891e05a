//! Wires the pieces together and does nothing else.

fn main() {}
