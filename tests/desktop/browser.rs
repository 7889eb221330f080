//! The system browser, played by a script: opens the consent page, presses Allow, follows the way back.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

const SCRIPT: &str = r#"#!/usr/bin/env python3
import sys, urllib.parse, urllib.request
url = sys.argv[1]
page = urllib.request.urlopen(url).read().decode()
assert "Allow" in page and "Deny" in page, "not a consent page"
query = urllib.parse.parse_qs(urllib.parse.urlparse(url).query)
account = query.get("login_hint", ["booking@riversideimaging.example"])[0]
form = urllib.parse.urlencode({"decision": "allow", "account": account}).encode()
answer = urllib.request.urlopen(urllib.request.Request(url, data=form)).read().decode()
assert "close" in answer, "the last page does not say that it can be closed"
"#;

/// Puts an `xdg-open` that is the script first in a PATH, and answers with that PATH.
pub fn path_with_scripted_browser(folder: &Path) -> String {
    let shims = folder.join("bin");
    std::fs::create_dir_all(&shims).expect("a folder for the scripted browser");
    let shim = shims.join("xdg-open");
    std::fs::write(&shim, SCRIPT).expect("the scripted browser is written");
    std::fs::set_permissions(&shim, std::fs::Permissions::from_mode(0o755))
        .expect("the scripted browser may run");
    format!(
        "{}:{}",
        shims.display(),
        std::env::var("PATH").unwrap_or_default()
    )
}
