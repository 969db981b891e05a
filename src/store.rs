//! The embedded database: sled behind one narrow door.
