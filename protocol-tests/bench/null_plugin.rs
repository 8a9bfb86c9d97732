//! The least that a plugin can be: the handshake and one constant password. What it takes is what
//! starting a process and speaking the protocol takes; `startup.rs` compiles it and measures it.

use std::io::{self, BufRead, Write};

fn main() -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(
        b"{\"RequestId\":\"n\",\"Type\":\"Request\",\"Method\":\"Handshake\",\"Payload\":\
          {\"ProtocolVersion\":\"2.0.0\",\"MinimumProtocolVersion\":\"2.0.0\"}}\n",
    )?;
    out.flush()?;
    for line in io::stdin().lock().lines() {
        let line = line?;
        if !line.contains("\"Type\":\"Request\"") {
            continue;
        }
        let (id, method) = (field(&line, "RequestId"), field(&line, "Method"));
        let payload = match method {
            "Handshake" => "{\"ResponseCode\":\"Success\",\"ProtocolVersion\":\"2.0.0\"}",
            "GetOperationClaims" => "{\"Claims\":[\"Authentication\"]}",
            "GetAuthenticationCredentials" if line.contains("pkgs.example.com") => {
                "{\"ResponseCode\":\"Error\"}"
            }
            "GetAuthenticationCredentials" => {
                "{\"ResponseCode\":\"Success\",\"Username\":\"aws\",\"Password\":\"constant\",\
                 \"AuthenticationTypes\":[\"basic\"]}"
            }
            _ => "{\"ResponseCode\":\"Success\"}",
        };
        writeln!(
            out,
            "{{\"RequestId\":\"{id}\",\"Type\":\"Response\",\"Method\":\"{method}\",\
             \"Payload\":{payload}}}"
        )?;
        out.flush()?;
    }
    Ok(())
}

fn field<'a>(line: &'a str, name: &str) -> &'a str {
    let start = format!("\"{name}\":\"");
    let value = line.split_once(&start).map_or("", |(_, rest)| rest);
    value.split_once('"').map_or("", |(value, _)| value)
}
