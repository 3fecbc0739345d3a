//! Where data sets, and what else is kept, lie on this machine.

use std::path::PathBuf;
use std::sync::LazyLock;

use convscope_data::Library;

/// Names folders of data sets, in the order in which they are looked through.
pub(crate) const VARIABLE: &str = "CONVSCOPE_DATA";

/// Returns the folders of data sets: those that `CONVSCOPE_DATA` names, then the user's cache.
///
/// One for the whole process, so that every set is read once.
pub(crate) fn library() -> Library {
    static LIBRARY: LazyLock<Library> = LazyLock::new(|| {
        let named = std::env::var_os(VARIABLE).unwrap_or_default();
        let named: Vec<PathBuf> =
            std::env::split_paths(&named).filter(|path| !path.as_os_str().is_empty()).collect();
        Library::new(named.into_iter().chain(cache().map(|cache| cache.join("data"))))
    });
    LIBRARY.clone()
}

/// Returns this program's folder in the user's cache.
pub(crate) fn cache() -> Option<PathBuf> {
    let folder = |name: &str| {
        let path = PathBuf::from(std::env::var_os(name)?);
        path.is_absolute().then_some(path)
    };
    let home = || folder("HOME");
    let user = if cfg!(windows) {
        folder("LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        home().map(|home| home.join("Library/Caches"))
    } else {
        folder("XDG_CACHE_HOME").or_else(|| Some(home()?.join(".cache")))
    };
    user.map(|user| user.join("convscope"))
}

/// Returns the proxy that the environment names, and the hosts that are asked without it, as other programs
/// read them.
pub(crate) fn proxy() -> Option<(String, String)> {
    let first = |names: &[&str]| {
        let values = names.iter().filter_map(|name| std::env::var_os(name)?.into_string().ok());
        values.into_iter().find(|value| !value.is_empty())
    };
    let proxy =
        ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "http_proxy", "HTTP_PROXY"];
    Some((first(&proxy)?, first(&["no_proxy", "NO_PROXY"]).unwrap_or_default()))
}
