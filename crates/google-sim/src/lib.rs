//! Google, simulated: OAuth, Calendar v3, push and faults.
