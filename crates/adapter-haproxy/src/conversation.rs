//! One command and its answer, on a connection of its own: HAProxy closes it after the answer.

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use socket2::{Domain, SockAddr, Socket, Type};

use crate::{Address, HaProxyError, Settings};

/// Thousands of servers have shorter answers.
const LONGEST: usize = 4 * 1024 * 1024;

trait Connection: Read + Write {
    fn patience(&self, left: Duration) -> io::Result<()>;
}

impl Connection for UnixStream {
    fn patience(&self, left: Duration) -> io::Result<()> {
        self.set_read_timeout(Some(left))?;
        self.set_write_timeout(Some(left))
    }
}

impl Connection for TcpStream {
    fn patience(&self, left: Duration) -> io::Result<()> {
        self.set_read_timeout(Some(left))?;
        self.set_write_timeout(Some(left))
    }
}

/// The whole answer. HAProxy ends every answer with an empty line; one without it broke off.
///
/// # Errors
/// Whatever stands between us and a whole answer, and what HAProxy says of commands that it does not carry out for anybody.
pub(crate) fn ask(settings: &Settings, command: &str) -> Result<String, HaProxyError> {
    let deadline = Instant::now() + settings.patience;
    let mut connection = connect(settings, deadline)?;
    let failed = |cause: io::Error| failure(settings, command, cause);
    connection
        .patience(left(deadline))
        .and_then(|()| connection.write_all(format!("{command}\n").as_bytes()))
        .map_err(failed)?;
    let mut answer = Vec::new();
    let mut buffer = vec![0; 16 * 1024];
    loop {
        if Instant::now() >= deadline {
            return Err(failed(io::ErrorKind::TimedOut.into()));
        }
        connection.patience(left(deadline)).map_err(failed)?;
        let length = match connection.read(&mut buffer) {
            Ok(0) => break,
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(failed(error)),
        };
        if answer.len() + length > LONGEST {
            let command = command.to_owned();
            return Err(HaProxyError::TooLong {
                command,
                limit: LONGEST,
            });
        }
        answer.extend_from_slice(&buffer[..length]);
    }
    let answer = String::from_utf8_lossy(&answer).into_owned();
    if !(answer == "\n" || answer.ends_with("\n\n")) {
        let command = command.to_owned();
        return Err(HaProxyError::BrokenOff {
            command,
            cause: None,
        });
    }
    refused(command, &answer).map_or(Ok(answer), Err)
}

fn connect(settings: &Settings, deadline: Instant) -> Result<Box<dyn Connection>, HaProxyError> {
    let unreachable = |cause| HaProxyError::Unreachable {
        address: settings.address.clone(),
        cause,
    };
    match &settings.address {
        Address::Unix(path) => {
            let connection = connect_unix(path, left(deadline)).map_err(unreachable)?;
            Ok(Box::new(connection))
        }
        Address::Tcp(place) => {
            let mut last = io::ErrorKind::NotFound.into();
            for address in place.to_socket_addrs().map_err(unreachable)? {
                match TcpStream::connect_timeout(&address, left(deadline)) {
                    Ok(connection) => return Ok(Box::new(connection)),
                    Err(error) => last = error,
                }
            }
            Err(unreachable(last))
        }
    }
}

/// A process that stands still lets its queue of connections run full, and one more would wait forever.
fn connect_unix(path: &Path, patience: Duration) -> io::Result<UnixStream> {
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.connect_timeout(&SockAddr::unix(path)?, patience)?;
    Ok(OwnedFd::from(socket).into())
}

/// Never zero, which would mean forever.
fn left(deadline: Instant) -> Duration {
    deadline
        .saturating_duration_since(Instant::now())
        .max(Duration::from_millis(1))
}

fn failure(settings: &Settings, command: &str, cause: io::Error) -> HaProxyError {
    let command = command.to_owned();
    match cause.kind() {
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => HaProxyError::TimedOut {
            command,
            patience: settings.patience,
        },
        _ => HaProxyError::BrokenOff {
            command,
            cause: Some(cause),
        },
    }
}

fn refused(command: &str, answer: &str) -> Option<HaProxyError> {
    let command = command.to_owned();
    if answer.starts_with("Permission denied") {
        return Some(HaProxyError::NotPermitted { command });
    }
    answer
        .starts_with("Unknown command")
        .then_some(HaProxyError::UnknownCommand { command })
}
