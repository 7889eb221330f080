//! Types of the control API and its typed client.
