"""Tables: runs and variants, and one file per kind, from its options to what it says."""
