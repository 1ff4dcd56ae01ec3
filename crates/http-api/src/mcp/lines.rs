//! Messages as lines of a byte stream. The library's own reader passes over what is not JSON in silence, so that whoever sent it
//! waits for ever; here it is answered with what is wrong, and the rest goes on.

use std::sync::Arc;

use rmcp::model::{ClientJsonRpcMessage, ErrorData, JsonRpcError};
use rmcp::service::{RoleServer, RxJsonRpcMessage, TxJsonRpcMessage};
use rmcp::transport::Transport;
use serde::Serialize;
use tokio::io::{
    AsyncBufRead, AsyncBufReadExt as _, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt as _,
    BufReader,
};
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinSet;

use super::message::read_message;

/// Some programs begin what they write with it.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// The messages of one connection.
pub(super) struct Lines<W> {
    messages: mpsc::Receiver<ClientJsonRpcMessage>,
    output: Output<W>,
    /// Reads until the input ends, or this is dropped.
    _reading: JoinSet<()>,
}

impl<W: AsyncWrite + Send + Unpin + 'static> Lines<W> {
    /// `longest`: bytes of a message; what is longer is refused.
    pub(super) fn over(
        input: impl AsyncRead + Send + Unpin + 'static,
        output: W,
        longest: usize,
    ) -> Self {
        let output = Output(Arc::new(Mutex::new(Some(output))));
        let (heard, messages) = mpsc::channel(1);
        let mut reading = JoinSet::new();
        reading.spawn(read(BufReader::new(input), longest, heard, output.clone()));
        Self {
            messages,
            output,
            _reading: reading,
        }
    }
}

impl<W: AsyncWrite + Send + Unpin + 'static> Transport<RoleServer> for Lines<W> {
    type Error = std::io::Error;

    fn send(
        &mut self,
        message: TxJsonRpcMessage<RoleServer>,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send + 'static {
        let output = self.output.clone();
        async move { output.write(&message).await }
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleServer>> {
        self.messages.recv().await
    }

    async fn close(&mut self) -> Result<(), Self::Error> {
        drop(self.output.0.lock().await.take());
        Ok(())
    }
}

/// Written to by many, one line at a time; `None` when it was closed.
struct Output<W>(Arc<Mutex<Option<W>>>);

impl<W> Clone for Output<W> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<W: AsyncWrite + Unpin> Output<W> {
    async fn write(&self, message: &impl Serialize) -> std::io::Result<()> {
        let mut line = serde_json::to_vec(message)?;
        line.push(b'\n');
        let mut output = self.0.lock().await;
        let output = output
            .as_mut()
            .ok_or_else(|| std::io::Error::from(std::io::ErrorKind::NotConnected))?;
        output.write_all(&line).await?;
        output.flush().await
    }
}

async fn read<W: AsyncWrite + Unpin>(
    mut input: impl AsyncBufRead + Unpin,
    longest: usize,
    heard: mpsc::Sender<ClientJsonRpcMessage>,
    output: Output<W>,
) {
    let mut line = Vec::new();
    loop {
        let message = match next_line(&mut input, &mut line, longest).await {
            Ok(Line::Whole) => match line.trim_ascii() {
                [] => continue,
                text => read_message(text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text)),
            },
            Ok(Line::TooLong) => {
                let text = format!("a message may have {longest} bytes at most");
                let refusal = ErrorData::invalid_request(text, None);
                Err(Box::new(JsonRpcError::new(None, refusal)))
            }
            Ok(Line::End) => return,
            Err(error) => {
                tracing::error!(%error, "the input of tools cannot be read");
                return;
            }
        };
        let goes_on = match message {
            Ok(message) => heard.send(message).await.is_ok(),
            Err(refusal) => output.write(&refusal).await.is_ok(),
        };
        if !goes_on {
            return;
        }
    }
}

enum Line {
    /// It is in the buffer; the last one may be without its end.
    Whole,
    /// It was dropped.
    TooLong,
    End,
}

async fn next_line(
    input: &mut (impl AsyncBufRead + Unpin),
    line: &mut Vec<u8>,
    longest: usize,
) -> std::io::Result<Line> {
    line.clear();
    let most = u64::try_from(longest).unwrap_or(u64::MAX).saturating_add(1);
    let mut bounded = AsyncReadExt::take(&mut *input, most);
    let read = bounded.read_until(b'\n', line).await?;
    if read == 0 {
        return Ok(Line::End);
    }
    if line.ends_with(b"\n") || line.len() <= longest {
        return Ok(Line::Whole);
    }
    loop {
        let ahead = input.fill_buf().await?;
        let end = ahead.iter().position(|byte| *byte == b'\n');
        let (length, is_end) = (ahead.len(), ahead.is_empty());
        input.consume(end.map_or(length, |end| end + 1));
        if end.is_some() || is_end {
            return Ok(Line::TooLong);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    /// Ids and codes of what is answered, and how many messages were heard.
    async fn exchanged(input: &'static [u8], longest: usize) -> (Vec<Value>, usize) {
        let (ours, theirs) = tokio::io::duplex(1 << 20);
        let mut lines = Lines::over(input, theirs, longest);
        let mut heard = 0;
        while lines.receive().await.is_some() {
            heard += 1;
        }
        lines.close().await.expect("closes");
        drop(lines);
        let mut answers = Vec::new();
        let mut written = BufReader::new(ours).lines();
        while let Some(line) = written.next_line().await.expect("is read") {
            let answer: Value = serde_json::from_str(&line).expect("JSON");
            answers.push(answer["error"]["code"].clone());
        }
        (answers, heard)
    }

    const LISTING: &str = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;

    #[tokio::test]
    async fn each_line_is_heard_or_answered() {
        let text = format!("\n \r\nx\n\u{feff}{LISTING}\r\n[]\n{LISTING}");
        let (answers, heard) = exchanged(text.leak().as_bytes(), 1_000).await;
        assert_eq!(
            (answers, heard),
            (vec![(-32700).into(), (-32600).into()], 2)
        );
    }

    #[tokio::test]
    async fn what_is_too_long_is_refused_and_dropped() {
        let longest = LISTING.len();
        let long = "x".repeat(100_000);
        let text = format!("{long}\n{LISTING}\n{LISTING} \n{LISTING}\n{long}");
        let (answers, heard) = exchanged(text.leak().as_bytes(), longest).await;
        assert_eq!((answers, heard), (vec![(-32600).into(); 3], 2));
    }
}
