//! Where may be connected to: the user's own machine and network, and nowhere else.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use recordroute_core::CancellationToken;
use reqwest::Url;

use crate::error::{Miss, cleaned};

/// A server's address, checked.
#[derive(Debug, Clone)]
pub(crate) struct Address {
    /// Without the `/v1`; ends with a slash.
    root: Url,
    /// For sentences, such as `localhost:11434`.
    pub host: String,
}

impl Address {
    /// Reads what a user typed: with or without `http://`, `/v1` or a slash at the end.
    pub fn parse(text: &str) -> Result<Self, Miss> {
        let typed = text.trim();
        let wrong = || {
            Miss::Failed(format!(
                "“{}” is not the address of a model server. Enter one such as http://localhost:11434.",
                cleaned(typed, 80)
            ))
        };
        let full = if typed.contains("://") {
            typed.to_owned()
        } else {
            format!("http://{typed}")
        };
        let mut root = Url::parse(&full).map_err(|_| wrong())?;
        let has_secret = !root.username().is_empty() || root.password().is_some();
        if !matches!(root.scheme(), "http" | "https")
            || root.host_str().is_none_or(str::is_empty)
            || has_secret
        {
            return Err(wrong());
        }
        root.set_query(None);
        root.set_fragment(None);
        let path = root.path().trim_end_matches('/');
        let path = path.strip_suffix("/v1").unwrap_or(path);
        root.set_path(&format!("{path}/"));
        // Servers are told to listen on it, and users copy it from there; one connects to oneself.
        if root.host_str() == Some("0.0.0.0") || root.host_str() == Some("[::]") {
            root.set_ip_host(IpAddr::V4(Ipv4Addr::LOCALHOST))
                .map_err(|()| wrong())?;
        }
        let name = root.host_str().unwrap_or_default();
        let host = match root.port() {
            Some(port) => format!("{name}:{port}"),
            None => name.to_owned(),
        };
        Ok(Self { root, host })
    }

    /// An address of the interface, such as `v1/models`.
    pub fn join(&self, path: &str) -> Url {
        let mut url = self.root.clone();
        url.set_path(&format!("{}{path}", self.root.path()));
        url
    }

    /// The name to pin addresses to; none for an address in digits.
    pub fn name(&self) -> Option<&str> {
        self.root.domain()
    }

    /// The addresses that may be connected to.
    pub async fn resolve(
        &self,
        limit: Duration,
        cancel: &CancellationToken,
    ) -> Result<Vec<SocketAddr>, Miss> {
        let port = self.root.port_or_known_default().unwrap_or(80);
        let found: Vec<SocketAddr> = match self.root.domain() {
            None => {
                let digits = self.root.host_str().unwrap_or_default();
                let digits = digits.trim_start_matches('[').trim_end_matches(']');
                let ip = digits.parse().map_err(|_| self.unknown())?;
                vec![SocketAddr::new(ip, port)]
            }
            Some(name) => {
                let lookup = tokio::net::lookup_host((name, port));
                let found = tokio::select! {
                    biased;
                    () = cancel.cancelled() => return Err(Miss::Cancelled),
                    found = tokio::time::timeout(limit, lookup) => found,
                };
                match found {
                    Ok(Ok(found)) => found.collect(),
                    _ => return Err(self.unknown()),
                }
            }
        };
        self.own(found)
    }

    fn own(&self, found: Vec<SocketAddr>) -> Result<Vec<SocketAddr>, Miss> {
        if found.is_empty() {
            return Err(self.unknown());
        }
        let own: Vec<SocketAddr> = found.into_iter().filter(|address| is_own(address.ip())).collect();
        if own.is_empty() {
            return Err(Miss::Failed(format!(
                "{} is not on this computer or in its own network. What was said is sent nowhere else: enter the address of a server of your own.",
                self.host
            )));
        }
        Ok(own)
    }

    fn unknown(&self) -> Miss {
        Miss::Failed(format!(
            "There is no computer of the name {} in reach. Check the address of the model server.",
            self.host
        ))
    }
}

/// Whether an address is of this machine, or of a network that is not the internet: loopback, private
/// (RFC 1918, RFC 4193) and link-local (RFC 3927, RFC 4291).
fn is_own(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_loopback() || ip.is_private() || ip.is_link_local(),
        IpAddr::V6(ip) => match mapped(ip) {
            Some(ip) => is_own(IpAddr::V4(ip)),
            None => ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local(),
        },
    }
}

/// The IPv4 address inside an IPv6 one.
fn mapped(ip: Ipv6Addr) -> Option<Ipv4Addr> {
    ip.to_ipv4_mapped()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Address {
        Address::parse(text).unwrap()
    }

    #[test]
    fn addresses_are_read_as_people_type_them() {
        for text in [
            "http://localhost:11434",
            "localhost:11434",
            " http://localhost:11434/v1/ ",
            "http://localhost:11434/v1?x=1#y",
        ] {
            assert_eq!(
                parsed(text).join("v1/models").as_str(),
                "http://localhost:11434/v1/models",
                "{text:?}"
            );
        }
        assert_eq!(
            parsed("http://box.local/llm/v1").join("v1/models").as_str(),
            "http://box.local/llm/v1/models",
            "a server behind a path"
        );
        assert_eq!(
            parsed("0.0.0.0:8080").host,
            "127.0.0.1:8080",
            "what servers print"
        );
        for text in [
            "",
            "ftp://localhost",
            "http://",
            "http://user:secret@localhost",
            "no address",
        ] {
            assert!(Address::parse(text).is_err(), "{text:?} is none");
        }
    }

    #[test]
    fn only_the_own_network_is_connected_to() {
        for own in [
            "127.0.0.1",
            "127.8.9.1",
            "10.1.2.3",
            "172.16.0.9",
            "192.168.0.20",
            "169.254.1.1",
            "::1",
            "fd12::1",
            "fe80::1",
            "::ffff:192.168.0.1",
        ] {
            assert!(is_own(own.parse().unwrap()), "{own} is near");
        }
        for foreign in [
            "8.8.8.8",
            "172.32.0.1",
            "100.64.0.1",
            "192.169.0.1",
            "2001:4860:4860::8888",
            "::ffff:8.8.8.8",
            "0.0.0.0",
        ] {
            assert!(!is_own(foreign.parse().unwrap()), "{foreign} is not");
        }
        let mixed = parsed("box:1").own(vec![
            "8.8.8.8:1".parse().unwrap(),
            "192.168.0.2:1".parse().unwrap(),
        ]);
        assert_eq!(
            mixed.unwrap(),
            ["192.168.0.2:1".parse().unwrap()],
            "of two only the near one"
        );
    }

    #[test]
    fn digits_in_disguise_are_still_digits() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let cancel = CancellationToken::new();
        for text in [
            "http://134744072/",
            "http://0x8.8.8.8/",
            "http://[::ffff:8.8.8.8]/",
        ] {
            let found = runtime.block_on(parsed(text).resolve(Duration::from_secs(5), &cancel));
            assert!(
                matches!(found, Err(Miss::Failed(_))),
                "{text} is 8.8.8.8: {found:?}"
            );
        }
    }
}
