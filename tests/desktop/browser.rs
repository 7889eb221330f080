//! The system browser, played by a script: opens the consent page, chooses an account, presses a button, follows back.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

const SCRIPT: &str = r#"#!/usr/bin/env python3
import pathlib, sys, urllib.parse, urllib.request
here = pathlib.Path(__file__).parent
url = sys.argv[1]
page = urllib.request.urlopen(url).read().decode()
assert "Allow" in page and "Deny" in page, "not a consent page"
decision, account = (here / "answer").read_text().split()
form = urllib.parse.urlencode({"decision": decision, "account": account}).encode()
answer = urllib.request.urlopen(urllib.request.Request(url, data=form)).read().decode()
(here / "last-page").write_text(answer)
"#;

/// An `xdg-open` of the test's own, first in the desktop's PATH.
pub struct Browser {
    shims: PathBuf,
}

impl Browser {
    pub fn in_folder(folder: &Path) -> Self {
        let shims = folder.join("bin");
        std::fs::create_dir_all(&shims).expect("a folder for the scripted browser");
        let shim = shims.join("xdg-open");
        std::fs::write(&shim, SCRIPT).expect("the scripted browser is written");
        std::fs::set_permissions(&shim, std::fs::Permissions::from_mode(0o755))
            .expect("the scripted browser may run");
        Self { shims }
    }

    /// A PATH in which it comes first.
    pub fn path(&self) -> String {
        let others = std::env::var("PATH").unwrap_or_default();
        format!("{}:{others}", self.shims.display())
    }

    /// What the person does on the next consent page: `allow` or `deny`, as which account.
    pub fn will(&self, decision: &str, account: &str) {
        std::fs::write(self.shims.join("answer"), format!("{decision} {account}"))
            .expect("the browser's answer is written");
    }

    /// The page on which the browser ended.
    pub fn last_page(&self) -> String {
        std::fs::read_to_string(self.shims.join("last-page")).unwrap_or_default()
    }
}
