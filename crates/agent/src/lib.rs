//! The desktop's background agent: connection, history, alerts, pairing.
