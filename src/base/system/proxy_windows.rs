//! The proxy of Windows' own settings.

use windows_registry::CURRENT_USER;

use super::SystemProxy;

const SETTINGS: &str = r"Software\Microsoft\Windows\CurrentVersion\Internet Settings";

/// What the user's settings say of proxies.
pub fn system_proxy() -> SystemProxy {
    let Ok(settings) = CURRENT_USER.open(SETTINGS) else { return SystemProxy::default() };
    let text = |name| settings.get_string(name).ok().filter(|text| !text.trim().is_empty());
    let is_on = settings.get_u32("ProxyEnable").is_ok_and(|enabled| enabled != 0);
    SystemProxy { server: text("ProxyServer").filter(|_| is_on), script: text("AutoConfigURL") }
}
