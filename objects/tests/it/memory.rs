//! How much memory it takes to look into what is larger than memory.
