//! The command line: one file per command, printers for people and for programs. No rules live here.
