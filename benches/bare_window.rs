//! A window with an empty page: what the webview alone takes to start here. `benches/start.py` holds the desktop against it.
#[cfg(target_os = "linux")]
fn main() -> Result<(), gtk::glib::BoolError> {
    use gtk::prelude::{ContainerExt, GtkWindowExt, WidgetExt};
    use webkit2gtk::{WebView, WebViewExt};

    gtk::init()?;
    let window = gtk::Window::new(gtk::WindowType::Toplevel);
    window.set_default_size(1280, 832);
    let page = WebView::new();
    page.load_html("<body style='background: green'></body>", None);
    window.add(&page);
    window.show_all();
    gtk::main();
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn main() {}
