//! The receiver: takes Google's notifications, keeps channels alive, applies changes.
