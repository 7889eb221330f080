//! Tray icons drawn by shape, so that they are told apart without colour.

use syncward_agent::tray::TrayIcon;

type Argb = [u8; 4];

const OK: Argb = [255, 0x2f, 0x7d, 0x4f];
const DUE: Argb = [255, 0xa8, 0x66, 0x0a];
const BAD: Argb = [255, 0xb3, 0x38, 0x2f];
const CALM: Argb = [255, 0x7d, 0x8d, 0x95];

/// `size` × `size` pixels as ARGB32 in network byte order: disc, half disc, square, ring, crossed ring.
pub fn pixels(icon: TrayIcon, size: i32) -> Vec<u8> {
    let mut data = Vec::with_capacity((size * size * 4).unsigned_abs() as usize);
    for y in 0..size {
        for x in 0..size {
            let at = |value: i32| (f64::from(value) + 0.5) / f64::from(size) * 2.0 - 1.0;
            data.extend_from_slice(&pixel(icon, at(x), at(y)));
        }
    }
    data
}

/// The pixel at `x`, `y`, both from -1 to 1.
fn pixel(icon: TrayIcon, x: f64, y: f64) -> Argb {
    const CLEAR: Argb = [0; 4];
    let radius = x.hypot(y);
    let disc = radius <= 0.85;
    let ring = disc && radius >= 0.6;
    let (inside, colour) = match icon {
        TrayIcon::Ok => (disc, OK),
        TrayIcon::Due => (ring || disc && x <= 0.0, DUE),
        TrayIcon::Bad => (x.abs() <= 0.75 && y.abs() <= 0.75, BAD),
        TrayIcon::Paused => (ring, CALM),
        TrayIcon::Offline => (ring || disc && (x + y).abs() <= 0.2, CALM),
    };
    if inside { colour } else { CLEAR }
}
