//! Pure rules and state machines of Syncward: no clock, no socket, no randomness.
