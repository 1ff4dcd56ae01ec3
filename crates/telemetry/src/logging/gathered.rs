//! Log lines are written many at once: a system call for each would cost a search more than all else that is said of it.

use std::fmt;
use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use tracing::{Level, Metadata};
use tracing_subscriber::fmt::MakeWriter;

/// Bytes that wait, at most; when a line does not fit, all before it is written.
const ROOM: usize = 32 * 1024;
/// How long a line waits. A process that is killed takes the lines of so long with it, none of which is a warning.
const LONGEST_WAIT: Duration = Duration::from_millis(50);

/// Lines on their way to `to`, in order. A warning or an error does not wait, and nothing before it either.
///
/// Clones share them.
pub(super) struct Gathered<W> {
    shared: Arc<Shared<W>>,
}

struct Shared<W> {
    lines: Mutex<Lines<W>>,
    /// A first line waits, or the process ends.
    news: Condvar,
}

struct Lines<W> {
    waiting: Vec<u8>,
    /// The process ends, and whoever writes now and then with it.
    is_over: bool,
    to: W,
}

impl<W> Clone for Gathered<W> {
    fn clone(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
        }
    }
}

impl<W> fmt::Debug for Gathered<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gathered").finish_non_exhaustive()
    }
}

impl<W: Write + Send + 'static> Gathered<W> {
    /// # Errors
    /// When the thread that writes cannot start.
    pub(super) fn new(to: W) -> io::Result<Self> {
        let lines = Mutex::new(Lines {
            waiting: Vec::with_capacity(ROOM),
            is_over: false,
            to,
        });
        let shared = Arc::new(Shared {
            lines,
            news: Condvar::new(),
        });
        let writing = Arc::clone(&shared);
        thread::Builder::new()
            .name("log-writer".to_owned())
            .spawn(move || writing.write_now_and_then())?;
        Ok(Self { shared })
    }

    /// Writes what waits; from now on no line does.
    pub(super) fn end(&self) {
        let mut lines = self.shared.lines();
        lines.is_over = true;
        // Who could be told that a line was not written?
        let _ = lines.write_out();
        drop(lines);
        self.shared.news.notify_one();
    }
}

impl<W: Write> Shared<W> {
    fn lines(&self) -> MutexGuard<'_, Lines<W>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Until the end.
    fn write_now_and_then(&self) {
        loop {
            let is_idle = |lines: &mut Lines<W>| lines.waiting.is_empty() && !lines.is_over;
            let lines = self.news.wait_while(self.lines(), is_idle);
            let lines = lines.unwrap_or_else(PoisonError::into_inner);
            if lines.is_over {
                return;
            }
            drop(lines);
            thread::park_timeout(LONGEST_WAIT);
            let _ = self.lines().write_out();
        }
    }

    fn add(&self, line: &[u8], waits: bool) -> io::Result<()> {
        let mut lines = self.lines();
        let earlier = if lines.waiting.len() + line.len() > ROOM {
            lines.write_out()
        } else {
            Ok(())
        };
        let is_first = lines.waiting.is_empty();
        lines.waiting.extend_from_slice(line);
        if !waits || lines.is_over || lines.waiting.len() > ROOM {
            return earlier.and(lines.write_out());
        }
        drop(lines);
        if is_first {
            self.news.notify_one();
        }
        earlier
    }
}

impl<W: Write> Lines<W> {
    /// What cannot be written is lost, as it would grow without an end.
    fn write_out(&mut self) -> io::Result<()> {
        let written = self.to.write_all(&self.waiting);
        self.waiting.clear();
        // A line that was longer than all room.
        self.waiting.shrink_to(ROOM);
        written.and_then(|()| self.to.flush())
    }
}

/// One line.
pub(super) struct OneLine<'a, W> {
    shared: &'a Shared<W>,
    waits: bool,
}

