//! A proxy, and the hosts that are asked without it.

use ureq::Proxy;
use ureq::http::Uri;

use super::FetchError;

/// What stands between, given as `http://name:port`, but for some hosts.
#[derive(Debug, Clone)]
pub(super) struct Between {
    address: String,
    direct: Vec<String>,
}

impl Between {
    /// Reads a list of exceptions: names set apart by commas, with all names below them, or `*`.
    pub(super) fn new(address: String, exceptions: &str) -> Self {
        let names = exceptions.split(',').map(|name| {
            // `.example.org` and `*.example.org` are other programs' ways of writing `example.org`.
            let name = name.trim().to_ascii_lowercase();
            let bare = name.strip_prefix("*.").or_else(|| name.strip_prefix('.'));
            bare.unwrap_or(&name).to_owned()
        });
        Self { address, direct: names.filter(|name| !name.is_empty()).collect() }
    }

    /// Returns the proxy for an address; none when its host is asked directly.
    ///
    /// # Errors
    /// When the proxy's own address is none.
    pub(super) fn to(&self, url: &str) -> Result<Option<Proxy>, FetchError> {
        if self.is_direct(url) {
            return Ok(None);
        }
        let proxy = Proxy::new(&self.address);
        proxy.map(Some).map_err(|_| FetchError::Proxy(self.address.clone()))
    }

    fn is_direct(&self, url: &str) -> bool {
        let Ok(url) = url.parse::<Uri>() else { return false };
        let Some(host) = url.host().map(str::to_ascii_lowercase) else { return false };
        self.direct.iter().any(|name| {
            let below = || host.strip_suffix(name.as_str()).is_some_and(|rest| rest.ends_with('.'));
            name == "*" || host == *name || below()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Between;

    #[test]
    fn exceptions_are_hosts_and_what_lies_below_them() {
        let cases = [
            ("example.org", "http://example.org/a", true),
            ("example.org", "https://data.Example.org:443/a", true),
            ("example.org", "http://notexample.org/a", false),
            (".example.org, other.net", "http://data.example.org/", true),
            ("*.example.org", "http://example.org/", true),
            ("*", "http://anything.at.all/", true),
            ("127.0.0.1", "http://127.0.0.1:8000/", true),
            ("", "http://example.org/", false),
            (" , ", "http://example.org/", false),
        ];
        for (exceptions, url, direct) in cases {
            let between = Between::new("http://proxy:3128".into(), exceptions);
            assert_eq!(between.to(url).unwrap().is_none(), direct, "`{exceptions}` and {url}");
        }
    }
}