impl<W: Write> Write for OneLine<'_, W> {
    /// The logger hands over a line as a whole.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.shared.add(line, self.waits)?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a, W: Write + 'a> MakeWriter<'a> for Gathered<W> {
    type Writer = OneLine<'a, W>;

    fn make_writer(&'a self) -> Self::Writer {
        OneLine {
            shared: &self.shared,
            waits: false,
        }
    }

    fn make_writer_for(&'a self, of: &Metadata<'_>) -> Self::Writer {
        OneLine {
            shared: &self.shared,
            // From information on to what says even more.
            waits: *of.level() >= Level::INFO,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    /// What was written, and how many writes that took.
    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<(String, usize)>>);

    /// Refuses the first write.
    struct Refusing(Written, bool);

    impl Write for Refusing {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if std::mem::take(&mut self.1) {
                return Err(io::Error::other("full"));
            }
            self.0.write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Written {
        fn text(&self) -> String {
            self.0.lock().unwrap().0.clone()
        }

        fn writes(&self) -> usize {
            self.0.lock().unwrap().1
        }
    }

    impl Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let mut written = self.0.lock().unwrap();
            written.0.push_str(std::str::from_utf8(bytes).unwrap());
            written.1 += 1;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn gathered() -> (Gathered<Written>, Written) {
        let written = Written::default();
        (Gathered::new(written.clone()).unwrap(), written)
    }

    #[test]
    fn a_line_waits_for_a_moment() {
        let (gathered, written) = gathered();
        let begun = Instant::now();
        gathered.shared.add(b"said\n", true).unwrap();
        while written.text().is_empty() {
            assert!(begun.elapsed() < Duration::from_secs(30));
            thread::park_timeout(Duration::from_millis(1));
        }
        assert_eq!(written.text(), "said\n");
    }

    #[test]
    fn what_is_urgent_takes_what_waits_with_it() {
        let (gathered, written) = gathered();
        gathered.shared.add(b"said\n", true).unwrap();
        gathered.shared.add(b"failed\n", false).unwrap();
        assert_eq!(written.text(), "said\nfailed\n");
    }

    #[test]
    fn what_could_not_be_written_takes_no_later_line_with_it() {
        let written = Written::default();
        let gathered = Gathered::new(Refusing(written.clone(), true)).unwrap();
        let long = "x".repeat(ROOM);
        gathered.shared.add(long.as_bytes(), true).unwrap();
        // What an error says is of the earlier line.
        let _ = gathered.shared.add(b"failed\n", false);
        assert_eq!(written.text(), "failed\n");
    }

    #[test]
    fn at_the_end_all_is_written_and_nothing_waits_any_more() {
        let (gathered, written) = gathered();
        gathered.shared.add(b"said\n", true).unwrap();
        gathered.end();
        assert_eq!(written.text(), "said\n");
        gathered.shared.add(b"ended\n", true).unwrap();
        assert_eq!(written.text(), "said\nended\n");
        // The thread that writes now and then has ended, too.
        let begun = Instant::now();
        while Arc::strong_count(&gathered.shared) > 1 {
            assert!(begun.elapsed() < Duration::from_secs(30));
            thread::park_timeout(Duration::from_millis(1));
        }
    }

    #[test]
    fn many_lines_are_written_at_once_and_no_more_wait_than_there_is_room_for() {
        let (gathered, written) = gathered();
        let line = format!("{}\n", "x".repeat(999));
        for _ in 0..100 {
            gathered.shared.add(line.as_bytes(), true).unwrap();
            assert!(gathered.shared.lines().waiting.len() <= ROOM);
        }
        // A few more where this test was held up for longer than a line waits.
        assert!(written.writes() < 50, "{}", written.writes());
        let long = "y".repeat(2 * ROOM);
        gathered.shared.add(long.as_bytes(), true).unwrap();
        assert!(gathered.shared.lines().waiting.is_empty());
        assert!(gathered.shared.lines().waiting.capacity() <= ROOM);
        assert_eq!(written.text(), line.repeat(100) + &long);
    }
}
